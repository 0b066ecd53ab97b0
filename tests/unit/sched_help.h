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

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    abort();
}

/* As many VCPUs, BLOCKED, each of its own VM and free to run anywhere. */
static inline void set_up(uint32_t pcpus, uint32_t count)
{
    sched_init(&sched, &sched_rr, queues, pcpus);
    for (uint32_t i = 0; i < count; i++) {
        vcpus[i] = (struct sched_vcpu){.vm = i, .affinity = (UINT64_C(1) << pcpus) - 1};
        sched_add(&sched, &vcpus[i]);
    }
}

static inline struct sched_decision pick(uint32_t pcpu, uint64_t ran)
{
    struct sched_decision decision;

    sched_pick(&sched, pcpu, ran, 0, &decision);
    return decision;
}

static inline void assert_picks(uint32_t pcpu, uint64_t ran, struct sched_vcpu *vcpu, uint64_t slice)
{
    struct sched_decision decision = pick(pcpu, ran);

    assert_ptr_equal(decision.vcpu, vcpu);
    if (vcpu)
        assert_true(decision.slice == slice);
}

/* The books of every queue agree with what is in it; nobody is where he must not be. */
static inline void assert_consistent(uint32_t count)
{
    uint32_t members[MAX_PCPUS] = {0}, running[MAX_PCPUS] = {0}, queued[MAX_PCPUS] = {0};

    for (uint32_t i = 0; i < count; i++) {
        struct sched_vcpu *vcpu = &vcpus[i];

        if (vcpu->state == SCHED_OUT)
            continue;
        assert_true(vcpu->pcpu < sched.pcpus && (vcpu->affinity >> vcpu->pcpu & 1));
        assert_int_not_equal(vcpu->state, SCHED_MOVING);
        members[vcpu->pcpu]++;
        running[vcpu->pcpu] += vcpu->state == SCHED_RUNNING;
        queued[vcpu->pcpu] += vcpu->state == SCHED_QUEUED;
        if (vcpu->state == SCHED_RUNNING)
            assert_ptr_equal(queues[vcpu->pcpu].current, vcpu);
    }
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++) {
        struct sched_rq *rq = &queues[pcpu];
        struct list *link;
        uint32_t length = 0;

        list_for_each (link, &rq->queue) {
            assert_int_equal(container_of(link, struct sched_vcpu, link)->state, SCHED_QUEUED);
            length++;
        }
        assert_false(spin_held(&rq->lock));
        assert_int_equal(length, queued[pcpu]);
        assert_int_equal(rq->queued, queued[pcpu]);
        assert_int_equal(rq->members, members[pcpu]);
        assert_int_equal(running[pcpu], rq->current != NULL);
    }
}

/* Nobody waits whom a pCPU that runs nobody might run. To be asked once no pCPU is left to be asked. */
static inline void assert_nobody_waits_in_vain(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t pcpu = 0; pcpu < sched.pcpus && vcpus[i].state == SCHED_QUEUED; pcpu++)
            assert_false(!queues[pcpu].current && (vcpus[i].affinity >> pcpu & 1));
}

#endif
