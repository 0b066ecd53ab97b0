/* SPDX-License-Identifier: MIT */
/*
 * A database: clients that send requests, a table of locks and a log, and time-outs by the guest's own clock.
 */
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/policy/policy.h"
#include "guest-os/user/programs.h"
#include "lib/bitops.h"

#define TIMEOUT_MOST 100000000000 /* ns */

static uint64_t clients = 4, transactions;
static uint64_t think_ns = 10000000, work_ns = 500000, lock_ns = 20000000, request_ns = 50000000;

static void take_clients(const char *value)
{
    clients = args_whole_number(value);
    if (!clients || clients > TASKS)
        args_refuse("a number of clients from 1 to 32");
}

static void take_think(const char *value)
{
    think_ns = args_whole_time(value);
    if (!think_ns)
        args_refuse("a time to think above 0");
}

static void take_work(const char *value)
{
    work_ns = args_whole_time(value);
    if (work_ns < 1000)
        args_refuse("work of at least 1us a request");
}

static uint64_t timeout(const char *value)
{
    uint64_t ns = args_whole_time(value);

    if (!ns || ns > TIMEOUT_MOST)
        args_refuse("a time above 0, and of at most 100s");
    return ns;
}

static void take_lock(const char *value)
{
    lock_ns = timeout(value);
}

static void take_request(const char *value)
{
    request_ns = timeout(value);
}

static void take_transactions(const char *value)
{
    transactions = args_whole_number(value);
    if (!transactions || transactions > UINT32_MAX)
        args_refuse("a number of requests from 1 to 4294967295");
}

static const struct argument arguments[] = {
    {"clients=N", "so many send requests, one after the other (4)", take_clients},
    {"think=TIME", "from a reply to the client's next request, on average (10ms)", take_think},
    {"work=TIME", "how much work a request is (500us)", take_work},
    {"lock=TIME", "a row's lock that is not had in this time is given up (20ms)", take_lock},
    {"request=TIME", "a request that is not served in this time is given up (50ms)", take_request},
    {"transactions=N", "each client ends after so many requests (never)", take_transactions},
    {0},
};

/* The CPU of the next client: each in turn. A client stays there. */
static uint64_t next_cpu(uint64_t *left)
{
    uint64_t cpu;

    if (!*left)
        *left = guest_cpus();
    cpu = *left & -*left;
    *left &= ~cpu;
    return cpu;
}

static void start(void)
{
    static const char *const none[] = {0};
    static const char *const numbers[] = CLIENT_NUMBERS;
    uint64_t left = 0;

    for (uint32_t i = 0; i < clients; i++) {
        uint64_t args[4] = {ticks_from_ns(think_ns), args_iterations(work_ns),
                            CLIENT_LIMITS(ticks_from_ns(lock_ns), ticks_from_ns(request_ns)),
                            CLIENT_WHO(i + 1, transactions)};
        struct task *task = task_make("client", client, args, next_cpu(&left), true, none);

        task_report_for_guest(task, numbers);
    }
}

const struct guest guest = {.name = "database", .policy = &policy_rr, .arguments = arguments, .start = start};
