/* SPDX-License-Identifier: MIT */
/*
 * A client of a database, and the part of the server that works for it. A request comes in, takes the locks of two
 * rows, works, and is written to the log. Both waits have an end by the guest's clock: a lock that is not had in time,
 * and a request that is not served in time, are given up.
 *
 * A time-out is false if the work was in time: if it would not have fired, had none of the guest's CPUs been taken
 * away meanwhile. What was taken away is known from the steal-time records.
 */
#include <stdbool.h>
#include <stint/sta.h>
#include "guest-os/user/latency.h"
#include "guest-os/user/programs.h"
#include "guest-os/user/random.h"
#include "guest-os/user/user.h"
#include "guest-os/user/work.h"

#define ROWS      8
#define LOG_LINES 16
#define NAP_TICKS 500 /* between two attempts at a row */
#define CPUS_MOST 32

enum { TRANSACTIONS, TIMEOUTS, TIMEOUTS_FALSE, P50, P99, P50_HOST, P99_HOST, VIOLATIONS, NUMBERS };

struct row {
    uint32_t holder; /* the client that has it; 0: nobody */
    uint32_t writer; /* the client that changes it */
};

/* At the beginning of the shared page. */
struct database {
    struct row row[ROWS];
    uint32_t log_holder; /* guards all below */
    uint32_t logged;
    uint32_t log[LOG_LINES];   /* who committed last */
    uint64_t numbers[NUMBERS]; /* as CLIENT_NUMBERS says */
    struct latency guest, host;
};

_Static_assert(sizeof(struct database) <= 4096, "the shared page");

struct client {
    struct database *db;
    uint32_t self;
    uint64_t lock_ticks, request_ticks; /* how long it waits for a row, and for the whole */
    uint64_t random;
};

/* All times in ticks. */
struct request {
    uint64_t came, came_host; /* guest time, and host time, at which the client sent it */
    uint64_t taken;           /* of the time since then, what was stolen before it was begun with */
    uint64_t stolen;          /* what had been stolen when it was */
};

static uint64_t stolen_ticks(void)
{
    const struct sbi_sta *records = (const struct sbi_sta *)USER_STEAL;
    uint64_t ns = 0;

    for (uint32_t cpu = 0; cpu < CPUS_MOST; cpu++)
        ns += sbi_sta_steal(&records[cpu]);
    return ns / NS_PER_TICK;
}

static uint64_t host_ticks(void)
{
    return (uint64_t)call(CALL_WALL_TIME, 0, 0) / NS_PER_TICK;
}

/* ---- Numbers; with the log's lock ---- */

static void log_lock(const struct client *client)
{
    uint32_t nobody;

    for (;;) {
        nobody = 0;
        if (__atomic_compare_exchange_n(&client->db->log_holder, &nobody, client->self, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return;
        yield();
    }
}

static void log_unlock(const struct client *client)
{
    report(client->db->numbers, NUMBERS);
    __atomic_store_n(&client->db->log_holder, 0, __ATOMIC_RELEASE);
}

static void count_latency(uint64_t *reported, struct latency *latency, uint64_t ticks)
{
    latency_add(latency, ticks);
    reported[0] = latency_percentile(latency, 50) * NS_PER_TICK;
    reported[1] = latency_percentile(latency, 99) * NS_PER_TICK;
}

static void count_timeout(const struct client *client, bool in_time)
{
    log_lock(client);
    client->db->numbers[TIMEOUTS]++;
    client->db->numbers[TIMEOUTS_FALSE] += in_time;
    log_unlock(client);
}

static void commit(const struct client *client, const struct request *request)
{
    struct database *db = client->db;
    uint64_t guest, host;

    log_lock(client);
    host = host_ticks() - request->came_host;
    guest = now() - request->came;
    db->log[db->logged++ % LOG_LINES] = client->self;
    db->numbers[TRANSACTIONS]++;
    count_latency(&db->numbers[P50], &db->guest, guest);
    count_latency(&db->numbers[P50_HOST], &db->host, host);
    log_unlock(client);
}

/* ---- Locks of rows ---- */

static bool row_take(const struct client *client, struct row *row)
{
    uint64_t since = now(), stolen = stolen_ticks(), waited;
    uint32_t nobody = 0;

    while (!__atomic_compare_exchange_n(&row->holder, &nobody, client->self, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
        nobody = 0;
        waited = now() - since;
        if (waited > client->lock_ticks) {
            count_timeout(client, waited <= client->lock_ticks + (stolen_ticks() - stolen));
            return false;
        }
        sleep_until(now() + NAP_TICKS);
    }
    return true;
}

static void row_release(struct row *row)
{
    __atomic_store_n(&row->holder, 0, __ATOMIC_RELEASE);
}

/* ---- A request ---- */

/* The client thinks, and sends the next one. It lives outside and thinks by the host's clock, the guest sees its own. A
 * guest that sleeps sees the same time pass; when it wakes, the request has come by either clock. */
static struct request request_comes(struct client *client, uint64_t think)
{
    uint64_t began = now(), stolen = stolen_ticks(), late;
    struct request request;

    client->random = random_next(client->random);
    request.came = began + random_about(client->random, think);
    request.came_host = host_ticks() + (request.came - began);
    sleep_until(request.came);
    late = now() - request.came;
    if (request.came_host > host_ticks())
        request.came_host = host_ticks();
    request.stolen = stolen_ticks();
    request.taken = request.stolen - stolen < late ? request.stolen - stolen : late;
    return request;
}

static void work(const struct client *client, volatile struct row *row, uint64_t iterations)
{
    row->writer = client->self;
    work_iterations(iterations, 0);
    if (row->writer != client->self)
        client->db->numbers[VIOLATIONS]++;
}

/* The client has gone away if it had to wait for too long: nothing is committed then. */
static void finish(const struct client *client, const struct request *request)
{
    uint64_t waited = now() - request->came;
    uint64_t taken = request->taken + (stolen_ticks() - request->stolen);

    if (waited <= client->request_ticks)
        commit(client, request);
    else
        count_timeout(client, waited <= client->request_ticks + taken);
}

/* Rows are taken in their order, so that no two clients wait for each other. */
static void serve(const struct client *client, const struct request *request, uint64_t iterations)
{
    uint32_t first = (client->random >> 40) % (ROWS - 1);
    struct row *low = &client->db->row[first];
    struct row *high = low + 1 + (client->random >> 50) % (ROWS - 1 - first);

    if (!row_take(client, low))
        return;
    if (row_take(client, high)) {
        work(client, low, iterations / 2 + 1);
        work(client, high, iterations / 2 + 1);
        finish(client, request);
        row_release(high);
    }
    row_release(low);
}

void client(uint64_t think, uint64_t iterations, uint64_t limits, uint64_t who)
{
    struct client self = {
        .db = (struct database *)USER_SHARED,
        .self = CLIENT_SELF(who),
        .lock_ticks = CLIENT_LOCK(limits),
        .request_ticks = CLIENT_REQUEST(limits),
        .random = CLIENT_SELF(who),
    };

    for (uint64_t served = 1; served <= CLIENT_TIMES(who) || !CLIENT_TIMES(who); served++) {
        struct request request = request_comes(&self, think);

        serve(&self, &request, iterations);
    }
    exit(0);
}
