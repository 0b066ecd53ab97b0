/* SPDX-License-Identifier: MIT */
/*
 * What sar and top have in common: both look at the accounts every now and then, and say what is new.
 */
#ifndef USER_WATCHER_H
#define USER_WATCHER_H

#include <stdbool.h>
#include "guest-os/user/line.h"
#include "guest-os/user/user.h"

#define CPUS_MOST    32
#define TICKS_PER_MS (1000000 / NS_PER_TICK)

/* Until the next multiple of `period` ticks. False: it is time to end. */
static inline bool sleep_to_next(uint64_t period)
{
    sleep_until((now() / period + 1) * period);
    return call(CALL_NEEDED, 0, 0) == 1;
}

/*
 * What a CPU has spent since the last look, in ns; `seen` is kept from look to look and 0 at first. Who is not aware of
 * steal has it for part of what it was stolen from.
 *
 * An account may be a little less than before: of an idle CPU that was woken and waits for its turn nobody knows since
 * when it waits. It stands still then until it is more.
 */
static inline void look_at_cpu(unsigned cpu, bool aware, uint64_t seen[ACCOUNT_KINDS],
                               uint64_t spent[ACCOUNT_KINDS])
{
    struct cpu_times times;

    call(CALL_CPU_TIMES, cpu, (uint64_t)&times);
    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++) {
        uint64_t ns = times.ns[kind];

        if (!aware)
            ns = kind == ACCOUNT_STEAL ? 0 : ns + times.stolen[kind];
        if (ns < seen[kind])
            ns = seen[kind];
        spent[kind] = ns - seen[kind];
        seen[kind] = ns;
    }
}

/* Guest time, in seconds. */
static inline void line_time(struct line *line, uint64_t ticks)
{
    line_number(line, ticks / TICKS_PER_MS, 3, 0);
}

/* Writes the line to the console, and begins a new one. */
static inline void line_say(struct line *line)
{
    line_end(line);
    write(line->text, line->length);
    line->length = 0;
}

#endif
