/* SPDX-License-Identifier: MIT */
/*
 * The life of a pCPU, as in hyp/run.c: somebody runs until his guest wants something, his slice ends, or somebody
 * else asks; then the scheduler says who is next. And the clock that drives them all.
 */
#include <stddef.h>
#include "sched/sim/host.h"
#include "sched/sim/sim.h"

#define MOMENT_BOUND 1000 /* times that a pCPU asks the scheduler at one moment, on average */

struct sim sim;

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void set_state(struct pcpu *p, enum stint_pcpu_state next)
{
    p->stats->ticks[p->stats->state] += ticks(sim.now - p->since);
    p->since = sim.now;
    p->stats->state = next;
}

void pcpu_alert(struct pcpu *p)
{
    if (p->listed || p->arrives)
        return;
    p->listed = true;
    sim.thinkers[(sim.first_thinker + sim.thinker_count++) % sim.scenario->pcpus] = p;
}

static void ask(struct pcpu *p)
{
    p->asked = true;
    pcpu_alert(p);
}

void pcpu_ask_all(void)
{
    uint32_t id;

    while ((id = sched_next_ask(&sim.sched)) != SCHED_NO_PCPU) {
        ask(&sim.pcpu[id]);
        if (id == sim.self->id)
            continue;
        sim.self->stats->kicks++;
        trace(STINT_EV_KICK, STINT_NO_VCPU, 0, id, 0);
    }
}

/* What the scheduler charges the VCPU that leaves or is looked at now. */
static uint64_t charge(const struct pcpu *p)
{
    return sim.now - p->came;
}

static void tell_guest(struct pcpu *p)
{
    struct vcpu *v = p->current;

    guest_ran(&v->vm->guest, v->id, sim.now - p->ran_to, sim.now);
    p->ran_to = sim.now;
}

void pcpu_give_up(struct pcpu *p, enum stint_runstate next)
{
    tell_guest(p);
    set_state(p, STINT_PCPU_HYP_SELF);
    vcpu_leave(p, next);
    p->current = NULL;
    sched_block(&sim.sched, p->id, charge(p), sim.now);
    ask(p);
}

static void arm(struct pcpu *p)
{
    events_put(&sim.events, &p->event, earlier(p->slice_end, p->current ? p->guest_due : NEVER));
}

void pcpu_poke(struct pcpu *p)
{
    p->guest_due = sim.now;
    if (!p->listed && !p->arrives)
        arm(p);
}

/* The current VCPU, which goes on wanting to run, lets others go first. */
static void offer(struct pcpu *p)
{
    tell_guest(p);
    sched_give_way(&sim.sched, p->id, charge(p), sim.now);
    p->came = sim.now;
    p->guest_due = NEVER;
    ask(p);
}

/* Does what the guest of the current VCPU wants; it may be away then. */
static void serve_guest(struct pcpu *p)
{
    struct vcpu *v = p->current;
    struct guest_wish wish = guest_next(&v->vm->guest, v->id, sim.now);

    if (wish.kind == GUEST_RUNS)
        p->guest_due = wish.until;
    else if (wish.kind == GUEST_WAITS)
        vcpu_block(p, wish.until);
    else if (wish.kind == GUEST_OFFERS)
        offer(p);
    else
        vm_end(v->vm, VM_STOPS, "the guest shut down");
}

/* The switch to the current VCPU is done, and its guest runs. */
static void arrive(struct pcpu *p)
{
    p->arrives = false;
    set_state(p, STINT_PCPU_GUEST);
    p->came = p->ran_to = sim.now;
    p->slice_end = p->slice == SCHED_FOREVER ? NEVER : sim.now + round_up_to_tick(p->slice);
    serve_guest(p);
    if (p->asked || (p->current && p->current->goes_offline))
        pcpu_alert(p);
}

static void come_in(struct pcpu *p, struct vcpu *v, uint64_t slice)
{
    bool switched;

    p->current = v;
    p->slice = slice;
    switched = vcpu_enter(p, v, slice);
    if (switched && sim.switch_cost) {
        p->arrives = true;
        events_put(&sim.events, &p->event, sim.now + sim.switch_cost);
        return;
    }
    arrive(p);
}

static void idle(struct pcpu *p, uint64_t slice)
{
    p->last = NULL;
    p->slice_end = slice == SCHED_FOREVER ? NEVER : sim.now + round_up_to_tick(slice);
    set_state(p, STINT_PCPU_IDLE);
    p->stats->vcpu = STINT_NO_VCPU;
}

/* The current VCPU, if there is one, goes back among the others; the scheduler names the next. */
static void ask_scheduler(struct pcpu *p)
{
    struct sched_decision decision;
    uint64_t ran = 0;

    p->asked = false;
    if (p->current) {
        tell_guest(p);
        ran = charge(p);
    }
    set_state(p, STINT_PCPU_HYP_SELF);
    if (p->current)
        vcpu_leave(p, STINT_RUNNABLE);
    sched_pick(&sim.sched, p->id, ran, sim.now, &decision);
    host_must(decision.slice > 0, "a scheduler gives a slice of 0");
    pcpu_ask_all();
    p->current = NULL;
    if (decision.vcpu)
        come_in(p, container_of(decision.vcpu, struct vcpu, sched), decision.slice);
    else
        idle(p, decision.slice);
}

static void think(struct pcpu *p)
{
    sim.self = p;
    if (p->current && p->current->goes_offline)
        vcpu_offline(p);
    if (p->asked)
        ask_scheduler(p);
    if (!p->listed && !p->arrives)
        arm(p);
}

/* Until nobody wants to think any more. */
static void think_all(void)
{
    uint64_t bound = (uint64_t)MOMENT_BOUND * sim.scenario->pcpus;

    for (uint64_t turns = 0; sim.thinker_count && !sim.end; turns++) {
        struct pcpu *p = sim.thinkers[sim.first_thinker];

        host_must(turns < bound, "the scheduler is asked for ever, and no time passes");
        sim.first_thinker = (sim.first_thinker + 1) % sim.scenario->pcpus;
        sim.thinker_count--;
        p->listed = false;
        think(p);
    }
}

/* A slice ends, a switch is done, or a guest wants something else. */
static void pcpu_due(struct event *event)
{
    struct pcpu *p = container_of(event, struct pcpu, event);

    sim.self = p;
    if (p->arrives) {
        arrive(p);
    } else if (p->current) {
        tell_guest(p);
        if (p->guest_due <= sim.now)
            serve_guest(p);
    }
    if (p->slice_end <= sim.now) {
        p->slice_end = NEVER;
        ask(p);
    }
    if (!p->listed)
        arm(p);
}

static void end_due(struct event *event)
{
    (void)event;
    sim.end = STINT_END_TIME;
}

static void begin(struct event *end)
{
    *end = (struct event){.happen = end_due};
    sim.self = sim.pcpu;
    vm_begin_all();
    commands_begin(region_commands());
    if (sim.scenario->time_ns)
        events_put(&sim.events, end, round_up_to_tick(sim.scenario->time_ns));
    for (uint32_t id = 0; id < sim.scenario->pcpus; id++) {
        struct pcpu *p = &sim.pcpu[id];

        p->event.happen = pcpu_due;
        p->slice_end = NEVER;
        p->stats->state = STINT_PCPU_HYP_SELF;
        ask(p);
    }
    think_all(); /* the VMs come to pCPUs that idle */
}

/* Nothing will ever happen any more. */
static void end_for_want_of_events(void)
{
    for (uint32_t id = 0; id < sim.scenario->pcpus; id++)
        if (sim.pcpu[id].current)
            host_refuse(
                "%s: found a run without end: %s runs for ever and nothing else will happen; expected a "
                "'time' at the top, or --for",
                sim.scenario->file, sim.pcpu[id].current->vm->config->name);
    sim.end = STINT_END_STUCK;
}

void run_all(void)
{
    struct event end;

    begin(&end);
    while (!sim.end) {
        uint64_t due = events_due(&sim.events);

        if (due > sim.now) {
            think_all();
            due = events_due(&sim.events);
        }
        if (sim.end)
            break;
        if (due == NEVER) {
            end_for_want_of_events();
        } else {
            struct event *event = events_take(&sim.events);

            sim.now = event->time;
            event->happen(event);
        }
    }
    for (uint32_t id = 0; id < sim.scenario->pcpus; id++)
        if (sim.pcpu[id].current && !sim.pcpu[id].arrives)
            tell_guest(&sim.pcpu[id]);
}

uint32_t sim_random(void)
{
    sim.random = sim.random * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(sim.random >> 33);
}
