/* SPDX-License-Identifier: MIT */
/*
 * Arguments that make the tasks that watch.
 */
#include "guest-os/kernel/watch.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/user/programs.h"

#define PERIOD_LEAST 10000000 /* ns; below it they would see little but themselves */

static void watch(const char *kind, program entry, const char *period, bool aware)
{
    uint64_t ns = args_whole_time(period);

    if (ns < PERIOD_LEAST)
        args_refuse("a period of at least 10ms, such as 1s");
    task_make_helper(kind, entry, (uint64_t[4]){ticks_from_ns(ns), guest_cpus(), aware}, ALL_CPUS);
}

static void take_sar(const char *period)
{
    watch("sar", sar, period, true);
}

static void take_top(const char *period)
{
    watch("top", top, period, false);
}

static void take_top_aware(const char *period)
{
    watch("top-aware", top, period, true);
}

const struct argument watch_arguments[] = {
    {"sar:PERIOD", "says every PERIOD where the CPUs' time went: %user %system %steal %idle", take_sar},
    {"top:PERIOD", "says every PERIOD what each task used, as one that knows of no steal", take_top},
    {"top-aware:PERIOD", "the same without what was stolen", take_top_aware},
    {0},
};
