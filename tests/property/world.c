/* SPDX-License-Identifier: MIT */
/* The event loop: time, the pCPUs' picks, the VCPUs' bursts and sleeps, and the books of all that. */
#include "tests/property/world.h"

#include <string.h>

#define MOST_CALLS_AT_ONCE 64 /* per pCPU, before time must go on */

uint64_t world_random(struct world *w, uint64_t limit)
{
    uint64_t x = w->random += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (x ^ (x >> 31)) % limit;
}

uint64_t world_between(struct world *w, uint64_t least, uint64_t most)
{
    return least + world_random(w, most - least + 1);
}

static uint64_t lateness(struct world *w)
{
    return w->late ? world_random(w, w->late + 1) : 0;
}

uint64_t world_spent(const struct world *w, const struct actor *actor, enum runstate state)
{
    return actor->spent[state] + (actor->state == state ? w->now - actor->since : 0);
}

static enum runstate state_of(const struct sched_vcpu *vcpu)
{
    switch (vcpu->state) {
    case SCHED_RUNNING: return RUN;
    case SCHED_QUEUED: return vcpu->parked ? PARKED : WAIT;
    case SCHED_BLOCKED: return BLOCKED;
    default: return OUT;
    }
}

static void observe(struct world *w, struct actor *actor)
{
    enum runstate before = actor->state, state = state_of(&actor->vcpu);

    if (state == before)
        return;
    actor->spent[before] += w->call - actor->since;
    actor->since = w->call;
    actor->state = state;
    if (w->on_state)
        w->on_state(w, actor, before);
}

/* After every call: hears who is asked, sees who has come into which state, and checks all. */
static void settle(struct world *w)
{
    uint32_t pcpu;

    for (uint32_t i = 0; (pcpu = sched_next_ask(&w->sched)) != SCHED_NO_PCPU; i++) {
        uint64_t picks = w->now + lateness(w);

        require(w, pcpu < w->sched.pcpus, "pCPU %u is to be asked, which is not there", pcpu);
        require(w, i < w->sched.pcpus, "sched_next_ask does not come to an end");
        if (picks < w->harts[pcpu].picks)
            w->harts[pcpu].picks = picks;
    }
    for (uint32_t i = 0; i < w->vcpus; i++)
        observe(w, &w->actors[i]);
    check_world(w);
}

static uint64_t burst_end(const struct world *w, uint32_t pcpu)
{
    const struct hart *hart = &w->harts[pcpu];
    uint64_t left = hart->runs ? actor_of(hart->runs)->left : NEVER;

    return left == NEVER ? NEVER : hart->since + left;
}

/* A time that was read a moment ago, but not before `least`, if that has passed. */
static uint64_t read_clock(struct world *w, uint64_t least)
{
    uint64_t old = w->skew ? world_random(w, w->skew + 1) : 0;
    uint64_t time = old < w->now ? w->now - old : 0;

    return time < least && least <= w->now ? least : time;
}

/* The pCPU is about to call: reads its clock, and returns how many ns its current VCPU has run since the last call. */
static uint64_t count_time(struct world *w, uint32_t pcpu)
{
    struct hart *hart = &w->harts[pcpu];
    uint64_t passed;

    w->call = read_clock(w, hart->picks);
    if (w->call < burst_end(w, pcpu) && burst_end(w, pcpu) <= w->now)
        w->call = burst_end(w, pcpu);
    if (w->call < hart->since)
        w->call = hart->since;
    passed = w->call - hart->since;
    hart->since = w->call;
    if (!hart->runs) {
        hart->idle += passed;
        return 0;
    }
    hart->busy += passed;
    if (actor_of(hart->runs)->left != NEVER)
        actor_of(hart->runs)->left -= passed < actor_of(hart->runs)->left ? passed
                                                                          : actor_of(hart->runs)->left;
    return passed;
}

static void begin_burst(struct world *w, struct actor *actor)
{
    uint64_t burst = actor->habits.burst;

    actor->left = burst == NEVER || actor->habits.exact ? burst : world_between(w, 1, burst);
}

static void came_to_run(struct world *w, struct sched_vcpu *vcpu, uint32_t pcpu)
{
    struct actor *actor = actor_of(vcpu);

    require(w, vcpu->pcpu == pcpu && vcpu->state == SCHED_RUNNING && !vcpu->parked,
            "VCPU %u is picked by pCPU %u: it belongs to pCPU %u, state %d, parked %d",
            (uint32_t)(actor - w->actors), pcpu, vcpu->pcpu, vcpu->state, vcpu->parked);
}

void world_pick(struct world *w, uint32_t pcpu)
{
    struct hart *hart = &w->harts[pcpu];
    struct sched_decision decision = {NULL, 0};
    struct sched_vcpu *before = hart->runs;
    uint64_t ran = count_time(w, pcpu);

    require(w, ++w->calls_now <= MOST_CALLS_AT_ONCE * w->sched.pcpus,
            "the pCPUs ask one another without end, and time does not go on");
    hart->picks = NEVER;
    sched_pick(&w->sched, pcpu, ran, w->call, &decision);
    hart->runs = decision.vcpu;
    note(w, decision.vcpu ? "pCPU %u picks VCPU %u" : "pCPU %u picks nobody", pcpu,
         decision.vcpu ? (uint32_t)(actor_of(decision.vcpu) - w->actors) : 0, 0);
    require(w, decision.slice > 0, "pCPU %u gets a slice of 0", pcpu);
    require(w, decision.vcpu == w->queues[pcpu].current,
            "pCPU %u picks one, and its queue's current is another", pcpu);
    if (decision.slice < NEVER - w->now - w->late)
        hart->picks = w->call + decision.slice + lateness(w);
    if (decision.vcpu && decision.vcpu != before)
        came_to_run(w, decision.vcpu, pcpu);
    settle(w);
}

void world_block(struct world *w, uint32_t pcpu)
{
    struct hart *hart = &w->harts[pcpu];
    struct actor *actor = actor_of(hart->runs);
    uint64_t ran = count_time(w, pcpu);

    note(w, "pCPU %u: VCPU %u blocks", pcpu, (uint32_t)(actor - w->actors), 0);
    actor->wakes = actor->habits.exact ? w->now + actor->habits.sleep
                                       : w->now + world_random(w, actor->habits.sleep + 1);
    hart->runs = NULL;
    sched_block(&w->sched, pcpu, ran, w->call);
    hart->picks = w->now + lateness(w);
    settle(w);
}

void world_yield(struct world *w, uint32_t pcpu)
{
    struct hart *hart = &w->harts[pcpu];
    uint64_t ran = count_time(w, pcpu);

    note(w, "pCPU %u: VCPU %u yields", pcpu, (uint32_t)(actor_of(hart->runs) - w->actors), 0);
    sched_give_way(&w->sched, pcpu, ran, w->call);
    hart->picks = w->now + lateness(w);
    settle(w);
}

void world_wake(struct world *w, struct actor *actor)
{
    note(w, "VCPU %u wakes", (uint32_t)(actor - w->actors), 0, 0);
    w->call = read_clock(w, actor->wakes);
    if (actor->vcpu.state == SCHED_BLOCKED) {
        begin_burst(w, actor);
        actor->wakes = NEVER;
        actor->woke = w->now;
    }
    sched_wake(&w->sched, &actor->vcpu, w->call);
    settle(w);
}

/* A change of the scheduler keeps states and, but where `moved` says so, pCPUs. */
static void check_kept(struct world *w, const struct actor *before, uint32_t i)
{
    const struct sched_vcpu *old = &before->vcpu, *new = &w->actors[i].vcpu;

    require(w, old->state == new->state && old->ran == new->ran,
            "VCPU %u: the change lost its state or its time", i);
    require(w, old->pcpu == new->pcpu || (old->state != SCHED_RUNNING && new->moved == SCHED_MOVE_SWITCH),
            "VCPU %u: the change moved it from pCPU %u to %u", i, old->pcpu, new->pcpu);
}

bool world_change(struct world *w, const struct sched_ops *ops)
{
    static struct actor before[MAX_VCPUS];
    const struct sched_ops *old = w->sched.ops;
    char why[200] = "";
    bool done;

    memcpy(before, w->actors, sizeof(before));
    w->call = read_clock(w, 0);
    done = sched_change(&w->sched, ops, w->call, why, sizeof(why));
    note(w, done ? "the scheduler changes to number %u" : "the change to number %u is refused",
         sched_index(ops), 0, 0);
    require(w, done ? !why[0] || true : why[0] != 0, "a change is refused without saying why");
    require(w, w->sched.ops == (done ? ops : old), "the change did not what it says");
    for (uint32_t i = 0; i < w->vcpus; i++)
        check_kept(w, &before[i], i);
    for (uint32_t pcpu = 0; done && pcpu < w->sched.pcpus; pcpu++)
        require(w, pcpu_set_has(&w->sched.asked, pcpu), "the scheduler changed, and pCPU %u is not asked",
                pcpu);
    if (done)
        w->changed = w->now;
    settle(w);
    return done;
}

bool world_set(struct world *w, struct guest *guest, const struct sched_parameter *param, uint64_t value)
{
    uint32_t index = sched_index(w->sched.ops);
    const uint64_t *row = guest ? guest->vm.values[index] : w->sched.values[index];
    uint64_t old = row[param->slot];
    char why[200] = "";
    bool done;

    w->call = read_clock(w, 0);
    done = sched_set(&w->sched, guest ? &guest->vm : NULL, param, value, w->call, why, sizeof(why));

    note(w, done ? "a parameter in slot %u of VM %u is set" : "slot %u of VM %u is refused its value",
         param->slot, guest ? guest->vm.id : UINT32_MAX, 0);
    require(w, done || why[0], "a value is refused without saying why");
    require(w, row[param->slot] == (done ? value : old), "%s is %lu, to be set to %lu: %s", param->name,
            (unsigned long)row[param->slot], (unsigned long)value, done ? "done" : why);
    settle(w);
    return done;
}

/* ---- VMs that come and go ---- */

static void told_of_parking(struct sched_vcpu *vcpu, bool parked, uint64_t now)
{
    struct actor *actor = actor_of(vcpu);

    if (!parked)
        actor->told_parked += now - actor->told_since;
    actor->told_since = parked ? now : NEVER;
}

void world_begin(struct world *w, const struct sched_ops *ops, const struct sched_topology *topology,
                 uint64_t seed)
{
    static const struct sched_owner owner = {.parked = told_of_parking};

    memset(w, 0, sizeof(*w));
    w->seed = seed;
    w->random = seed;
    sched_init(&w->sched, ops, &owner, w->queues, topology);
    note(w, "a machine begins with %u pCPUs under number %u", w->sched.pcpus, sched_index(ops), 0);
}

uint32_t world_add_vm(struct world *w, uint32_t vcpus)
{
    struct guest *guest = &w->guests[w->vms];

    guest->first = w->vcpus;
    guest->count = vcpus;
    guest->starts = NEVER;
    sched_vm_init(&guest->vm, w->vms);
    for (uint32_t i = 0; i < vcpus; i++) {
        struct actor *actor = &w->actors[w->vcpus++];

        actor->vcpu.vm = &guest->vm;
        actor->vcpu.id = i;
        actor->vcpu.affinity = pcpu_set_first(w->sched.pcpus);
        actor->habits.burst = NEVER;
        actor->state = OUT;
        actor->wakes = NEVER;
        actor->in_vain = NEVER;
        actor->told_since = NEVER;
    }
    return w->vms++;
}

static bool add_vcpu(struct world *w, struct actor *actor)
{
    actor->ran_before = world_spent(w, actor, RUN);
    actor->added = w->now;
    w->call = w->now;
    if (!sched_add(&w->sched, &actor->vcpu, w->now)) {
        require(w, actor->vcpu.state == SCHED_OUT, "a VCPU is refused and not OUT");
        settle(w);
        return false;
    }
    actor->wakes = actor->habits.exact ? w->now : w->now + world_random(w, actor->habits.sleep + 1);
    settle(w);
    return true;
}

static void end_vcpu(struct world *w, struct actor *actor)
{
    note(w, "VCPU %u is removed", (uint32_t)(actor - w->actors), 0, 0);
    w->call = w->now;
    sched_remove(&w->sched, &actor->vcpu);
    actor->wakes = NEVER;
    settle(w);
}

bool world_start_vm(struct world *w, uint32_t vm)
{
    struct guest *guest = &w->guests[vm];

    for (uint32_t i = 0; i < guest->count; i++) {
        if (add_vcpu(w, &w->actors[guest->first + i]))
            continue;
        note(w, "VM %u is refused for its VCPU %u", vm, i, 0);
        while (i-- > 0)
            end_vcpu(w, &w->actors[guest->first + i]);
        return false;
    }
    note(w, "VM %u is started", vm, 0, 0);
    guest->started = true;
    guest->starts = NEVER;
    return true;
}

/* Those of a leaving VM: the running ones block, the blocked ones go. */
static void take_leave(struct world *w, struct guest *guest)
{
    uint32_t there = 0;

    for (uint32_t i = guest->first; i < guest->first + guest->count; i++) {
        struct actor *actor = &w->actors[i];

        if (actor->vcpu.state == SCHED_RUNNING)
            world_block(w, actor->vcpu.pcpu);
        if (actor->vcpu.state == SCHED_BLOCKED)
            end_vcpu(w, actor);
        there += actor->vcpu.state != SCHED_OUT;
    }
    if (there == 0)
        guest->started = guest->leaving = false;
}

void world_stop_vm(struct world *w, uint32_t vm)
{
    note(w, "VM %u is told to go", vm, 0, 0);
    w->guests[vm].leaving = true;
    take_leave(w, &w->guests[vm]);
}

/* ---- The loop ---- */

static uint64_t next_time(const struct world *w)
{
    uint64_t next = NEVER;

    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++) {
        next = w->harts[pcpu].picks < next ? w->harts[pcpu].picks : next;
        next = burst_end(w, pcpu) < next ? burst_end(w, pcpu) : next;
    }
    for (uint32_t i = 0; i < w->vcpus; i++)
        next = w->actors[i].wakes < next ? w->actors[i].wakes : next;
    for (uint32_t i = 0; i < w->vms; i++)
        next = w->guests[i].starts < next ? w->guests[i].starts : next;
    return next;
}

static void end_burst(struct world *w, uint32_t pcpu)
{
    struct actor *actor = actor_of(w->harts[pcpu].runs);

    if (actor->habits.yields && world_random(w, 100) < actor->habits.yields) {
        world_yield(w, pcpu);
        begin_burst(w, actor);
    } else {
        world_block(w, pcpu);
    }
}

static void serve_pcpus(struct world *w)
{
    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++) {
        if (burst_end(w, pcpu) <= w->now)
            end_burst(w, pcpu);
        if (w->harts[pcpu].picks <= w->now)
            world_pick(w, pcpu);
    }
}

static void serve_vms(struct world *w)
{
    for (uint32_t i = 0; i < w->vcpus; i++)
        if (w->actors[i].wakes <= w->now)
            world_wake(w, &w->actors[i]);
    for (uint32_t i = 0; i < w->vms; i++) {
        if (w->guests[i].leaving)
            take_leave(w, &w->guests[i]);
        if (w->guests[i].starts <= w->now && !world_start_vm(w, i))
            w->guests[i].starts = w->now + world_between(w, 1, 50 * MS);
    }
}

bool world_step(struct world *w, uint64_t until)
{
    uint64_t next = next_time(w);

    w->steps++;
    if (next > until) {
        w->now = until > w->now ? until : w->now;
        w->calls_now = 0;
        return false;
    }
    if (next > w->now) {
        w->now = next;
        w->calls_now = 0;
    }
    serve_pcpus(w);
    serve_vms(w);
    if (w->watch && next_time(w) > w->now)
        w->watch(w);
    return true;
}

void world_run(struct world *w, uint64_t until)
{
    while (world_step(w, until))
        ;
}
