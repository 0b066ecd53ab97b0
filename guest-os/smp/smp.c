/* SPDX-License-Identifier: MIT */
/*
 * One lock, and on every CPU a task that wants it.
 */
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/task.h"
#include "guest-os/policy/policy.h"
#include "guest-os/user/programs.h"
#include "lib/bitops.h"

static uint64_t inside_ns = 20000, outside_ns = 80000, rounds;

static void take_inside(const char *value)
{
    inside_ns = args_whole_time(value);
}

static void take_outside(const char *value)
{
    outside_ns = args_whole_time(value);
}

static void take_rounds(const char *value)
{
    rounds = args_whole_number(value);
    if (!rounds)
        args_refuse("a number of rounds above 0");
}

static const struct argument arguments[] = {
    {"inside=TIME", "how much work each does with the lock (20us)", take_inside},
    {"outside=TIME", "how much work each does between, on average (80us)", take_outside},
    {"rounds=N", "each takes the lock so often and ends (never)", take_rounds},
    {0},
};

static void start(void)
{
    static const char *const numbers[] = LOCKER_NUMBERS;
    unsigned cpu;

    for_each_bit (cpu, guest_cpus()) {
        uint64_t args[4] = {args_iterations(inside_ns), args_iterations(outside_ns), rounds, cpu + 1};
        struct task *task = task_make("locker", locker, args, BIT(cpu), true, numbers);

        for (uint32_t i = 0; numbers[i]; i++)
            task_report_total(task, i, numbers[i]);
    }
}

const struct guest guest = {.name = "smp", .policy = &policy_rr, .arguments = arguments, .start = start};
