/* SPDX-License-Identifier: MIT */
/*
 * SBI Timer extension: for guests that do not use stimecmp themselves.
 */
#include "hyp/riscv.h"
#include "sbi/sbi.h"

/* BEGIN SOLUTION 4.set-timer */
/* The caller runs, so its VS timer is the hardware's. Writing a future value also withdraws a timer
 * interrupt that is pending, enabled or not, as the specification wants. */
static exit_class call(struct vcpu *v, uint64_t fid)
{
    if (fid != SBI_TIME_SET_TIMER)
        return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
    csr_write(vstimecmp, sbi_arg(v, 0));
    return sbi_ok(v, 0);
}
/* END SOLUTION */

const struct sbi_extension sbi_time = {SBI_EXT_TIME, call};
