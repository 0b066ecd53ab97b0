/* SPDX-License-Identifier: MIT */
/*
 * Spins all the time, and asks for one timer. How long did it take, by its own clock and by the machine's, and does its
 * clock get ahead of the machine's?
 *
 * The machine's is `cycle`: under QEMU's instruction counting virtual ns, which no hypervisor can turn back. All times
 * that are reported are ns.
 *
 * Arguments: after=N, when it asks, counted from its first instruction; ask=N, for how long; until=N, when it has seen
 * enough, by the machine's clock.
 */
#include "tests/guests/frame/frame.h"

#define TICK_NS 100

static uint64_t begin, begin_machine; /* its first instruction, ticks and ns */
static volatile uint64_t fired, fired_machine;

static void on_timer(IGNORED struct hart *h, IGNORED uint64_t irq)
{
    fired_machine = csr_read(cycle);
    fired = rdtime();
    csr_write(stimecmp, ~0UL);
}

/* Asks, and notes the longest absence before the timer comes, and how long it had run before that. It looks at the
 * machine's clock once more after the timer, which may have come with its return. */
static void ask(uint64_t ticks)
{
    uint64_t asked = rdtime(), asked_machine = csr_read(cycle), last = asked_machine, away = 0, ran = 0, over;

    csr_write(stimecmp, asked + ticks);
    do {
        over = fired;
        uint64_t now = csr_read(cycle);
        if (now - last > away) {
            away = now - last;
            ran = last - asked_machine;
        }
        last = now;
    } while (!over);
    *report_number("away_ns") = away;
    *report_number("ran_ns") = ran;
    *report_number("guest_ns") = (fired - asked) * TICK_NS;
    *report_number("machine_ns") = fired_machine - asked_machine;
}

/* Notes by how much its clock has gone further than the machine's since its first instruction, at most and last. */
static void watch(uint64_t until)
{
    int64_t *most = report_signed("ahead_most_ns"), *last = report_signed("ahead_last_ns");
    uint64_t passed;

    *most = INT64_MIN;
    do {
        passed = csr_read(cycle) - begin_machine;
        *last = (int64_t)((rdtime() - begin) * TICK_NS - passed);
        if (*last > *most)
            *most = *last;
    } while (passed < until);
}

int test_main(void)
{
    uint64_t time = rdtime(), machine = csr_read(cycle);

    begin = time;
    begin_machine = machine;
    area_register();
    this_hart()->on_interrupt = on_timer;
    csr_write(stimecmp, ~0UL);
    csr_set(sie, 1UL << IRQ_TIMER);
    csr_set(sstatus, SSTATUS_SIE);
    spin_until(begin + arg_number("after", 0) / TICK_NS);
    ask(arg_number("ask", 0) / TICK_NS);
    watch(arg_number("until", 0));
    *report_number("done") = 1;
    for (;;) {} /* for the others it goes on taking its turns */
}
