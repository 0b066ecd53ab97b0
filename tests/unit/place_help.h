/* SPDX-License-Identifier: MIT */
/* Machines for the tests of where VCPUs go. */
#ifndef TESTS_UNIT_PLACE_HELP_H
#define TESTS_UNIT_PLACE_HELP_H

#include "tests/unit/sched_machine.h"

static inline void begin_on(uint32_t sockets, uint32_t cores, uint32_t threads, enum place_policy policy)
{
    begin_machine(&sched_rr,
                  &(struct sched_topology){.sockets = sockets, .cores = cores, .threads = threads});
    for (uint32_t i = 0; sched_all[i]; i++)
        sched.values[i][SCHED_PARAM_PLACEMENT] = policy;
    sched.idle = (struct pcpu_set){{0}}; /* as if everybody were busy */
}

static inline uint64_t all(void)
{
    return bit_mask(sched.pcpus);
}

/* One more VM with that many VCPUs, that it declares to need `util` percent each. */
static inline struct sched_vm *new_vm(uint32_t count, uint64_t affinity, uint64_t util)
{
    struct sched_vm *vm = &vms[live];

    sched_vm_init(vm, live);
    for (uint32_t i = 0; sched_all[i]; i++)
        vm->values[i][SCHED_PARAM_UTIL] = util;
    for (uint32_t i = 0; i < count; i++)
        assert_true(add_life(vm, affinity, spinner(NEVER)));
    return vm;
}

/* Where a new VM of one VCPU went. */
static inline uint32_t one_more(uint64_t affinity, uint64_t util)
{
    new_vm(1, affinity, util);
    return vcpus[live - 1].pcpu;
}

static inline void assert_order(const uint32_t *expected, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(one_more(all(), 0), expected[i]);
}

/* The last `count` VCPUs are where they should be. */
static inline void assert_last_are_at(const uint32_t *expected, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(vcpus[live - count + i].pcpu, expected[i]);
}

#endif
