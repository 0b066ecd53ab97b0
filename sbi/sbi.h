/* SPDX-License-Identifier: MIT */
/*
 * The SBI that guests call. One file an extension; adding one is its file and
 * a row in sbi.c.
 */
#ifndef SBI_SBI_H
#define SBI_SBI_H

#include <stdint.h>
#include <stint/sbi.h>
#include "hyp/exit.h"
#include "hyp/vcpu.h"

/* An extension: its number, and what answers its functions. The arguments are in the registers of the VCPU
 * that calls, which is current on this pCPU; so is the answer, put there by one of the functions below,
 * in which every call ends. */
struct sbi_extension {
    uint32_t eid;
    exit_class (*call)(struct vcpu *, uint64_t fid);
};

/* The exit by ecall (hyp/exit.h): answers the call in the registers of `v`, and steps over it. */
exit_class sbi_call(struct vcpu *v);

/* Answers the call with 1 if there is an extension of the number in its first argument, else with 0. */
exit_class sbi_probe(struct vcpu *v);

extern const struct sbi_extension sbi_base, sbi_time, sbi_ipi, sbi_rfence, sbi_hsm, sbi_srst, sbi_dbcn,
    sbi_stint, sbi_sta;

/* Argument n of the call, a0 to a5. */
static inline uint64_t sbi_arg(const struct vcpu *v, unsigned n)
{
    return v->regs.x[10 + n];
}

static inline exit_class sbi_answer(struct vcpu *v, uint64_t a0, uint64_t a1)
{
    v->regs.x[10] = a0;
    v->regs.x[11] = a1;
    return STINT_EXIT_ECALL;
}

static inline exit_class sbi_ok(struct vcpu *v, uint64_t value)
{
    return sbi_answer(v, SBI_SUCCESS, value);
}

/* error: SBI_ERR_* */
static inline exit_class sbi_error(struct vcpu *v, long error)
{
    return sbi_answer(v, (uint64_t)error, 0);
}

/* The VCPUs that (mask, base) of a call name, as a set. False: one of them does not exist. SBI, "Hart
 * list parameter": base all-ones means all of them; mask bit n is hart base + n. */
bool sbi_hart_mask(const struct vcpu *v, uint64_t mask, uint64_t base, uint64_t *harts);

#endif
