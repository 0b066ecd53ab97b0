/* SPDX-License-Identifier: MIT */
/* What the tests of sched/sedf.c share. */
#ifndef TESTS_UNIT_SEDF_HELP_H
#define TESTS_UNIT_SEDF_HELP_H

#include "tests/unit/sched_run.h"

#define US    UINT64_C(1000)
#define GRAIN (20 * US) /* less budget than that is as good as none, and made up for in the next period */

/* A VCPU with that reservation. */
static inline bool reserve(uint64_t period, uint64_t slice, bool extra)
{
    uint32_t i = new_vm();

    assert_true(count <= MAX_VCPUS);
    give(i, "period", period);
    give(i, "slice", slice);
    give(i, "extra", extra);
    return new_vcpu(i, bit_mask(sched.pcpus));
}

#endif
