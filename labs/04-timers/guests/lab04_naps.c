/* SPDX-License-Identifier: MIT */
/*
 * Sleeps in WFI until its timer, with interrupts on and off in turn: when is it woken? All times in ticks of its clock.
 *
 * Arguments: naps=N, ticks=N, the shortest of them, more=N, by how much more the longest is. With a second hart, whose
 * timer is masked all the time, how long does that sleep until the first one sends it an IPI after the last nap?
 */
#include "tests/guests/frame/frame.h"

#define FAR 500000UL /* ticks */

static volatile uint64_t taken, woken_at;
static uint64_t *early, *late_most, *waits;

static void on_timer(IGNORED struct hart *h, IGNORED uint64_t irq)
{
    taken++;
    csr_write(stimecmp, ~0UL);
}

static bool timer_pending(void)
{
    return csr_read(sip) >> IRQ_TIMER & 1;
}

/* Until the timer has come; each return from WFI is looked at. */
static void nap(uint64_t ticks, bool masked)
{
    uint64_t before = taken, due = rdtime() + ticks, now;

    csr_write(stimecmp, due);
    if (!masked)
        csr_set(sstatus, SSTATUS_SIE);
    do {
        __asm__ volatile("wfi");
        now = rdtime();
        ++*waits;
        *early += now < due;
    } while (masked ? !timer_pending() : taken == before);
    csr_clear(sstatus, SSTATUS_SIE);
    csr_write(stimecmp, ~0UL);
    if (now >= due && now - due > *late_most)
        *late_most = now - due;
}

/* WFI with an interrupt pending that is enabled and cannot be taken. */
static void wait_with_pending_ipi(void)
{
    uint64_t begin = rdtime();

    csr_write(stimecmp, begin + FAR);
    csr_set(sie, 1UL << IRQ_SOFT);
    csr_set(sip, 1UL << IRQ_SOFT);
    __asm__ volatile("wfi");
    *report_number("pending_wait") = rdtime() - begin;
    csr_clear(sip, 1UL << IRQ_SOFT);
    csr_clear(sie, 1UL << IRQ_SOFT);
    csr_write(stimecmp, ~0UL);
}

/* The second hart. Its timer is due at once, and enabled nowhere. */
static void wait_masked(IGNORED uint64_t argument)
{
    csr_write(sie, 1UL << IRQ_SOFT);
    csr_write(stimecmp, 0);
    __asm__ volatile("wfi");
    woken_at = rdtime();
    csr_write(stimecmp, ~0UL);
}

static void wake_other(void)
{
    uint64_t sent = rdtime();

    sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 2, 0, 0);
    nap(FAR / 10, true); /* it has the pCPU meanwhile */
    *report_signed("masked_late") = (int64_t)(woken_at - sent);
}

int test_main(void)
{
    uint64_t naps = arg_number("naps", 1), ticks = arg_number("ticks", 10000), more = arg_number("more", 0);

    area_register();
    early = report_number("early");
    late_most = report_number("late_most");
    waits = report_number("waits");
    this_hart()->on_interrupt = on_timer;
    csr_write(stimecmp, ~0UL);
    csr_set(sie, 1UL << IRQ_TIMER);
    if (hart_count > 1)
        hart_start(1, wait_masked, 0);
    for (uint64_t n = 0; n < naps; n++) {
        nap(ticks + n * 7919 % (more + 1), n % 2);
        *report_number("naps") = n + 1;
    }
    wait_with_pending_ipi();
    if (hart_count > 1)
        wake_other();
    *report_number("done") = 1;
    return 0;
}
