/* SPDX-License-Identifier: MIT */
/*
 * Spins all the time, and asks for one timer. How long did it take, by its own clock and by the machine's, does its
 * clock get ahead of the machine's, and how much of its absences since it asked is it told of as stolen?
 *
 * The machine's is `cycle`: under QEMU's instruction counting virtual ns, which no hypervisor can turn back. All times
 * that are reported are ns.
 *
 * Arguments: after=N, when it asks, counted from its first instruction; ask=N, for how long; until=N, how much longer
 * it looks at the clocks, by the machine's.
 */
#include "tests/guests/steal.h"

#define TICK_NS 100
#define ABSENT  1000000UL /* ns; no exit takes as long */

static uint64_t asked, asked_machine; /* ticks, ns: when it asked for the timer */
static volatile uint64_t fired, fired_machine;
static volatile struct sbi_sta record;

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
    uint64_t time = rdtime(), last = csr_read(cycle), away = 0, ran = 0, over;

    asked = time;
    asked_machine = last;
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

/* Notes by how much its clock has gone further than the machine's since it asked, at most and last; but only where
 * nothing came between the readings. And how long it was away since, in all, and what of that is told. */
static void watch(uint64_t until)
{
    int64_t *most = report_signed("ahead_most_ns"), *last = report_signed("ahead_last_ns");
    uint64_t passed = fired_machine - asked_machine, before, *away = report_number("away_all_ns");
    uint32_t sequence;

    *most = INT64_MIN;
    *away = *report_number("away_ns");
    do {
        uint64_t time = rdtime();
        before = passed;
        passed = csr_read(cycle) - asked_machine;
        if (passed - before > ABSENT)
            *away += passed - before;
        if (rdtime() - time > 1)
            continue;
        *last = (int64_t)((time - asked) * TICK_NS - passed);
        if (*last > *most)
            *most = *last;
    } while (passed < until);
    *report_number("stolen_ns") = sta_steal(&record, &sequence);
}

int test_main(void)
{
    uint64_t begin = rdtime();

    area_register();
    this_hart()->on_interrupt = on_timer;
    csr_write(stimecmp, ~0UL);
    csr_set(sie, 1UL << IRQ_TIMER);
    csr_set(sstatus, SSTATUS_SIE);
    spin_until(begin + arg_number("after", 0) / TICK_NS);
    sta_register(&record);
    ask(arg_number("ask", 0) / TICK_NS);
    watch(arg_number("until", 0));
    *report_number("done") = 1;
    for (;;) {} /* for the others it goes on taking its turns */
}
