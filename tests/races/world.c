/* SPDX-License-Identifier: MIT */
/*
 * A machine with a scheduler: its pCPUs, which are the players, run VCPUs, let them block, wake others, and pick when
 * they are asked to. Now and then all come to rest, and then the books must be right and nobody may wait in vain.
 */
#include "tests/races/races.h"

#include <stdlib.h>
#include <string.h>
#include "sched/sched.h"
#include "tests/races/world.h"

#define ROUNDS     24
#define OPERATIONS 5 /* of each pCPU, at most, until all come to rest */
#define US         UINT64_C(1000)

struct world world;

static const struct world_kind *kind;
static uint64_t dice[PLAYERS];

static uint64_t chance(uint32_t pcpu, uint64_t sides)
{
    return draw_number(&dice[pcpu]) % sides;
}

/* Now and then so much that a scheduler begins another period. */
static uint64_t passes(uint32_t pcpu)
{
    world.now += 1 + chance(pcpu, chance(pcpu, 16) ? 200 * US : 20000 * US);
    return world.now;
}

static void follow_asks(void)
{
    uint32_t pcpu;

    while ((pcpu = sched_next_ask(&world.sched)) != SCHED_NO_PCPU)
        world.asked[pcpu] = true;
}

/* ns that its VCPU ran until `now`; from here on it is nobody's until it is picked again. */
static uint64_t release(uint32_t pcpu, uint64_t now)
{
    uint64_t ran = now - world.since[pcpu];

    world.since[pcpu] = now;
    if (!world.runs[pcpu])
        return 0;
    world.owner[world.runs[pcpu] - world.vcpu] = NOBODY;
    return ran;
}

static void acquire(uint32_t pcpu, struct sched_vcpu *vcpu)
{
    uint32_t number = (uint32_t)(vcpu - world.vcpu);

    world.runs[pcpu] = vcpu;
    if (!vcpu)
        return;
    if (!pcpu_set_has(&vcpu->affinity, pcpu))
        found("wrong", "VCPU %u runs on pCPU %u, where its affinity does not let it", number, pcpu);
    if (world.owner[number] != NOBODY)
        found("wrong", "VCPU %u runs on pCPU %u and on pCPU %u at once", number, world.owner[number], pcpu);
    world.owner[number] = pcpu;
}

static void check_slice(uint32_t pcpu, const struct sched_decision *decision)
{
    bool measures = world.sched.param[SCHED_PARAM_PLACEMENT] == PLACE_UTIL;

    if (decision->slice == 0)
        found("wrong", "pCPU %u was given a slice of 0", pcpu);
    if (decision->vcpu && measures && decision->slice > SCHED_WINDOW)
        found("wrong",
              "pCPU %u was given a slice longer than SCHED_WINDOW, in which who runs is to be measured",
              pcpu);
}

static void pick(uint32_t pcpu)
{
    uint64_t now = passes(pcpu), ran = release(pcpu, now);
    struct sched_decision decision;

    world.asked[pcpu] = false;
    sched_pick(&world.sched, pcpu, ran, now, &decision);
    check_slice(pcpu, &decision);
    world.slice[pcpu] = decision.slice;
    acquire(pcpu, decision.vcpu);
}

static void block(uint32_t pcpu)
{
    uint64_t now = passes(pcpu), ran = release(pcpu, now);

    sched_block(&world.sched, pcpu, ran, now);
    world.runs[pcpu] = NULL;
    pick(pcpu);
}

/* A pCPU that idles does nothing by itself but to take interrupts, in which it may wake somebody. */
static void do_something(uint32_t pcpu)
{
    uint64_t what = chance(pcpu, 12);

    if (what < 4)
        sched_wake(&world.sched, &world.vcpu[chance(pcpu, world.vcpus)], passes(pcpu));
    else if (what < 9 && world.runs[pcpu])
        block(pcpu);
    else if (world.asked[pcpu] || (what < 11 && world.runs[pcpu]))
        pick(pcpu);
    follow_asks();
    note_progress();
}

/* All wait for each other here. Who comes and goes, or changes the scheduler, does so between two meetings, and is seen
 * by all. */
static void meet(void)
{
    uint32_t meeting = world.meetings;

    if (kind->changes)
        memory_release((uintptr_t)&world.meetings, true);
    if (++world.arrived == world.sched.pcpus) {
        world.arrived = 0;
        world.meetings++;
        note_progress();
    }
    while (world.meetings == meeting)
        give_turn();
    if (kind->changes)
        memory_acquire((uintptr_t)&world.meetings);
}

/* Everybody follows the requests that are left, until there is none. */
static void come_to_rest(uint32_t pcpu)
{
    for (bool quiet = false; !quiet;) {
        if (world.asked[pcpu])
            pick(pcpu);
        follow_asks();
        meet();
        quiet = true;
        for (uint32_t i = 0; i < world.sched.pcpus; i++)
            quiet &= !world.asked[i];
        meet();
    }
}

/* ---- At rest, by one pCPU ---- */

static void change_scheduler(void)
{
    static const char *const others[] = {"rr", "credit", "fair"};
    uint64_t which = chance(0, 5);
    const char *name = which < 3 ? others[which] : kind->sched;
    char why[160];

    if (!sched_change(&world.sched, sched_find(name), passes(0), why, sizeof(why)))
        found("wrong", "the scheduler could not be changed to %s: %s", name, why);
}

static void take_out_and_in(void)
{
    struct sched_vcpu *vcpu = &world.vcpu[chance(0, world.vcpus)];

    if (vcpu->state != SCHED_BLOCKED)
        return;
    sched_remove(&world.sched, vcpu);
    if (!sched_add(&world.sched, vcpu, passes(0)))
        found("wrong", "a VCPU that was removed finds no place any more");
}

/* One VCPU after the other wakes. */
static void wake_some(void)
{
    struct pcpu_set taken = {{0}};

    for (uint64_t left = chance(0, world.vcpus); left > 0; left--) {
        uint32_t number = (uint32_t)chance(0, world.vcpus);

        if (world.vcpu[number].state == SCHED_BLOCKED)
            check_waking(number, passes(0), &taken);
    }
}

/* One VCPU wakes where it has to wait. */
static void help_one(void)
{
    uint32_t number = (uint32_t)chance(0, world.vcpus);

    if (world.vcpu[number].state == SCHED_BLOCKED && world.runs[world.vcpu[number].pcpu])
        check_helping(number, passes(0));
}

static bool somebody_runs(void)
{
    for (uint32_t i = 0; i < world.sched.pcpus; i++)
        if (world.runs[i])
            return true;
    return false;
}

/* Nobody wakes any more, and whoever runs blocks: in the end all have run, and nobody is left waiting. */
static void come_to_an_end(uint32_t pcpu)
{
    for (bool more = true; more;) {
        if (world.runs[pcpu])
            block(pcpu);
        follow_asks();
        come_to_rest(pcpu);
        if (pcpu == 0)
            check_rest();
        meet();
        more = somebody_runs();
        meet();
    }
}

static void live(uint32_t pcpu)
{
    pick(pcpu);
    for (int round = 0; round < ROUNDS; round++) {
        for (uint64_t left = chance(pcpu, OPERATIONS + 1); left > 0; left--)
            do_something(pcpu);
        come_to_rest(pcpu);
        if (pcpu == 0) {
            check_rest();
            if (kind->changes && chance(0, 4) == 0)
                change_scheduler();
            else if (kind->changes && chance(0, 3) == 0)
                take_out_and_in();
            else if (chance(0, 3) == 0)
                help_one();
            else
                wake_some();
            follow_asks();
        }
        meet();
    }
    come_to_an_end(pcpu);
}

/* Who waits for a lock lets others go on. */
void spin_wait(void)
{
    if (player() < PLAYERS)
        give_turn();
}

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    found("endless", "a lock is never released");
}

/* ---- Its beginning ---- */

/* A VCPU in three may run anywhere; the others, on some of the pCPUs. */
static struct pcpu_set some_pcpus(uint32_t pcpus)
{
    struct pcpu_set set = pcpu_set_first(pcpus);

    if (chance(0, 3))
        set.word[0] &= 1 + chance(0, bit_mask(pcpus));
    return set;
}

static bool add(struct sched_vm *vm, uint32_t id, uint32_t pcpus)
{
    struct sched_vcpu *vcpu = &world.vcpu[world.vcpus];

    memset(vcpu, 0, sizeof(*vcpu));
    vcpu->vm = vm;
    vcpu->id = id;
    vcpu->affinity = some_pcpus(pcpus);
    if (!sched_add(&world.sched, vcpu, 0))
        return false;
    world.owner[world.vcpus++] = NOBODY;
    return true;
}

/* Under credit one VM in three may use no more than a tenth to a third of a pCPU. */
static void cap(struct sched_vm *vm)
{
    const struct sched_parameter *cap = sched_param_find(&sched_credit, "cap", true);

    if (world.sched.ops == &sched_credit && chance(0, 3) == 0)
        vm->values[sched_index(&sched_credit)][cap->slot] = 10 + chance(0, 24);
}

/* A reservation of a fifth to a half of a pCPU, for the scheduler that has them. */
static void reserve(struct sched_vm *vm)
{
    const struct sched_parameter *period = sched_param_find(world.sched.ops, "period", true);
    const struct sched_parameter *slice = sched_param_find(world.sched.ops, "slice", true);
    uint64_t *row = vm->values[sched_index(world.sched.ops)];

    if (!world.sched.ops->demand || !period || !slice)
        return;
    row[period->slot] = 10000 * US;
    row[slice->slot] = (2 + chance(0, 4)) * 1000 * US;
}

static void set_placement(const char *name)
{
    const struct sched_parameter *param = sched_param_find(world.sched.ops, "placement", false);
    uint64_t values[SCHED_KINDS][SCHED_PARAMS];

    sched_initial_params(false, values);
    for (uint64_t i = 0; param->choices[i]; i++)
        if (strcmp(param->choices[i], name) == 0)
            values[sched_index(world.sched.ops)][param->slot] = i;
    sched_begin_with(&world.sched, values);
}

static void begin(uint32_t player)
{
    const struct sched_topology topology = {1, kind->pcpus / 2, 2};

    (void)player;
    sched_init(&world.sched, sched_find(kind->sched), NULL, world.queue, &topology);
    set_placement(kind->placement);
    for (uint32_t i = 0; i < VMS; i++) {
        uint64_t siblings = 1 + chance(0, VM_VCPUS);

        sched_vm_init(&world.vm[i], i);
        reserve(&world.vm[i]);
        cap(&world.vm[i]);
        for (uint32_t id = 0; id < siblings; id++)
            add(&world.vm[i], id, kind->pcpus);
    }
}

/* It begins with one player alone. */
void world_play(const struct world_kind *of)
{
    kind = of;
    memset(&world, 0, sizeof(world));
    for (uint32_t i = 0; i < PLAYERS; i++)
        dice[i] = kind->seed * PLAYERS + i + 1;
    play(1, begin, kind->seed * 77 + 1, kind->mean);
    if (!finding.kind)
        play(kind->pcpus, live, kind->seed * 77 + 2, kind->mean);
}
