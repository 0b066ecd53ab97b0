/* SPDX-License-Identifier: MIT */
/*
 * The SBI that guests call. One file an extension; adding one is its file and
 * a row in sbi.c.
 */
#ifndef SBI_SBI_H
#define SBI_SBI_H

#include <stdint.h>
#include <stint/sbi.h>
#include "hyp/vcpu.h"

/* What a call leaves in a0 and a1. */
struct sbi_ret {
    long error;
    uint64_t value;
};

/* An extension: its number, and what answers its functions. The arguments are in the registers of the
 * VCPU that calls, which is current on this pCPU. */
struct sbi_extension {
    uint32_t eid;
    struct sbi_ret (*call)(struct vcpu *, uint64_t fid);
};

/* Answers the call in the registers of `v`. */
void sbi_call(struct vcpu *v);

/* Is there an extension of that number? */
bool sbi_has(uint64_t eid);

extern const struct sbi_extension sbi_base, sbi_time, sbi_ipi, sbi_rfence, sbi_hsm, sbi_srst, sbi_dbcn, sbi_stint;

/* Argument n of the call, a0 to a5. */
static inline uint64_t sbi_arg(const struct vcpu *v, unsigned n)
{
    return v->regs.x[10 + n];
}

static inline struct sbi_ret sbi_ok(uint64_t value)
{
    return (struct sbi_ret){SBI_SUCCESS, value};
}

static inline struct sbi_ret sbi_error(long error)
{
    return (struct sbi_ret){error, 0};
}

/* The VCPUs that (mask, base) of a call name, as a set. False: one of them does not exist. SBI, "Hart
 * list parameter": base all-ones means all of them; mask bit n is hart base + n. */
bool sbi_hart_mask(const struct vcpu *v, uint64_t mask, uint64_t base, uint64_t *harts);

#endif
