/* SPDX-License-Identifier: MIT */
/*
 * Requests come in at a steady pace, each is a little work; whether the server keeps up or not, time counts
 * from when the request came.
 */
#include "guest-os/user/latency.h"
#include "guest-os/user/programs.h"
#include "guest-os/user/user.h"
#include "guest-os/user/work.h"

enum { TRANSACTIONS, P50_NS, P99_NS, MAX_NS, CHECKSUM, NUMBERS }; /* as SERVER_NUMBERS says */

static void account(uint64_t *reported, struct latency *latency, uint64_t ticks)
{
    latency_add(latency, ticks);
    reported[TRANSACTIONS]++;
    reported[P50_NS] = latency_percentile(latency, 50) * NS_PER_TICK;
    reported[P99_NS] = latency_percentile(latency, 99) * NS_PER_TICK;
    reported[MAX_NS] = latency->greatest * NS_PER_TICK;
    report(reported, NUMBERS);
}

void server(uint64_t period, uint64_t iterations, uint64_t transactions)
{
    struct latency latency;
    uint64_t reported[NUMBERS] = {0};
    uint64_t request = now();

    latency_begin(&latency);
    do {
        request += period;
        sleep_until(request);
        reported[CHECKSUM] = work_iterations(iterations, reported[CHECKSUM]);
        account(reported, &latency, now() - request);
    } while (reported[TRANSACTIONS] != transactions);
    exit(0);
}
