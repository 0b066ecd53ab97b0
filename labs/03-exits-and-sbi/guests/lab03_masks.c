/* SPDX-License-Identifier: MIT */
/*
 * Sends IPIs to sets of harts, and reports for each call the error, sent.N.error, and whom an interrupt reached,
 * sent.N.reached, a bit a hart. The other harts wait, or spin.
 *
 * Arguments: calls=N; mask0=N, base0=N, mask1=N, ...; spin=1 for harts that spin.
 */
#include "lib/printf.h"
#include "tests/guests/frame/frame.h"

#define MS 10000UL

static volatile uint64_t reached;

static void on_interrupt(struct hart *h, uint64_t irq)
{
    if (irq == IRQ_TIMER)
        csr_write(stimecmp, ~0UL);
    if (irq == IRQ_SOFT) {
        csr_clear(sip, 1UL << IRQ_SOFT);
        __atomic_fetch_or(&reached, 1UL << h->id, __ATOMIC_SEQ_CST);
    }
}

static void take_interrupts(bool spin)
{
    csr_set(sstatus, SSTATUS_SIE);
    if (!spin)
        __asm__ volatile("wfi");
}

static void work(uint64_t spin)
{
    this_hart()->on_interrupt = on_interrupt;
    csr_set(sie, 1UL << IRQ_SOFT);
    for (;;)
        take_interrupts(spin);
}

static uint64_t number(const char *what, uint64_t n)
{
    char name[16];

    format(name, sizeof(name), "%s%lu", what, n);
    return arg_number(name, 0);
}

/* Until everybody has had time to take what was sent, or to fall asleep. */
static void settle(void)
{
    csr_write(stimecmp, rdtime() + 2 * MS);
    while (csr_read(stimecmp) != ~0UL)
        take_interrupts(false);
    csr_clear(sstatus, SSTATUS_SIE);
}

static void send(uint64_t n)
{
    char name[24];

    settle();
    reached = 0;
    long error =
        sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, (long)number("mask", n), (long)number("base", n), 0).error;
    settle();
    format(name, sizeof(name), "sent.%lu.error", n);
    *report_signed(name) = error;
    format(name, sizeof(name), "sent.%lu.reached", n);
    *report_number(name) = reached;
}

int test_main(void)
{
    report_text("step", "STINT_SET_AREA");
    area_register();
    this_hart()->on_interrupt = on_interrupt;
    csr_write(stimecmp, ~0UL);
    csr_set(sie, 1UL << IRQ_SOFT | 1UL << IRQ_TIMER);
    report_text("step", "start");
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, work, arg_number("spin", 0));
    for (uint64_t n = 0; n < arg_number("calls", 0); n++) {
        *report_number("call") = n;
        report_text("step", "IPI");
        send(n);
    }
    *report_number("done") = 1;
    return 0;
}
