/* SPDX-License-Identifier: MIT */
/*
 * Works, but never when the clock ticks: who looks only then sees it never.
 */
#include <stdbool.h>
#include "guest-os/user/programs.h"
#include "guest-os/user/user.h"
#include "guest-os/user/work.h"

#define NS_PER_MS    1000000
#define PARTS_PER_MS 64 /* of work, between two looks at the clock */

enum { WORK, RUN_NS, RUN_PCT, DODGED, MET, NUMBERS }; /* as DODGER_NUMBERS says */

struct dodger {
    uint64_t reported[NUMBERS];
    uint64_t iterations_per_ms, iterations;
    uint64_t began; /* guest time */
};

static void account(struct dodger *dodger)
{
    uint64_t *reported = dodger->reported;

    reported[WORK] = dodger->iterations / WORK_UNIT_ITERATIONS;
    reported[RUN_NS] = dodger->iterations * NS_PER_MS / dodger->iterations_per_ms;
    reported[RUN_PCT] = reported[RUN_NS] * 100 / ((now() - dodger->began) * NS_PER_TICK + 1);
    report(reported, NUMBERS);
}

static void work_until(struct dodger *dodger, uint64_t time)
{
    uint64_t part = dodger->iterations_per_ms / PARTS_PER_MS + 1;

    for (; now() < time; dodger->iterations += part)
        work_iterations(part, 0);
}

static void stay_away_until(uint64_t time, bool offers)
{
    if (!offers)
        sleep_until(time);
    while (now() < time)
        call(CALL_OFFER, 0, 0);
}

void dodger(uint64_t period, uint64_t margin, uint64_t iterations_per_ms, uint64_t offers)
{
    struct dodger self = {.iterations_per_ms = iterations_per_ms, .began = now()};

    for (;;) {
        uint64_t tick = (now() / period + 1) * period;

        work_until(&self, tick - margin);
        self.reported[now() < tick ? DODGED : MET]++;
        account(&self);
        stay_away_until(tick + margin, offers);
    }
}
