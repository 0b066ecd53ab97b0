/* SPDX-License-Identifier: MIT */
/* Random worlds, and what the laws take from them. */
#ifndef TESTS_PROPERTY_CHAOS_H
#define TESTS_PROPERTY_CHAOS_H

#include "tests/property/world.h"

/* The proof "chaos"; `only`: the scheduler is not changed. */
void chaos(struct world *, const struct sched_ops *only, uint64_t seed);

struct habits random_habits(struct world *);

/* Rows of parameters, a VM's or the top's; none that a scheduler's check would refuse. */
void random_params(struct world *, uint64_t values[SCHED_KINDS][SCHED_PARAMS], bool per_vm, uint32_t vcpus);

#endif
