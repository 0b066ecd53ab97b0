/* SPDX-License-Identifier: MIT */
/* A machine of gangs, and what holds of it at any time. */
#ifndef TESTS_UNIT_GANG_HELP_H
#define TESTS_UNIT_GANG_HELP_H

#include "tests/unit/sched_machine.h"

#define SLOT (30 * MS)

static uint32_t home[MAX_VCPUS]; /* where each VCPU was placed */

static inline void begin_gangs(uint32_t pcpus)
{
    begin_machine(&sched_gang, &(struct sched_topology){.sockets = pcpus, .cores = 1, .threads = 1});
}

/* VM `vm` has as many VCPUs, one on each pCPU of the set, which all live alike. */
static inline void add_gang(uint32_t vm, uint64_t pcpus, struct life life)
{
    uint32_t pcpu;

    sched_vm_init(&vms[vm], vm);
    for_each_bit (pcpu, pcpus) {
        assert_true(add_life(&vms[vm], BIT(pcpu), life));
        home[live - 1] = pcpu;
        vcpus[live - 1].affinity.word[0] = bit_mask(sched.pcpus);
    }
}

static inline uint32_t count_members(const struct sched_vm *vm, enum sched_state state)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < live; i++)
        count += vcpus[i].vm == vm && vcpus[i].state == state;
    return count;
}

/* Of each VM all who can run do, or none; nobody has moved; somebody runs if anybody can. */
static inline void check_strictness(void)
{
    uint32_t waiting = 0, running = 0;

    for (uint32_t i = 0; i < live; i++) {
        if (vcpus[i].state == SCHED_OUT)
            continue;
        assert_int_equal(vcpus[i].pcpu, home[i]);
        assert_true(vcpus[i].state != SCHED_QUEUED || count_members(vcpus[i].vm, SCHED_RUNNING) == 0);
        waiting += vcpus[i].state == SCHED_QUEUED;
        running += vcpus[i].state == SCHED_RUNNING;
    }
    assert_true(running || !waiting);
}

/* Nobody waits whose gang would fit beside those that run. */
static inline void check_that_none_would_fit(void)
{
    bool taken[MAX_PCPUS] = {false};

    check_strictness();
    for (uint32_t i = 0; i < live; i++)
        taken[home[i]] |= vcpus[i].state != SCHED_OUT && count_members(vcpus[i].vm, SCHED_RUNNING) > 0;
    for (uint32_t i = 0; i < live; i++) {
        bool fits = vcpus[i].state == SCHED_QUEUED;

        for (uint32_t j = 0; j < live; j++)
            fits &= vcpus[j].vm != vcpus[i].vm || vcpus[j].state == SCHED_OUT || !taken[home[j]];
        assert_false(fits);
    }
}

#endif
