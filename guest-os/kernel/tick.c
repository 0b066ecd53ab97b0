/* SPDX-License-Identifier: MIT */
/*
 * Counting periods. `lost_ns` is what has passed by the guest's own clock, in whole periods, and was not counted.
 */
#include "guest-os/kernel/tick.h"
#include "guest-os/kernel/area.h"
#include "guest-os/kernel/timer.h"

#define PERIOD (TICK_NS / NS_PER_TICK)

static const struct cpu *counting; /* NULL: none does */
static uint64_t began, next;       /* guest time */
static bool replays;
static uint64_t *ticks, *lost_ns;

void tick_start(bool replay)
{
    counting = this_cpu();
    replays = replay;
    began = time_now();
    next = began + PERIOD;
    ticks = report_number("ticks");
    lost_ns = report_number("lost_ns");
}

uint64_t tick_next(const struct cpu *cpu)
{
    return cpu == counting ? next : NEVER;
}

void tick_look(const struct cpu *cpu, uint64_t now)
{
    uint64_t periods;

    if (now < tick_next(cpu))
        return;
    periods = (now - began) / PERIOD;
    *ticks += 1;
    *lost_ns = (periods - *ticks) * TICK_NS;
    next = replays ? next + PERIOD : began + (periods + 1) * PERIOD;
}
