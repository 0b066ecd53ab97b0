/* SPDX-License-Identifier: MIT */
/*
 * A real-time system: periodic tasks, earliest deadline first.
 */
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/policy/policy.h"
#include "guest-os/user/programs.h"

static uint64_t jobs_most; /* a task; 0: no end */
static uint64_t release;   /* guest time of the first job of every task; 0: not known yet */

static void take_jobs(const char *value)
{
    jobs_most = args_whole_number(value);
    if (!jobs_most)
        args_refuse("a number of jobs above 0");
}

static void take_task(const char *value)
{
    const char *end;
    uint64_t period = args_time(value, &end);
    uint64_t budget;
    struct task *task;

    if (*end != ':')
        args_refuse("task:PERIOD:BUDGET, such as task:20ms:5ms");
    budget = args_whole_time(end + 1);
    if (!args_iterations(budget) || budget > period)
        args_refuse("a budget of at least 1us and at most its period");
    if (!release)
        release = time_now();
    task = task_make("task", periodic, (uint64_t[4]){args_iterations(budget)}, ALL_CPUS, false,
                     (const char *const[])PERIODIC_NUMBERS);
    job_begin(task, ticks_from_ns(period), jobs_most, release);
}

static const struct argument arguments[] = {
    {"task:PERIOD:BUDGET", "a task with a job every PERIOD that needs BUDGET of work: task:20ms:5ms",
     take_task},
    {"jobs=N", "every task ends after so many jobs (never)", take_jobs},
    {0},
};

const struct guest guest = {.name = "realtime", .policy = &policy_edf, .arguments = arguments};
