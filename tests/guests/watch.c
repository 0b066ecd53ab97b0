/* SPDX-License-Identifier: MIT */
/*
 * A VCPU that watches what it gets. It looks at its clock without end; where more time than `gap` lies between two
 * looks it was away, and what lies between two absences is a turn. Arguments, all times in us:
 *
 *     gap=500              what counts as having been away
 *     work=T how=sleep     it works for T, then sleeps for `away=T` (WFI and its timer), and again
 *     work=T how=yield     it works for T, then offers its CPU to others, and again
 *     from=T               it forgets what it has measured until that time of its clock
 *     stop=T               it shuts its machine down at that time; without it never
 *
 * Without `work` it wants to run all the time. Its clock begins when its VM is started. All that it reports is in ns.
 */
#include "tests/guests/frame/frame.h"

#define NS_PER_TICK  100
#define TICKS_PER_US 10
#define NEVER        (~0UL)
#define JUMP         20 /* ticks: more than it takes to look twice, less than an exit takes */

/* Of times of one kind: how many, the shortest and the longest. */
struct tally {
    uint64_t *count, *least, *most;
};

/* turns and waits: until it was taken away, and until it came back; late: from when it was to be woken to when it was
 * there; offers: from when it offered its CPU to when it had it again. */
static struct tally turns, waits, late, offers;
static uint64_t *had;            /* time it had the CPU */
static uint64_t *jumps;          /* looks at which its clock had jumped, but by less than `gap` */
static uint64_t last, came_back; /* its last look; when this turn began, 0: before it was seen */

static uint64_t ticks_of(const char *key, uint64_t us_otherwise)
{
    return arg_number(key, us_otherwise) * TICKS_PER_US;
}

static struct tally make_tally(const char *count, const char *least, const char *most)
{
    return (struct tally){report_number(count), report_number(least), report_number(most)};
}

static void add(const struct tally *tally, uint64_t ticks)
{
    uint64_t ns = ticks * NS_PER_TICK;

    if (*tally->count == 0 || ns < *tally->least)
        *tally->least = ns;
    if (ns > *tally->most)
        *tally->most = ns;
    ++*tally->count;
}

static void make_report(void)
{
    turns = make_tally("turns", "turn_least_ns", "turn_most_ns");
    waits = make_tally("waits", "wait_least_ns", "wait_most_ns");
    late = make_tally("sleeps", "late_least_ns", "late_most_ns");
    offers = make_tally("offers", "offer_least_ns", "offer_most_ns");
    had = report_number("had_ns");
    jumps = report_number("jumps");
}

/* It was away from `before` to `now` without having asked for it. */
static void note_absence(uint64_t before, uint64_t now)
{
    if (came_back)
        add(&turns, before - came_back);
    add(&waits, now - before);
    came_back = now;
}

/* Works for so much time that it has the CPU, or until its clock shows `end`. */
static void work(uint64_t ticks, uint64_t end, uint64_t gap)
{
    for (uint64_t done = 0; done < ticks && last < end;) {
        uint64_t before = last, passed;

        last = rdtime();
        passed = last - before;
        if (passed >= gap) {
            note_absence(before, last);
            continue;
        }
        *jumps += passed >= JUMP;
        *had += passed * NS_PER_TICK;
        done += passed;
    }
}

static void sleep(uint64_t ticks)
{
    uint64_t until = last + ticks;

    csr_write(stimecmp, until);
    while ((last = rdtime()) < until)
        __asm__ volatile("wfi");
    csr_write(stimecmp, ~0UL);
    add(&late, last - until);
    came_back = last;
}

static void offer(void)
{
    uint64_t before = last;

    sbi_call(SBI_EXT_STINT, STINT_YIELD, 0, 0, 0);
    last = rdtime();
    add(&offers, last - before);
    came_back = last;
}

static void forget(void)
{
    const struct tally *const all[] = {&turns, &waits, &late, &offers};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        *all[i]->count = *all[i]->least = *all[i]->most = 0;
    *had = *jumps = 0;
}

static void watch_until(uint64_t end)
{
    uint64_t gap = ticks_of("gap", 500), until = ticks_of("work", NEVER / TICKS_PER_US),
             away = ticks_of("away", 0);

    while (last < end) {
        work(until, end, gap);
        if (last < end && arg_is("how", "yield"))
            offer();
        else if (last < end)
            sleep(away);
    }
}

int test_main(void)
{
    make_report();
    area_register();
    csr_set(sie, 1UL << IRQ_TIMER); /* it ends a WFI; sstatus.SIE is off, and nobody takes it */
    last = rdtime();
    *report_number("began_ns") = last * NS_PER_TICK;
    watch_until(ticks_of("from", 0));
    forget();
    watch_until(ticks_of("stop", NEVER / TICKS_PER_US));
    return 0;
}
