/* SPDX-License-Identifier: MIT */
/*
 * Many harts that sleep for a moment again and again. As there are many, whoever wakes waits for others, so that all
 * but a few wait at any time; and each sleep is a decision of the hypervisor's scheduler, and soon a wake-up. How many
 * there were in the time that has passed tells what one costs. All begin together, when all have started and have
 * slept for long: then none has more behind it than others.
 */
#include "tests/guests/frame/frame.h"

#define MOMENT 200     /* ticks, 20 us */
#define START  3000000 /* ticks, 300 ms */
#define TICK   100     /* ns */

static uint64_t begin;
static uint64_t *came, *sleeps, *took;

static void sleep_until(uint64_t time)
{
    csr_write(stimecmp, time);
    while (rdtime() < time)
        __asm__ volatile("wfi");
    csr_write(stimecmp, ~0UL);
}

static void go_on(uint64_t id)
{
    (void)id;
    csr_set(sie, 1UL << IRQ_TIMER); /* it ends a WFI */
    sleep_until(begin);
    __atomic_add_fetch(came, 1, __ATOMIC_RELAXED);
    for (;;) {
        sleep_until(rdtime() + MOMENT);
        __atomic_add_fetch(sleeps, 1, __ATOMIC_RELAXED);
        *took = (rdtime() - begin) * TICK;
    }
}

int test_main(void)
{
    area_register();
    came = report_number("harts");
    sleeps = report_number("sleeps");
    took = report_number("ns");
    begin = rdtime() + START;
    for (uint64_t id = 1; id < hart_count; id++)
        check("start", (uint64_t)hart_start(id, go_on, id), 0);
    go_on(0);
    return 0;
}
