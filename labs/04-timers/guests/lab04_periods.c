/* SPDX-License-Identifier: MIT */
/*
 * Harts that never wait, and have a timer set all the time: does each one come, once, not early, and how late? Does one
 * come when none is set any more? While some of them are set, drawn at random, an IPI is pending: does it stay, and
 * does none come with the others? And does their clock go as the machine's does, which is `cycle` (virtual ns, under
 * QEMU's instruction counting)?
 *
 * Arguments: ticks=N, how long the timers are, that of hart n by n thirds longer; until=N, ns of the machine's clock.
 */
#include "tests/guests/frame/frame.h"

#define TICK_NS 100
#define LOST    (2 * 1000 * 1000UL) /* ticks, after which a timer will not come any more */
#define REST    (300 * 1000UL)      /* ticks without a timer, at the end */

static struct result {
    volatile uint64_t taken, taken_at;
    uint64_t armed; /* an interrupt is expected */
    uint64_t timers, lost, spurious, stuck, early, late_most;
    uint64_t forgot, unsent; /* IPIs that were pending and are not, and the other way round */
    uint64_t off_most;       /* ns, by which its clock and the machine's went apart */
} __attribute__((aligned(64))) results[HARTS];

static uint64_t begin, begin_machine;

static void on_timer(struct hart *h, IGNORED uint64_t irq)
{
    struct result *r = &results[h->id];

    r->taken_at = rdtime();
    csr_write(stimecmp, ~0UL);
    r->spurious += !r->armed;
    r->armed = 0;
    r->taken++;
    if (csr_read(sip) >> IRQ_TIMER & 1) { /* it would come again for ever */
        r->stuck++;
        csr_clear(sie, 1UL << IRQ_TIMER);
    }
}

/* Only where nothing came between the readings. */
static void compare_clocks(struct result *r)
{
    uint64_t before = rdtime(), machine = csr_read(cycle) - begin_machine, after = rdtime();
    uint64_t own = (before - begin) * TICK_NS, off = own > machine ? own - machine : machine - own;

    if (after - before <= 1 && off > r->off_most)
        r->off_most = off;
}

static void set_ipi(bool pending)
{
    if (pending)
        csr_set(sip, 1UL << IRQ_SOFT);
    else
        csr_clear(sip, 1UL << IRQ_SOFT);
}

static void look_at_ipi(struct result *r, bool pending)
{
    bool is_pending = csr_read(sip) >> IRQ_SOFT & 1;

    r->forgot += pending && !is_pending;
    r->unsent += !pending && is_pending;
}

static void time_one(struct result *r, uint64_t ticks)
{
    uint64_t before = r->taken, due = rdtime() + ticks;

    csr_set(sie, 1UL << IRQ_TIMER);
    r->armed = 1;
    csr_write(stimecmp, due);
    while (r->taken == before && rdtime() < due + LOST)
        compare_clocks(r);
    r->armed = 0;
    r->timers++;
    if (r->taken == before)
        r->lost++;
    else if (r->taken_at < due)
        r->early++;
    else if (r->taken_at - due > r->late_most)
        r->late_most = r->taken_at - due;
}

static void work(uint64_t id)
{
    uint64_t ticks = arg_number("ticks", 10000), until = arg_number("until", 0);

    this_hart()->on_interrupt = on_timer;
    csr_write(stimecmp, ~0UL);
    csr_set(sstatus, SSTATUS_SIE);
    for (uint64_t random = ticks + id; csr_read(cycle) - begin_machine < until;) {
        random = random * 6364136223846793005UL + 1442695040888963407UL;
        bool pending = random >> 63;
        set_ipi(pending);
        time_one(&results[id], ticks + id * ticks / 3);
        look_at_ipi(&results[id], pending);
    }
    spin_until(rdtime() + REST);
    csr_clear(sstatus, SSTATUS_SIE);
}

static void tell(const struct result *all)
{
    *report_number("timers") = all->timers;
    *report_number("lost") = all->lost;
    *report_number("spurious") = all->spurious;
    *report_number("stuck") = all->stuck;
    *report_number("early") = all->early;
    *report_number("late_most") = all->late_most;
    *report_number("forgot") = all->forgot;
    *report_number("unsent") = all->unsent;
    *report_number("off_most") = all->off_most;
    *report_number("done") = 1;
}

int test_main(void)
{
    uint64_t time = rdtime(), machine = csr_read(cycle);
    struct result all = {0};

    begin = time;
    begin_machine = machine;
    *report_number("first") = begin;
    area_register();
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, work, id);
    work(0);
    for (uint64_t id = 0; id < hart_count; id++) {
        struct result *r = &results[id];
        while (id && !*(volatile uint64_t *)&harts[id].done)
            ;
        all.timers += r->timers, all.lost += r->lost, all.spurious += r->spurious, all.stuck += r->stuck;
        all.early += r->early, all.forgot += r->forgot, all.unsent += r->unsent;
        all.late_most = r->late_most > all.late_most ? r->late_most : all.late_most;
        all.off_most = r->off_most > all.off_most ? r->off_most : all.off_most;
    }
    tell(&all);
    return 0;
}
