/* SPDX-License-Identifier: MIT */
/*
 * Timers: what was asked, and when the guest knew of it. All times in ticks of the guest's clock.
 *
 * For each way of asking (stimecmp, SBI set_timer) and of waiting (spinning, WFI with the interrupt taken,
 * WFI with interrupts off) `late` is the guest's first reading of the clock after the timer, less the time
 * asked: it holds the way from the hardware's interrupt through the hypervisor to the guest's own handler.
 * The least and the most of it are reported; less than 0 would be early.
 */
#include "lib/printf.h"
#include "tests/guests/frame/frame.h"

#define MS     10000UL
#define ROUNDS 64

static volatile uint64_t fired_at, fired;

static void set_stimecmp(uint64_t time)
{
    csr_write(stimecmp, time);
}

static void set_by_sbi(uint64_t time)
{
    sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, (long)time, 0, 0);
}

static void (*const setters[])(uint64_t) = {set_stimecmp, set_by_sbi};
static const char *const setter_names[] = {"stimecmp", "set_timer"};

static void on_timer(struct hart *h, uint64_t irq)
{
    (void)h;
    fired_at = rdtime();
    check("timer.irq", irq, IRQ_TIMER);
    set_stimecmp(~0UL);
    fired++;
}

static bool timer_pending(void)
{
    return csr_read(sip) >> IRQ_TIMER & 1;
}

static void spin(void)
{
    uint64_t before = fired;

    csr_set(sstatus, SSTATUS_SIE);
    while (fired == before)
        ;
    csr_clear(sstatus, SSTATUS_SIE);
}

static void wait_for_interrupt(void)
{
    uint64_t before = fired;

    csr_set(sstatus, SSTATUS_SIE);
    while (fired == before)
        __asm__ volatile("wfi");
    csr_clear(sstatus, SSTATUS_SIE);
}

static void wait_with_interrupts_off(void)
{
    while (!timer_pending())
        __asm__ volatile("wfi");
    fired_at = rdtime();
    set_stimecmp(~0UL);
}

static void (*const waiters[])(void) = {spin, wait_for_interrupt, wait_with_interrupts_off};
static const char *const waiter_names[] = {"spin", "wfi", "wfi_masked"};

/* Waits of about 0.1 to 6 ms, none of them a whole number of anything. */
static void measure(unsigned setter, unsigned waiter)
{
    char name[40];
    int64_t least = INT64_MAX, most = INT64_MIN;

    for (uint64_t round = 0; round < ROUNDS; round++) {
        uint64_t due = rdtime() + MS / 10 + round * 937;

        setters[setter](due);
        waiters[waiter]();
        int64_t late = (int64_t)(fired_at - due);
        least = late < least ? late : least;
        most = late > most ? late : most;
    }
    format(name, sizeof(name), "late.%s.%s.least", setter_names[setter], waiter_names[waiter]);
    *report_signed(name) = least;
    format(name, sizeof(name), "late.%s.%s.most", setter_names[setter], waiter_names[waiter]);
    *report_signed(name) = most;
}

/* A timer whose handler arms the next one: does it drift? */
static void measure_period(void)
{
    uint64_t first = rdtime() + MS, due = first, most = 0;

    for (uint64_t n = 0; n < 200; n++, due += MS) {
        set_stimecmp(due);
        wait_for_interrupt();
        if (fired_at - due > most)
            most = fired_at - due;
    }
    *report_number("period.late_most") = most;
    *report_number("period.drift") = fired_at - (first + 199 * MS);
}

static void test_pending_bits(void (*set)(uint64_t))
{
    set(~0UL);
    check("timer.never", timer_pending(), false);
    set(rdtime() + 1000 * MS);
    check("timer.far", timer_pending(), false);
    set(0);
    check("timer.zero", timer_pending(), true);
    set(rdtime() + 1000 * MS);
    check("timer.withdrawn", timer_pending(), false);
    set(rdtime() - 1);
    check("timer.just_past", timer_pending(), true);
    set(rdtime() + MS);
    spin_until(rdtime() + 2 * MS);
    check("timer.comes_due", timer_pending(), true);
    set(~0UL - 1);
    check("timer.almost_never", timer_pending(), false);
    set(1UL << 63);
    check("timer.2^63", timer_pending(), false);
    set(~0UL);
}

/* A timer in the past is taken before the next instruction can wait. */
static void test_past(void (*set)(uint64_t))
{
    uint64_t before = fired, asked = rdtime();

    set(asked - 1);
    csr_set(sstatus, SSTATUS_SIE);
    __asm__ volatile("nop");
    csr_clear(sstatus, SSTATUS_SIE);
    check("timer.past_taken", fired - before, 1);
    check_range("timer.past_soon", fired_at - asked, 0, MS / 10);
}

/* WFI goes on when an interrupt is pending, even if it cannot be taken. */
static void test_wfi_with_pending(void)
{
    set_stimecmp(0);
    uint64_t asked = rdtime();
    __asm__ volatile("wfi");
    check_range("timer.wfi_pending", rdtime() - asked, 0, MS / 10);
    set_stimecmp(~0UL);
}

/* At `offset` of the first page a WFI that is done at once, and behind it ret. All else there is no instruction. */
static void test_wfi_at(unsigned offset)
{
    static uint16_t code[3 * 2048] __attribute__((aligned(4096)));
    uint16_t *at = code + offset / 2;

    at[0] = 0x0073, at[1] = 0x1050, at[2] = 0x8082;
    __asm__ volatile("fence.i" ::: "memory");
    set_stimecmp(0);
    check("timer.wfi_at_page_end", attempt((void (*)(uint64_t))(uintptr_t)at, 0).cause, CAUSE_NONE);
    set_stimecmp(~0UL);
    at[0] = at[1] = at[2] = 0;
}

/* A later wish replaces an earlier one, in both directions. */
static void test_replaced(void)
{
    uint64_t now = rdtime();

    set_stimecmp(now + MS);
    set_stimecmp(now + 3 * MS);
    wait_for_interrupt();
    check_range("timer.later", fired_at - now, 3 * MS, 3 * MS + MS / 10);
    now = rdtime();
    set_stimecmp(now + 50 * MS);
    set_stimecmp(now + 2 * MS);
    wait_for_interrupt();
    check_range("timer.sooner", fired_at - now, 2 * MS, 2 * MS + MS / 10);
}

int test_main(void)
{
    area_register();
    this_hart()->on_interrupt = on_timer;
    set_stimecmp(~0UL);
    csr_set(sie, 1UL << IRQ_TIMER);

    for (unsigned setter = 0; setter < 2; setter++) {
        test_pending_bits(setters[setter]);
        test_past(setters[setter]);
    }
    test_wfi_with_pending();
    for (unsigned offset = 0xff8; offset <= 0x1000; offset += 2)
        test_wfi_at(offset);
    test_replaced();
    for (unsigned setter = 0; setter < 2; setter++)
        for (unsigned waiter = 0; waiter < 3; waiter++)
            measure(setter, waiter);
    measure_period();
    return 0;
}
