/* SPDX-License-Identifier: MIT */
/*
 * Requests come in at a steady pace, each is a little work; whether the server keeps up or not, time counts
 * from when the request came.
 */
#include "guest-os/user/latency.h"
#include "guest-os/user/programs.h"
#include "guest-os/user/user.h"
#include "guest-os/user/work.h"

enum { TRANSACTIONS, SERVED, LATE = SERVED + 3, CHECKSUM = LATE + 3, NUMBERS }; /* as SERVER_NUMBERS says */

/* One more took so long: the median, the 99th percentile and the greatest so far go to `reported`, in ns. */
static void account(uint64_t *reported, struct latency *latency, uint64_t ticks)
{
    latency_add(latency, ticks);
    reported[0] = latency_percentile(latency, 50) * NS_PER_TICK;
    reported[1] = latency_percentile(latency, 99) * NS_PER_TICK;
    reported[2] = latency->greatest * NS_PER_TICK;
}

void server(uint64_t period, uint64_t iterations, uint64_t transactions)
{
    struct latency served, late;
    uint64_t reported[NUMBERS] = {0};
    uint64_t request = now();

    latency_begin(&served);
    latency_begin(&late);
    do {
        request += period;
        sleep_until(request);
        account(reported + LATE, &late, now() - request);
        reported[CHECKSUM] = work_iterations(iterations, reported[CHECKSUM]);
        account(reported + SERVED, &served, now() - request);
        reported[TRANSACTIONS]++;
        report(reported, NUMBERS);
    } while (reported[TRANSACTIONS] != transactions);
    exit(0);
}
