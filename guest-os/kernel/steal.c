/* SPDX-License-Identifier: MIT */
/*
 * SBI's steal-time accounting (SBI 2.0, chapter "Steal-time Accounting Extension").
 */
#include "guest-os/kernel/steal.h"
#include "guest-os/kernel/sbi.h"

struct steal_page steal_page __attribute__((section(".bss.pages")));
static bool told;

void steal_init(const struct cpu *cpu)
{
    struct sbi_result result = {.error = SBI_ERR_NOT_SUPPORTED};

    if (sbi_probe(SBI_EXT_STA))
        result = sbi_call(SBI_EXT_STA, SBI_STA_SET_SHMEM, (long)&steal_page.of[cpu->id], 0, 0);
    if (result.error == SBI_SUCCESS)
        told = true;
}

bool steal_told(void)
{
    return told;
}
