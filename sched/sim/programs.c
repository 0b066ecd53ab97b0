/* SPDX-License-Identifier: MIT */
/*
 * What tasks do: guest-os/user/ without the instructions. Each is called when what it asked for last is done.
 */
#include "guest-os/user/latency.h"
#include "guest-os/user/random.h"
#include "sched/sim/guest.h"

static struct action work(uint64_t ns)
{
    return (struct action){ACT_WORK, ns ? ns : TICK_NS};
}

static struct action sleep_until(uint64_t when)
{
    return (struct action){ACT_SLEEP, when};
}

/* ---- spin, polite, wild ---- */

static const struct number progress_numbers[] = {{"work", TOTAL_NONE}, {"longest_gap_ns", TOTAL_NONE}, {0}};

static void progress_count(const struct task *task, uint64_t now, uint64_t numbers[GUEST_NUMBERS])
{
    (void)now;
    numbers[0] = task->ran / UNIT_NS;
    numbers[1] = task->longest_gap;
}

static struct action spin_step(struct task *task, uint64_t now)
{
    (void)task, (void)now;
    return work(NEVER);
}

static struct action polite_step(struct task *task, uint64_t now)
{
    (void)now;
    return task->stage++ % 2 ? (struct action){ACT_YIELD, 0} : work(UNIT_NS);
}

static struct action wild_step(struct task *task, uint64_t now)
{
    (void)task, (void)now;
    return (struct action){ACT_DIE, 0};
}

/* ---- sleeper: how late is it woken? ---- */

enum { SLEEPER_UNTIL, SLEEPER_WAKES, SLEEPER_LATEST };

static struct action sleeper_step(struct task *task, uint64_t now)
{
    uint64_t *value = task->value, late = now - value[SLEEPER_UNTIL];

    if (task->stage++) {
        value[SLEEPER_WAKES]++;
        if (late > value[SLEEPER_LATEST])
            value[SLEEPER_LATEST] = late;
    }
    value[SLEEPER_UNTIL] = now + task->arg[0];
    return sleep_until(value[SLEEPER_UNTIL]);
}

static void sleeper_count(const struct task *task, uint64_t now, uint64_t numbers[GUEST_NUMBERS])
{
    (void)now;
    numbers[0] = task->value[SLEEPER_WAKES];
    numbers[1] = task->value[SLEEPER_LATEST];
}

/* ---- finite: so much work, and the end ---- */

static struct action finite_step(struct task *task, uint64_t now)
{
    (void)now;
    return task->stage++ ? (struct action){ACT_EXIT, 0} : work(task->arg[0]);
}

/* ---- periodic: jobs with deadlines ---- */

enum { JOB_PERIOD, JOB_BUDGET }; /* of arg */
enum { JOB_NUMBER, JOB_MISSED, JOB_LATEST };

static const struct number periodic_numbers[] = {
    {"jobs", TOTAL_SUM}, {"missed", TOTAL_SUM}, {"late_max_ns", TOTAL_MOST}, {"work", TOTAL_NONE}, {0}};

static void job_done(struct task *task, uint64_t now)
{
    uint64_t late = now > task->deadline ? now - task->deadline : 0;

    task->value[JOB_NUMBER]++;
    task->value[JOB_MISSED] += late > 0;
    if (late > task->value[JOB_LATEST])
        task->value[JOB_LATEST] = late;
}

/* Stage 0: before the first job. 1: a job was worked at. 2: its release was waited for. */
static struct action periodic_step(struct task *task, uint64_t now)
{
    uint64_t most = task->guest->setting[SETTING_MOST];

    if (task->stage == 0)
        task->deadline = task->guest->up + task->arg[JOB_PERIOD];
    if (task->stage == 1) {
        uint64_t release = task->deadline;

        job_done(task, now);
        if (task->value[JOB_NUMBER] == most)
            return (struct action){ACT_EXIT, 0};
        task->deadline += task->arg[JOB_PERIOD];
        task->stage = 2;
        if (release > now)
            return sleep_until(release);
    }
    task->stage = 1;
    return work(task->arg[JOB_BUDGET]);
}

static void periodic_count(const struct task *task, uint64_t now, uint64_t numbers[GUEST_NUMBERS])
{
    (void)now;
    for (uint32_t i = JOB_NUMBER; i <= JOB_LATEST; i++)
        numbers[i] = task->value[i];
    numbers[3] = task->value[JOB_NUMBER] * (task->arg[JOB_BUDGET] / ITERATION_NS);
}

/* ---- server: requests at a steady pace ---- */

enum { SERVER_PERIOD, SERVER_WORK }; /* of arg */
enum { SERVER_REQUEST, SERVER_DONE };
enum { SERVED, LATE }; /* of latency */

/* What it takes to add to one of these and to look for two percentiles, bucket after bucket. */
#define ACCOUNT_NS 9000
#define BUCKET_NS  112

static const struct number server_numbers[] = {{"transactions", TOTAL_SUM}, {"p50_ns", TOTAL_SUM},
                                               {"p99_ns", TOTAL_SUM},       {"max_ns", TOTAL_SUM},
                                               {"late_p50_ns", TOTAL_SUM},  {"late_p99_ns", TOTAL_SUM},
                                               {"late_max_ns", TOTAL_SUM},  {0}};

/* Returns what that takes. */
static uint64_t account(struct latency *latency, uint64_t ns)
{
    uint32_t buckets;

    latency_add(latency, ns / TICK_NS);
    buckets = latency_bucket(latency_percentile(latency, 50)) +
              latency_bucket(latency_percentile(latency, 99));
    return round_up_to_tick(ACCOUNT_NS + BUCKET_NS * buckets);
}

/* Stage 0: it begins. 1: a request came in. 2: it was served. 3: and that was written down. */
static struct action server_step(struct task *task, uint64_t now)
{
    uint64_t *value = task->value, most = task->guest->setting[SETTING_MOST];

    if (task->stage == 1) {
        uint64_t cost = account(&task->latency[LATE], now - value[SERVER_REQUEST]);

        task->stage = 2;
        return work(cost + task->arg[SERVER_WORK]);
    }
    if (task->stage == 2) {
        value[SERVER_DONE]++;
        task->stage = 3;
        return work(account(&task->latency[SERVED], now - value[SERVER_REQUEST]));
    }
    if (task->stage == 0) {
        value[SERVER_REQUEST] = now;
        latency_begin(&task->latency[SERVED]);
        latency_begin(&task->latency[LATE]);
    } else if (value[SERVER_DONE] == most) {
        return (struct action){ACT_EXIT, 0};
    }
    task->stage = 1;
    value[SERVER_REQUEST] += task->arg[SERVER_PERIOD];
    return sleep_until(value[SERVER_REQUEST]);
}

static void latency_count(const struct latency *latency, uint64_t numbers[3])
{
    if (!latency->count)
        return;
    numbers[0] = latency_percentile(latency, 50) * TICK_NS;
    numbers[1] = latency_percentile(latency, 99) * TICK_NS;
    numbers[2] = latency->greatest * TICK_NS;
}

static void server_count(const struct task *task, uint64_t now, uint64_t numbers[GUEST_NUMBERS])
{
    (void)now;
    numbers[0] = task->value[SERVER_DONE];
    latency_count(&task->latency[SERVED], numbers + 1);
    latency_count(&task->latency[LATE], numbers + 4);
}

/* ---- locker: several want one lock ---- */

enum { LOCKER_INSIDE, LOCKER_OUTSIDE }; /* of arg */
enum { LOCKER_ACQUIRES, LOCKER_SPINS, LOCKER_SPIN_NS, LOCKER_SINCE, LOCKER_RAN, LOCKER_RANDOM };
#define ROUND_NS 1200 /* of a round, but for its work */
#define SPIN_NS  80   /* a turn of lock_wait (guest-os/user/lock.h): five instructions */

static const struct number locker_numbers[] = {
    {"acquires", TOTAL_SUM}, {"spins", TOTAL_SUM}, {"spin_ns", TOTAL_SUM}, {"violations", TOTAL_SUM}, {0}};

static void acquired_at_last(struct task *task, uint64_t now)
{
    uint64_t *value = task->value;

    value[LOCKER_SPINS] += 1 + (task->ran - value[LOCKER_RAN]) / SPIN_NS;
    value[LOCKER_SPIN_NS] += now - value[LOCKER_SINCE];
}

static struct action acquire(struct task *task, uint64_t now)
{
    uint64_t *value = task->value;

    if (task->guest->lock) {
        if (!task->spins) {
            value[LOCKER_SINCE] = now;
            value[LOCKER_RAN] = task->ran;
        }
        return (struct action){ACT_SPIN, 0};
    }
    if (task->spins)
        acquired_at_last(task, now);
    task->guest->lock = task;
    value[LOCKER_ACQUIRES]++;
    task->stage = 1;
    return work(task->arg[LOCKER_INSIDE]);
}

/* Stage 0: it wants the lock. 1: it has worked inside. */
static struct action locker_step(struct task *task, uint64_t now)
{
    struct guest *guest = task->guest;
    uint64_t *value = task->value;

    if (task->stage == 0)
        return value[LOCKER_ACQUIRES] && value[LOCKER_ACQUIRES] == guest->setting[SETTING_MOST]
                   ? (struct action){ACT_EXIT, 0}
                   : acquire(task, now);
    task->stage = 0;
    guest->lock = NULL;
    guest->owner->lock_is_free(guest);
    if (value[LOCKER_ACQUIRES] == 1)
        value[LOCKER_RANDOM] = task->cpu + 1;
    value[LOCKER_RANDOM] = random_next(value[LOCKER_RANDOM]);
    return work(ROUND_NS + random_about(value[LOCKER_RANDOM], task->arg[LOCKER_OUTSIDE]));
}

static void locker_count(const struct task *task, uint64_t now, uint64_t numbers[GUEST_NUMBERS])
{
    (void)now;
    for (uint32_t i = LOCKER_ACQUIRES; i <= LOCKER_SPIN_NS; i++)
        numbers[i] = task->value[i];
}

/* ---- dodger: never there when the hypervisor looks ---- */

enum { DODGER_PERIOD, DODGER_MARGIN, DODGER_PART }; /* of arg */
enum { DODGER_TICK, DODGER_DODGED, DODGER_MET, DODGER_OFFERED };
#define OFFER_NS 13000 /* what it takes to offer a VCPU that nobody else wants */

static const struct number dodger_numbers[] = {{"work", TOTAL_SUM},    {"run_ns", TOTAL_SUM},
                                               {"run_pct", TOTAL_SUM}, {"dodged", TOTAL_SUM},
                                               {"met", TOTAL_SUM},     {0}};

/* It sleeps until that time, or offers its VCPU again and again. Stage 2: it is about to do so. 3: it has. */
static struct action stay_away(struct task *task, uint64_t now, uint64_t until)
{
    if (!task->guest->setting[SETTING_OFFERS] || now >= until) {
        task->stage = 0;
        return sleep_until(until);
    }
    if (task->stage == 2) {
        task->stage = 3;
        return (struct action){ACT_OFFER, 0};
    }
    task->stage = 2;
    task->value[DODGER_OFFERED] += OFFER_NS;
    return work(OFFER_NS);
}

/* Stage 0: it begins, or was away. 1: it works. */
static struct action dodger_step(struct task *task, uint64_t now)
{
    uint64_t *value = task->value, period = task->arg[DODGER_PERIOD], margin = task->arg[DODGER_MARGIN];
    uint64_t started = task->guest->started, clock = now - started;

    if (task->stage == 0)
        value[DODGER_TICK] = (clock / period + 1) * period;
    if (task->stage < 2) {
        task->stage = 1;
        if (clock + margin < value[DODGER_TICK])
            return work(task->arg[DODGER_PART]);
        value[clock < value[DODGER_TICK] ? DODGER_DODGED : DODGER_MET]++;
    }
    return stay_away(task, now, started + value[DODGER_TICK] + margin);
}

static void dodger_count(const struct task *task, uint64_t now, uint64_t numbers[GUEST_NUMBERS])
{
    uint64_t worked = task->ran - task->value[DODGER_OFFERED];

    numbers[0] = worked / UNIT_NS;
    numbers[1] = worked;
    numbers[2] = worked * 100 / (now - task->guest->started + 1);
    numbers[3] = task->value[DODGER_DODGED];
    numbers[4] = task->value[DODGER_MET];
}

static const struct number no_numbers[] = {{0}};

const struct program program_spin = {"spin", progress_numbers, spin_step, progress_count};
const struct program program_polite = {"polite", progress_numbers, polite_step, progress_count};
const struct program program_wild = {"wild", no_numbers, wild_step, NULL};
const struct program program_sleeper = {"sleep", progress_numbers, sleeper_step, sleeper_count};
const struct program program_finite = {"work", progress_numbers, finite_step, progress_count};
const struct program program_periodic = {"task", periodic_numbers, periodic_step, periodic_count};
const struct program program_server = {"server", server_numbers, server_step, server_count};
const struct program program_locker = {"locker", locker_numbers, locker_step, locker_count};
const struct program program_dodger = {"dodger", dodger_numbers, dodger_step, dodger_count};
