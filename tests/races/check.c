/* SPDX-License-Identifier: MIT */
/* What must be true when all pCPUs have come to rest. */
#include <stdio.h>
#include "sched/frame.h"
#include "tests/races/world.h"

static bool waits(const struct sched_vcpu *vcpu)
{
    return vcpu->state == SCHED_QUEUED && !vcpu->parked;
}

static void check_state(uint32_t number)
{
    const struct sched_vcpu *vcpu = &world.vcpu[number];

    if (vcpu->state == SCHED_MOVING)
        found("wrong", "VCPU %u has left its queue and never came to another one", number);
    if (vcpu->pcpu >= world.sched.pcpus || !pcpu_set_has(&vcpu->affinity, vcpu->pcpu))
        found("wrong", "VCPU %u belongs to pCPU %u, where its affinity does not let it run", number,
              vcpu->pcpu);
    if (vcpu->state == SCHED_RUNNING && world.owner[number] != vcpu->pcpu)
        found("wrong", "VCPU %u counts as running on pCPU %u, which does not run it", number, vcpu->pcpu);
    if (vcpu->state != SCHED_RUNNING && world.owner[number] != NOBODY)
        found("wrong", "pCPU %u runs VCPU %u, which does not count as running", world.owner[number], number);
}

static uint64_t load_of(uint32_t pcpu)
{
    uint64_t load = 0;

    for (uint32_t i = 0; i < world.vcpus; i++)
        load += world.vcpu[i].pcpu == pcpu ? world.vcpu[i].load : 0;
    return load;
}

static void check_books(uint32_t pcpu)
{
    const struct sched_rq *rq = &world.queue[pcpu];
    uint32_t members = 0, waiting = 0;
    uint64_t load = load_of(pcpu);

    for (uint32_t i = 0; i < world.vcpus; i++) {
        members += world.vcpu[i].pcpu == pcpu;
        waiting += world.vcpu[i].pcpu == pcpu && waits(&world.vcpu[i]);
    }
    if (spin_held(&rq->lock))
        found("wrong", "the lock of pCPU %u's queue is still held", pcpu);
    if (rq->queued != waiting)
        found("wrong", "pCPU %u counts %u who wait there (rq->queued), and %u do", pcpu, rq->queued, waiting);
    if (rq->members != members || rq->load != load)
        found("wrong", "pCPU %u counts %u members and a load of %llu; it has %u, and %llu", pcpu, rq->members,
              (unsigned long long)rq->load, members, (unsigned long long)load);
    if (world.sched.ops->demand && load > SCHED_WHOLE)
        found("wrong", "pCPU %u has promised %llu ppm of itself to its VCPUs: more than there is", pcpu,
              (unsigned long long)load);
}

static void check_idle(uint32_t pcpu)
{
    bool idles = world.runs[pcpu] == NULL, says = pcpu_set_has(&world.sched.idle, pcpu);

    if (idles && !says)
        found("wrong", "pCPU %u idles and does not say so: nobody will ever ask it to help", pcpu);
    if (!idles && says)
        found("wrong", "pCPU %u runs somebody and still says that it idles", pcpu);
}

/* By its affinity alone: what else may stand against it is not played. */
static bool may_run(const struct sched_vcpu *vcpu, uint32_t pcpu)
{
    return vcpu->pcpu == pcpu || (pcpu_set_has(&vcpu->affinity, pcpu) && !world.sched.ops->demand &&
                                  world.sched.param[SCHED_PARAM_PLACEMENT] != PLACE_BALANCE);
}

static void check_waiting(uint32_t number)
{
    const struct sched_vcpu *vcpu = &world.vcpu[number];

    for (uint32_t pcpu = 0; waits(vcpu) && pcpu < world.sched.pcpus; pcpu++)
        if (!world.runs[pcpu] && may_run(vcpu, pcpu))
            found("wrong", "VCPU %u waits on pCPU %u while pCPU %u, which may run it, idles and is not asked",
                  number, vcpu->pcpu, pcpu);
    if (waits(vcpu) && world.runs[vcpu->pcpu] && world.slice[vcpu->pcpu] == SCHED_FOREVER &&
        world.sched.ops != &sched_mine) /* which need not take turns */
        found("wrong", "VCPU %u waits on pCPU %u, which runs another one without end and is not asked",
              number, vcpu->pcpu);
}

void check_rest(void)
{
    for (uint32_t i = 0; i < world.vcpus; i++)
        check_state(i);
    for (uint32_t pcpu = 0; pcpu < world.sched.pcpus; pcpu++)
        check_books(pcpu);
    for (uint32_t i = 0; i < world.vcpus; i++)
        check_waiting(i);
    for (uint32_t pcpu = 0; pcpu < world.sched.pcpus; pcpu++)
        check_idle(pcpu);
}

/* An idle pCPU that may run it and is not taken; SCHED_NO_PCPU: there is none. */
static uint32_t find_idle(const struct sched_vcpu *vcpu, const struct pcpu_set *taken)
{
    uint32_t pcpu = 0;

    while (pcpu < world.sched.pcpus &&
           (world.runs[pcpu] || pcpu_set_has(taken, pcpu) || !may_run(vcpu, pcpu)))
        pcpu++;
    return pcpu < world.sched.pcpus ? pcpu : SCHED_NO_PCPU;
}

/* It woke while pCPU `idle` was free for it. */
static void check_woken(uint32_t number, uint32_t idle, const struct pcpu_set *taken)
{
    uint32_t to = world.vcpu[number].pcpu;

    if (pcpu_set_has(taken, to))
        found("wrong", "VCPU %u woke and was given pCPU %u, like one just before it, while pCPU %u idles",
              number, to, idle);
    if (world.runs[to])
        found("wrong", "VCPU %u woke and waits on pCPU %u, which is busy, while pCPU %u idles", number, to,
              idle);
    if (!pcpu_set_has(&world.sched.asked, to))
        found("wrong", "VCPU %u woke and was given the idle pCPU %u, which nobody asks", number, to);
}

static uint32_t count_asked(void)
{
    uint32_t count = 0, pcpu;

    pcpu_set_for_each(pcpu, &world.sched.asked) count++;
    return count;
}

/* It was at home on pCPU `home`, and place_waking() has said `to`, which is certain as long as all others rest. */
static void check_way(uint32_t number, uint32_t home, uint32_t to, uint64_t now)
{
    const struct sched_vcpu *vcpu = &world.vcpu[number];

    if (vcpu->pcpu != to)
        found("wrong", "VCPU %u woke on pCPU %u, and place_waking() says pCPU %u", number, vcpu->pcpu, to);
    if (vcpu->pcpu != home && vcpu->moved != SCHED_MOVE_WAKE)
        found("wrong", "VCPU %u woke on another pCPU, and `moved` tells another reason", number);
    if (vcpu->since != now)
        found("wrong",
              "VCPU %u woke just now, and its `since` is %llu ns ago: it was not let in as one that wakes",
              number, (unsigned long long)(now - vcpu->since));
}

void check_waking(uint32_t number, uint64_t now, struct pcpu_set *taken)
{
    struct sched_vcpu *vcpu = &world.vcpu[number];
    uint32_t idle = find_idle(vcpu, taken), asked = count_asked(), home = vcpu->pcpu, to;

    look_away(true);
    to = place_waking(&world.sched, vcpu);
    look_away(false);
    sched_wake(&world.sched, vcpu, now);
    if (count_asked() > asked + 1)
        found("wrong", "VCPU %u woke, and %u pCPUs are asked because of it", number, count_asked() - asked);
    if (idle != SCHED_NO_PCPU)
        check_woken(number, idle, taken);
    check_way(number, home, to, now);
    pcpu_set_add(taken, vcpu->pcpu);
}

/* It waits, and of the pCPUs of `idle` some have been claimed since. */
static void check_helped(uint32_t number, const struct pcpu_set *idle)
{
    const struct sched_vcpu *vcpu = &world.vcpu[number];
    uint32_t able = 0, claimed = 0, pcpu;

    pcpu_set_for_each(pcpu, idle)
    {
        able += may_run(vcpu, pcpu);
        if (pcpu_set_has(&world.sched.idle, pcpu))
            continue;
        claimed++;
        if (!pcpu_set_has(&world.sched.asked, pcpu))
            found("wrong", "pCPU %u was claimed to help pCPU %u, and nobody asks it", pcpu, vcpu->pcpu);
    }
    if (claimed > 1)
        found("wrong", "VCPU %u waits on pCPU %u, and %u idle pCPUs are claimed to help: one is enough",
              number, vcpu->pcpu, claimed);
    if (able && claimed == 0 && waits(vcpu))
        found("wrong", "VCPU %u waits on pCPU %u, and no idle pCPU that may run it is claimed to help",
              number, vcpu->pcpu);
}

void check_helping(uint32_t number, uint64_t now)
{
    struct pcpu_set idle = world.sched.idle;

    world.sched.idle = (struct pcpu_set){{0}};
    sched_wake(&world.sched, &world.vcpu[number], now);
    world.sched.idle = idle;
    pass_on(&world.sched);
    if (world.runs[world.vcpu[number].pcpu]) /* and it has not fled from a sibling to one that idles */
        check_helped(number, &idle);
}
