/* SPDX-License-Identifier: MIT */
/*
 * One hart waits for IPIs, and another one sends them, the next as soon as the last has been taken. Does one get lost,
 * between the waiter's last look and its sleep?
 *
 * Argument: until=N, ns of the machine's clock (`cycle`, under QEMU's instruction counting).
 */
#include "tests/guests/frame/frame.h"

#define LOST 200000UL /* ticks after which the IPI is taken for lost */

static volatile uint64_t taken;

/* So that each meets the other everywhere: up to a fifth of a millisecond. */
static void linger(uint64_t *random)
{
    *random = *random * 6364136223846793005UL + 1442695040888963407UL;
    spin_until(rdtime() + (*random >> 33) % 2000);
}

static void on_ipi(IGNORED struct hart *h, IGNORED uint64_t irq)
{
    csr_clear(sip, 1UL << IRQ_SOFT);
    taken++;
}

static void wait_for_ipis(uint64_t random)
{
    this_hart()->on_interrupt = on_ipi;
    csr_write(stimecmp, ~0UL);
    csr_write(sie, 1UL << IRQ_SOFT);
    csr_set(sstatus, SSTATUS_SIE);
    for (;;) {
        linger(&random);
        __asm__ volatile("wfi");
    }
}

int test_main(void)
{
    uint64_t end = csr_read(cycle) + arg_number("until", 0);
    uint64_t random = 1, *sent = report_number("sent"), *lost = report_number("lost");

    area_register();
    hart_start(1, wait_for_ipis, 0);
    spin_until(rdtime() + LOST / 10);
    while (csr_read(cycle) < end) {
        uint64_t before = taken;
        linger(&random);
        sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 2, 0, 0);
        ++*sent;
        *lost += !await(&taken, before + 1, LOST);
    }
    *report_number("done") = 1;
    return 0;
}
