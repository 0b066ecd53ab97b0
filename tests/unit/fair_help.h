/* SPDX-License-Identifier: MIT */
/* What the tests of sched/fair.c share; they look into it. */
#ifndef TESTS_UNIT_FAIR_HELP_H
#define TESTS_UNIT_FAIR_HELP_H

#include "tests/unit/sched_run.h"

#include "sched/fair.c"

#define REQUEST (3 * MS)

static const char *const weight = "weight", *const request = "request";

/* A VCPU with that weight and request, BLOCKED. */
static inline uint32_t weighing(uint64_t its_weight, uint64_t its_request)
{
    uint32_t i = new_vm();

    give(i, weight, its_weight);
    give(i, request, its_request);
    assert_true(new_vcpu(i, bit_mask(sched.pcpus)));
    return i;
}

#endif
