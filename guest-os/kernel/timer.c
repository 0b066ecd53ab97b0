/* SPDX-License-Identifier: MIT */
/*
 * The timer of a hart is one-shot: it interrupts from its time on until another is set.
 */
#include "guest-os/kernel/timer.h"
#include "guest-os/kernel/csr.h"
#include "guest-os/kernel/sbi.h"

static bool has_stimecmp;

void timer_init(bool sstc)
{
    has_stimecmp = sstc;
}

void timer_set(uint64_t when)
{
    if (has_stimecmp)
        csr_write(CSR_STIMECMP, when);
    else
        sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, (long)when, 0, 0);
}
