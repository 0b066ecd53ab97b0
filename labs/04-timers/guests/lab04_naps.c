/* SPDX-License-Identifier: MIT */
/*
 * Sleeps in WFI until its timer, with interrupts on and off in turn: when is it woken? All times in ticks of its clock.
 *
 * Arguments: naps=N, ticks=N, the shortest of them, more=N, by how much more the longest is. A second hart sleeps
 * meanwhile, with timers that cannot wake it: how long after an IPI of the first one, each time, does it go on?
 */
#include "tests/guests/frame/frame.h"

#define FAR 500000UL /* ticks */

static volatile uint64_t taken, sleeps, woken_at;
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
static void wait_with_pending_timer(void)
{
    uint64_t begin = rdtime();

    csr_write(stimecmp, begin);
    __asm__ volatile("wfi");
    *report_number("due_wait") = rdtime() - begin;
    csr_write(stimecmp, ~0UL);
}

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

/* The second hart's timers: one that is due and enabled nowhere, and some that are enabled, and further away than the
 * host's time can say. */
static const struct {
    const char *name;
    uint64_t enabled, when;
} asleep[] = {
    {"masked_late", 0, 0},
    {"never_late", 1UL << IRQ_TIMER, ~0UL},
    {"last_late", 1UL << IRQ_TIMER, ~0UL - 1000},
};

#define SLEEPS (sizeof(asleep) / sizeof(asleep[0]))

static void sleep_until_ipi(IGNORED uint64_t argument)
{
    for (unsigned n = 0; n < SLEEPS; n++) {
        csr_write(sie, 1UL << IRQ_SOFT | asleep[n].enabled);
        csr_write(stimecmp, asleep[n].when);
        sleeps = n + 1;
        __asm__ volatile("wfi");
        woken_at = rdtime();
        csr_clear(sip, 1UL << IRQ_SOFT);
    }
    csr_write(stimecmp, ~0UL);
}

/* The other one has the pCPU before and after. */
static void wake_other(void)
{
    for (unsigned n = 0; n < SLEEPS; n++) {
        nap(FAR / 10, true);
        uint64_t sent = rdtime();
        sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 2, 0, 0);
        nap(FAR / 10, true);
        *report_signed(asleep[n].name) = sleeps > n ? (int64_t)(woken_at - sent) : INT64_MAX;
    }
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
        hart_start(1, sleep_until_ipi, 0);
    for (uint64_t n = 0; n < naps; n++) {
        nap(ticks + n * 7919 % (more + 1), n % 2);
        *report_number("naps") = n + 1;
    }
    wait_with_pending_timer();
    wait_with_pending_ipi();
    if (hart_count > 1)
        wake_other();
    *report_number("done") = 1;
    return 0;
}
