/* SPDX-License-Identifier: MIT */
/* What each scheduler promises beyond what all must keep: one function a law, each for one seed. */
#ifndef TESTS_PROPERTY_LAWS_H
#define TESTS_PROPERTY_LAWS_H

#include "tests/property/chaos.h"

/* A machine of so many plain pCPUs, punctual, without VMs. */
void law_begin(struct world *, const struct sched_ops *, uint32_t pcpus, uint64_t seed);

/* A VM of `vcpus` VCPUs with these habits, on pCPU `pcpu` only (SCHED_NO_PCPU: on all); not started. */
struct guest *law_vm(struct world *, uint32_t vcpus, uint32_t pcpu, struct habits);

/* Sets a parameter, by name, of a VM that is not started, or of the top (NULL), for all schedulers. */
void law_set(struct world *, struct guest *, const char *name, uint64_t value);

/* Starts all VMs, which must not be refused, and lets all pCPUs pick. */
void law_start(struct world *);

void chaos_alone(struct world *, const struct sched_ops *, uint64_t seed);
void law_balance(struct world *, const struct sched_ops *, uint64_t seed);
void law_rr_wait(struct world *, const struct sched_ops *, uint64_t seed);
void law_sedf_slices(struct world *, const struct sched_ops *, uint64_t seed);
void law_fair_lag(struct world *, const struct sched_ops *, uint64_t seed);
void law_credit_shares(struct world *, const struct sched_ops *, uint64_t seed);
void law_credit_cap(struct world *, const struct sched_ops *, uint64_t seed);
void law_credit_boost(struct world *, const struct sched_ops *, uint64_t seed);
void law_gang_together(struct world *, const struct sched_ops *, uint64_t seed);

#endif
