/* SPDX-License-Identifier: MIT */
/*
 * A guest that always runs when it may, and once asks for a timer. When is it told that the time is over, and what
 * does it believe has passed?
 */
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/policy/policy.h"
#include "guest-os/user/programs.h"

#define SLICE_NS 200000 /* so who wakes does not wait for long behind the one that spins */

static uint64_t ask_ns = 100000000, after_ns = 50000000;

static void take_ask(const char *value)
{
    ask_ns = args_whole_time(value);
    if (!ask_ns)
        args_refuse("a time to ask for above 0");
}

static void take_after(const char *value)
{
    after_ns = args_whole_time(value);
}

static const struct argument arguments[] = {
    {"ask=TIME", "the time that the timer is asked for (100ms)", take_ask},
    {"after=TIME", "how long after the guest has begun to run it asks (50ms)", take_after},
    {0},
};

static void start(void)
{
    static const char *const numbers[] = ASKER_NUMBERS;
    uint64_t args[4] = {time_now() + ticks_from_ns(after_ns), ticks_from_ns(ask_ns)};
    struct task *task = task_make("asker", asker, args, ALL_CPUS, false, numbers);

    for (uint32_t i = 0; numbers[i]; i++)
        task_report_total(task, i, numbers[i]);
    task_make("spin", spin, (uint64_t[4]){0}, ALL_CPUS, false, (const char *const[])SPIN_NUMBERS);
    rr_set_slice(ticks_from_ns(SLICE_NS));
}

const struct guest guest = {
    .name = "distortion", .policy = &policy_rr, .arguments = arguments, .start = start};
