/* SPDX-License-Identifier: MIT */
/*
 * The clock hammered on all harts: does it go backwards on one of them, or from one to another? Does a timer come
 * early, or not at all, to a hart that waits? Is more time stolen than passed?
 *
 * Arguments: reads=N of the clock, by all harts together; naps=N reads between two sleeps of a hart, of up to 3 ms
 * (0: it never sleeps). Times are ticks of the guest's clock; a tick is 100 ns. But `machine`, what passed while
 * `elapsed` did, is in ns of the machine's clock: `cycle`, under QEMU's instruction counting.
 */
#include "tests/guests/steal.h"

#define MS      10000UL
#define TICK_NS 100

static volatile struct sbi_sta records[HARTS];
static uint64_t latest; /* that any hart has read */

static struct result {
    uint64_t reads, naps;
    uint64_t backwards, behind; /* an earlier reading than its own last; than one that some hart had before */
    uint64_t early, late_most;  /* the timer */
    uint64_t over_100;          /* spans in which more was stolen than passed */
    uint64_t steal;
} __attribute__((aligned(64))) results[HARTS];

static uint64_t read_clock(struct result *r, uint64_t last)
{
    uint64_t before = __atomic_load_n(&latest, __ATOMIC_ACQUIRE);
    uint64_t now = rdtime();

    r->backwards += now < last;
    r->behind += now < before;
    while (before < now &&
           !__atomic_compare_exchange_n(&latest, &before, now, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        ;
    r->reads++;
    return now;
}

/* With interrupts off: WFI goes on at the timer, and perhaps before. */
static void nap(struct result *r, uint64_t ticks)
{
    uint64_t due = rdtime() + ticks;

    csr_write(stimecmp, due);
    while (!(csr_read(sip) >> IRQ_TIMER & 1))
        __asm__ volatile("wfi");
    uint64_t now = rdtime();
    csr_write(stimecmp, ~0UL);
    r->naps++;
    r->early += now < due;
    if (now >= due && now - due > r->late_most)
        r->late_most = now - due;
}

static void hammer(uint64_t id)
{
    struct result *r = &results[id];
    uint64_t mine = arg_number("reads", 100000) / hart_count, naps = arg_number("naps", 0);
    uint64_t last = rdtime(), span = last, random = id * 7919 + 1, told = 0;
    uint32_t sequence;

    csr_write(sie, 1UL << IRQ_TIMER);
    sta_register(&records[id]);
    while (r->reads < mine) {
        last = read_clock(r, last);
        if (r->reads % 16 == 0) {
            uint64_t begin = last, steal = sta_steal(&records[id], &sequence) / TICK_NS;
            last = read_clock(r, last);
            r->over_100 += steal - told > last - span;
            told = steal, span = begin;
        }
        if (naps && r->reads % naps < 2) {
            random = random * 6364136223846793005UL + 1442695040888963407UL;
            nap(r, MS / 20 + (random >> 33) % (3 * MS));
        }
    }
    r->steal = sta_steal(&records[id], &sequence) / TICK_NS;
}

static void tell(const struct result *all)
{
    *report_number("reads") = all->reads;
    *report_number("naps") = all->naps;
    *report_number("backwards") = all->backwards;
    *report_number("behind") = all->behind;
    *report_number("early") = all->early;
    *report_number("late_most") = all->late_most;
    *report_number("over_100") = all->over_100;
    *report_number("steal") = all->steal;
}

int test_main(void)
{
    struct result all = {0};

    area_register();
    uint64_t begin = rdtime(), begin_machine = csr_read(cycle);
    for (uint64_t id = 0; id < hart_count; id++)
        if (id != boot_hart)
            check("start", (uint64_t)hart_start(id, hammer, id), 0);
    hammer(boot_hart);
    for (uint64_t id = 0; id < hart_count; id++) {
        struct result *r = &results[id];
        if (id != boot_hart)
            check("done", await(&harts[id].done, 1, 10000 * MS), true);
        all.reads += r->reads, all.naps += r->naps, all.backwards += r->backwards, all.behind += r->behind;
        all.early += r->early, all.over_100 += r->over_100, all.steal += r->steal;
        all.late_most = r->late_most > all.late_most ? r->late_most : all.late_most;
    }
    *report_number("elapsed") = rdtime() - begin;
    *report_number("machine") = csr_read(cycle) - begin_machine;
    tell(&all);
    return 0;
}
