/* SPDX-License-Identifier: MIT */
/*
 * What the two halves of the credit scheduler share: credit.c decides who runs, credit_account.c gives out credits.
 * Not for others, but for its tests.
 *
 * A credit is 100 us of a pCPU. A balance is kept in ns, so that what runs is burnt exactly and cheaply; the rules
 * speak of whole credits, of which one that is partly burnt still counts (credit_of).
 */
#ifndef SCHED_CREDIT_H
#define SCHED_CREDIT_H

#include "sched/sched.h"

#define CREDIT_NS 100000

/* Parameters: of the top, */
#define TSLICE(s)     ((s)->param[0])
#define RATE_LIMIT(s) ((s)->param[1])
#define IS_SAMPLED(s) ((s)->param[2])
#define MAY_BOOST(s)  ((s)->param[3])
/* of a VM. */
#define WEIGHT(vm)    ((vm)->param[0])
#define CAP_SLOT      1
#define CAP(vm)       ((vm)->param[CAP_SLOT])

/* Of the scheduler. */
#define TICK(s)     ((s)->priv[0]) /* ns; a third of the accounting period */
#define VERDICTS(s) ((s)->priv[1]) /* goes up when there are new ones; read without a lock */
#define PERIOD(s)   (3 * TICK(s))
#define CREDITS(s)  ((int64_t)(PERIOD(s) / CREDIT_NS)) /* that a pCPU is worth in a period */

/* Of a VM: the accounting's. */
#define ACTIVES(vm) ((vm)->priv[0]) /* its active VCPUs that still wait for their credits */
#define LEFT(vm)    ((vm)->priv[1]) /* enum credit_left: what it could not take the last time */

/* Of a VCPU, changed by the accounting and by its pCPU: atomic. */
#define BALANCE(vcpu)   ((vcpu)->priv[0]) /* ns, signed */
#define IS_ACTIVE(vcpu) ((vcpu)->priv[1]) /* it is given credits */
/* Of a VCPU, changed by the accounting alone, and followed by its pCPU when that picks next. */
#define IS_OVER(vcpu)   ((vcpu)->priv[2])
#define IS_OUT(vcpu)    ((vcpu)->priv[3]) /* of its cap: it is to be parked */

static inline uint64_t credit_load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void credit_store(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* Returns the new balance. */
static inline int64_t credit_add_ns(struct sched_vcpu *vcpu, int64_t ns)
{
    return (int64_t)__atomic_add_fetch(&BALANCE(vcpu), (uint64_t)ns, __ATOMIC_RELAXED);
}

/* Whole credits: -1 from a whole credit of debt on, 0 for less than that. */
static inline int64_t credit_of(int64_t balance)
{
    return (balance > 0 ? balance + CREDIT_NS - 1 : balance) / CREDIT_NS;
}

/* Who sees it go up sees the verdicts, too. */
static inline uint64_t credit_verdicts(const struct sched *s)
{
    return __atomic_load_n(&VERDICTS(s), __ATOMIC_ACQUIRE);
}

/* The accounting: the scheduler's `tick`. */
void credit_account(struct sched *, uint64_t now);

/* The first multiple of `step` after `now`: ticks and periods are counted since the run began. */
static inline uint64_t credit_next(uint64_t now, uint64_t step)
{
    return (now / step + 1) * step;
}

#endif
