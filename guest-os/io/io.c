/* SPDX-License-Identifier: MIT */
/*
 * A guest that mostly waits: a request comes in every now and then, and is a little work. It wants not much
 * of a CPU, but wants it soon.
 */
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/policy/policy.h"
#include "guest-os/user/programs.h"

static uint64_t period_ns = 10000000, work_ns = 100000, transactions;

static void take_period(const char *value)
{
    period_ns = args_whole_time(value);
    if (!period_ns)
        args_refuse("a time between requests above 0");
}

static void take_work(const char *value)
{
    work_ns = args_whole_time(value);
    if (work_ns < 1000)
        args_refuse("work of at least 1us a request");
}

static void take_transactions(const char *value)
{
    transactions = args_whole_number(value);
    if (!transactions)
        args_refuse("a number of requests above 0");
}

static const struct argument arguments[] = {
    {"period=TIME", "a request comes in so often (10ms)", take_period},
    {"work=TIME", "how much work it is (100us)", take_work},
    {"transactions=N", "the guest ends after so many requests (never)", take_transactions},
    {0},
};

/* There is one server, so its numbers are the guest's. */
static void start(void)
{
    static const char *const numbers[] = SERVER_NUMBERS;
    uint64_t args[4] = {ticks_from_ns(period_ns), args_iterations(work_ns), transactions};
    struct task *task = task_make("server", server, args, ALL_CPUS, false, numbers);

    for (uint32_t i = 0; numbers[i]; i++)
        task_report_total(task, i, numbers[i]);
}

const struct guest guest = {.name = "io", .policy = &policy_rr, .arguments = arguments, .start = start};
