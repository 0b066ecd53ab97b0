/* SPDX-License-Identifier: MIT */
/*
 * A guest that cheats a hypervisor which samples: it works, and is away whenever the clock ticks.
 */
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/policy/policy.h"
#include "guest-os/user/programs.h"
#include "lib/string.h"

static uint64_t period_ns = 10000000, away_ns = 500000;
static bool offers;

static void take_period(const char *value)
{
    period_ns = args_whole_time(value);
    if (period_ns < 100000)
        args_refuse("ticks at least 100us apart");
}

static void take_away(const char *value)
{
    away_ns = args_whole_time(value);
}

static void take_how(const char *value)
{
    if (strcmp(value, "sleep") != 0 && strcmp(value, "yield") != 0)
        args_refuse("sleep or yield");
    offers = strcmp(value, "yield") == 0;
}

static const struct argument arguments[] = {
    {"period=TIME", "the hypervisor ticks at the multiples of this time of the guest's clock (10ms)",
     take_period},
    {"away=TIME", "how long the guest is away, half of it before the tick and half after (500us)", take_away},
    {"how=sleep", "it sleeps then; yield: it offers its CPU to others until the time is over", take_how},
    {0},
};

static void start(void)
{
    static const char *const numbers[] = DODGER_NUMBERS;
    uint64_t args[4] = {ticks_from_ns(period_ns), ticks_from_ns(away_ns / 2), args_iterations(1000000),
                        offers};
    struct task *task;

    if (away_ns >= period_ns)
        args_refuse("to be away for less than a period");
    task = task_make("dodger", dodger, args, ALL_CPUS, false, numbers);
    for (uint32_t i = 0; numbers[i]; i++)
        task_report_total(task, i, numbers[i]);
}

const struct guest guest = {.name = "dodger", .policy = &policy_rr, .arguments = arguments, .start = start};
