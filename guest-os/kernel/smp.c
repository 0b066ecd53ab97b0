/* SPDX-License-Identifier: MIT */
/*
 * SBI's hart state management and IPIs.
 */
#include "guest-os/kernel/smp.h"
#include "guest-os/kernel/console.h"
#include "guest-os/kernel/csr.h"
#include "guest-os/kernel/panic.h"
#include "guest-os/kernel/sbi.h"
#include "lib/bitops.h"

extern char entry_other[]; /* entry.S */

void smp_start_others(uint64_t harts)
{
    unsigned hart;

    for_each_bit (hart, harts & ~BIT(this_cpu()->id)) {
        struct sbi_result result = sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, hart, (long)entry_other,
                                            (long)&cpus[hart]);

        if (result.error != SBI_SUCCESS)
            say("hart %u does not start: SBI error %ld; going on without it", hart, result.error);
    }
}

void smp_stop(void)
{
    struct sbi_result result = sbi_call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0);

    panic("hart %u does not stop: SBI error %ld", this_cpu()->id, result.error);
}

void smp_kick(uint64_t set)
{
    sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, (long)set, 0, 0);
}

void smp_kicked(void)
{
    csr_clear(sip, BIT(INTERRUPT_SOFT));
}

void smp_wait(void)
{
    account(this_cpu(), ACCOUNT_SYSTEM);
    __asm__ volatile("wfi" ::: "memory");
    account(this_cpu(), ACCOUNT_IDLE);
    smp_kicked();
}
