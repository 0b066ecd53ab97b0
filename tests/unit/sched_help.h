/* SPDX-License-Identifier: MIT */
/* A machine of up to 8 pCPUs and 64 VCPUs for the tests of sched/, and what holds of it at any time. */
#ifndef TESTS_UNIT_SCHED_HELP_H
#define TESTS_UNIT_SCHED_HELP_H

#include "tests/unit/unit.h"

#include "sched/sched.h"

#define MS        UINT64_C(1000000)
#define QUANTUM   (30 * MS)
#define MAX_PCPUS 8
#define MAX_VCPUS 64

static struct sched sched;
static struct sched_rq queues[MAX_PCPUS];
static struct sched_vcpu vcpus[MAX_VCPUS];
static struct sched_vm vms[MAX_VCPUS]; /* of VCPU i: VM i, unless a test wants siblings */

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    abort();
}

static inline void begin(const struct sched_ops *ops, uint32_t pcpus)
{
    const struct sched_topology topology = {.sockets = pcpus, .cores = 1, .threads = 1};

    sched_init(&sched, ops, NULL, queues, &topology);
}

/* VCPU i, of a VM of its own. False: refused. */
static inline bool add(uint32_t i, uint64_t affinity)
{
    sched_vm_init(&vms[i], i);
    vcpus[i] = (struct sched_vcpu){.vm = &vms[i], .affinity = {{affinity}}};
    return sched_add(&sched, &vcpus[i], 0);
}

/* The same, at home on pCPU `home`. */
static inline void add_at(uint32_t i, uint32_t home, uint64_t affinity)
{
    assert_true(add(i, BIT(home)));
    vcpus[i].affinity.word[0] = affinity;
}

/* As many VCPUs, BLOCKED, VCPU i at home on pCPU i mod pcpus, and free to run anywhere. */
static inline void set_up(uint32_t pcpus, uint32_t count)
{
    begin(&sched_rr, pcpus);
    for (uint32_t i = 0; i < count; i++)
        add_at(i, i % pcpus, bit_mask(pcpus));
}

static inline bool may_run(const struct sched_vcpu *vcpu, uint32_t pcpu)
{
    return pcpu_set_has(&vcpu->affinity, pcpu);
}

/* Wakes it, and returns the one pCPU that is to be asked, if any. */
static inline uint32_t wake_asks(struct sched_vcpu *vcpu)
{
    uint32_t pcpu;

    sched_wake(&sched, vcpu, 0);
    pcpu = sched_next_ask(&sched);
    assert_int_equal(sched_next_ask(&sched), SCHED_NO_PCPU);
    return pcpu;
}

/* The same of a pick. */
static inline uint32_t pick_asks(uint32_t pcpu, uint64_t ran, struct sched_decision *decision)
{
    uint32_t ask;

    sched_pick(&sched, pcpu, ran, 0, decision);
    ask = sched_next_ask(&sched);
    assert_int_equal(sched_next_ask(&sched), SCHED_NO_PCPU);
    return ask;
}

/* What pCPU `pcpu` runs next; whom else it would ask is dropped. */
static inline struct sched_decision pick(uint32_t pcpu, uint64_t ran)
{
    struct sched_decision decision;

    sched_pick(&sched, pcpu, ran, 0, &decision);
    while (sched_next_ask(&sched) != SCHED_NO_PCPU)
        ;
    return decision;
}

static inline void assert_picks(uint32_t pcpu, uint64_t ran, struct sched_vcpu *vcpu, uint64_t slice)
{
    struct sched_decision decision = pick(pcpu, ran);

    assert_ptr_equal(decision.vcpu, vcpu);
    if (vcpu)
        assert_true(decision.slice == slice);
}

/* The books of every queue agree with who is there; nobody is where he must not be. */
static inline void assert_consistent(uint32_t count)
{
    uint32_t members[MAX_PCPUS] = {0}, running[MAX_PCPUS] = {0}, queued[MAX_PCPUS] = {0};
    uint64_t load[MAX_PCPUS] = {0};

    for (uint32_t i = 0; i < count; i++) {
        struct sched_vcpu *vcpu = &vcpus[i];

        if (vcpu->state == SCHED_OUT)
            continue;
        assert_true(vcpu->pcpu < sched.pcpus && may_run(vcpu, vcpu->pcpu));
        assert_int_not_equal(vcpu->state, SCHED_MOVING);
        members[vcpu->pcpu]++;
        load[vcpu->pcpu] += vcpu->load;
        running[vcpu->pcpu] += vcpu->state == SCHED_RUNNING;
        queued[vcpu->pcpu] += vcpu->state == SCHED_QUEUED && !vcpu->parked;
        if (vcpu->state == SCHED_RUNNING)
            assert_ptr_equal(queues[vcpu->pcpu].current, vcpu);
    }
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++) {
        struct sched_rq *rq = &queues[pcpu];

        assert_false(spin_held(&rq->lock));
        assert_int_equal(rq->queued, queued[pcpu]);
        assert_int_equal(rq->members, members[pcpu]);
        assert_true(rq->load == load[pcpu]);
        assert_int_equal(running[pcpu], rq->current != NULL);
    }
    assert_false(spin_held(&sched.lock));
}

/* Nobody waits whom a pCPU that runs nobody might run. To be asked once no pCPU is left to be asked. */
static inline void assert_nobody_waits_in_vain(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t pcpu = 0; pcpu < sched.pcpus && vcpus[i].state == SCHED_QUEUED; pcpu++)
            assert_false(!queues[pcpu].current && may_run(&vcpus[i], pcpu));
}

#endif
