/* SPDX-License-Identifier: MIT */
/*
 * Sleeps most of the time, and minds how late it is woken.
 */
#include "guest-os/user/programs.h"
#include "guest-os/user/progress.h"

void sleeper(uint64_t ticks)
{
    struct progress progress = progress_begin();

    for (;;) {
        uint64_t until = now() + ticks;

        sleep_until(until);
        progress_gap(&progress, until);
        progress.reported[PROGRESS_WORK]++;
        report(progress.reported, 2);
    }
}
