/* SPDX-License-Identifier: MIT */
/*
 * Rogues that keep the hypervisor busy on one hart, without end.
 */
#include "tests/rogue/rogue.h"

static void null_calls(void)
{
    for (;;)
        sbi_call(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0, 0, 0);
}

static void device_reads(void)
{
    for (;;)
        *(volatile uint8_t *)(UART + 5);
}

static void console_lines(void)
{
    for (;;)
        *(volatile uint8_t *)UART = '\n';
}

static void illegal_one(uint64_t instruction)
{
    (void)instruction;
    __asm__ volatile("csrr t0, 0x600" ::: "t0");
}

static void illegal_instructions(void)
{
    for (;;)
        attempt(illegal_one, 0);
}

/* WFI with an interrupt that is pending and enabled but cannot be taken: it never waits. */
static void wfi_pending(void)
{
    csr_set(sie, 1UL << IRQ_SOFT);
    csr_set(sip, 1UL << IRQ_SOFT);
    for (;;)
        __asm__ volatile("wfi");
}

/* Nothing will ever wake it. */
static void wfi_for_ever(void)
{
    csr_write(sie, 0);
    for (;;)
        __asm__ volatile("wfi");
}

/* A timer is armed and due, but not one that it wants to be woken by. */
static void wfi_wrong_interrupt(void)
{
    csr_write(stimecmp, 0);
    csr_write(sie, 1UL << IRQ_SOFT);
    for (;;)
        __asm__ volatile("wfi");
}

static void rearm_in_past(IGNORED struct hart *h, IGNORED uint64_t irq)
{
    sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, 0, 0, 0);
}

static void timer_past(void)
{
    this_hart()->on_interrupt = rearm_in_past;
    csr_set(sie, 1UL << IRQ_TIMER);
    csr_set(sstatus, SSTATUS_SIE);
    rearm_in_past(NULL, 0);
    for (;;)
        ;
}

static void rearm_soon(IGNORED struct hart *h, IGNORED uint64_t irq)
{
    csr_write(stimecmp, rdtime() + 1);
}

/* Asleep and awake again, as often as there is. */
static void timer_naps(void)
{
    this_hart()->on_interrupt = rearm_soon;
    csr_set(sie, 1UL << IRQ_TIMER);
    csr_set(sstatus, SSTATUS_SIE);
    rearm_soon(NULL, 0);
    for (;;)
        __asm__ volatile("wfi");
}

static void timer_values(void)
{
    static const uint64_t values[] = {0, ~0UL, 1UL << 63, 1, ~0UL - 1, 1UL << 32};

    for (unsigned n = 0;; n++) {
        sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, (long)values[n % 6], 0, 0);
        csr_write(stimecmp, values[(n + 3) % 6]);
    }
}

static void self_ipis(void)
{
    for (;;)
        sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, 0, 0);
}

static void self_fences(void)
{
    for (;;) {
        __asm__ volatile("sfence.vma\nfence.i" ::: "memory");
        sbi_call5(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 1, 0, 0, -1, 0);
    }
}

static void suspend(void)
{
    csr_set(sie, 1UL << IRQ_SOFT);
    csr_set(sip, 1UL << IRQ_SOFT);
    for (;;)
        sbi_call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0, 0, 0);
}

/* Offers its place and wants it back at once. */
static void yields(void)
{
    for (;;)
        sbi_call(SBI_EXT_STINT, STINT_YIELD, 0, 0, 0);
}

static void reboots(void)
{
    sbi_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, SBI_SRST_COLD_REBOOT, SBI_SRST_REASON_NONE, 0);
}

/* FP on and off, so that it has to be brought in each time. */
static void fp_flicker(void)
{
    for (;;) {
        csr_set(sstatus, SSTATUS_FS);
        __asm__ volatile(".option push\n.option arch, +d\nfmv.d.x f3, sp\n.option pop");
        csr_clear(sstatus, SSTATUS_FS);
        sbi_call(SBI_EXT_BASE, 0, 0, 0, 0);
    }
}

const struct rogue_case rogue_storms[] = {
    {"storm_calls", null_calls},
    {"storm_device", device_reads},
    {"storm_console", console_lines},
    {"storm_illegal", illegal_instructions},
    {"storm_wfi", wfi_pending},
    {"wfi_for_ever", wfi_for_ever},
    {"wfi_wrong_interrupt", wfi_wrong_interrupt},
    {"storm_timer_past", timer_past},
    {"storm_naps", timer_naps},
    {"storm_timer_values", timer_values},
    {"storm_self_ipis", self_ipis},
    {"storm_self_fences", self_fences},
    {"storm_suspend", suspend},
    {"storm_yields", yields},
    {"storm_reboots", reboots},
    {"storm_fp", fp_flicker},
    {0},
};
