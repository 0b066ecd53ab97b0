/* SPDX-License-Identifier: MIT */
/*
 * What EEVDF, sched/fair.c, promises: the sum of all lags is 0, nobody's exceeds the greatest request, shares are as
 * the weights, and sleeping gains nothing.
 */
#include "tests/unit/fair_help.h"

static int64_t worst; /* |lag| that was seen, 2^-16 ns */

/* The sum of all lags in a queue is the REST, so 0 up to less than the sum of the weights in units of 2^-16 ns. */
static void check_sums(void)
{
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++) {
        struct sched_rq *rq = &queues[pcpu];
        int64_t lags = 0, weights = 0;

        for (uint32_t i = 0; i < count; i++) {
            if (vcpus[i].pcpu != pcpu || !COUNTED(&vcpus[i]))
                continue;
            assert_true(vcpus[i].state == SCHED_QUEUED || vcpus[i].state == SCHED_RUNNING);
            lags += lag_of(rq, &vcpus[i]);
            weights += (int64_t)COUNTED(&vcpus[i]);
        }
        assert_true(weights == (int64_t)WEIGHTS(rq));
        assert_true(lags == -REST(rq));
        assert_true(REST(rq) >= 0 && (REST(rq) < weights || weights == 0));
    }
}

static void note_worst(void)
{
    check_sums();
    for (uint32_t i = 0; i < count; i++) {
        int64_t lag = COUNTED(&vcpus[i]) ? lag_of(&queues[vcpus[i].pcpu], &vcpus[i]) : 0;

        worst = lag > worst ? lag : -lag > worst ? -lag : worst;
    }
}

struct mix {
    const char *what;
    uint64_t weights[8], requests[8]; /* up to the first weight of 0 */
};

static double lag_of_mix(const struct mix *mix)
{
    uint64_t longest = 0, total = 0;

    begin_run(&sched_fair, 1);
    on_step = note_worst;
    worst = 0;
    for (uint32_t i = 0; i < COUNT_OF(mix->weights) && mix->weights[i]; i++) {
        weighing(mix->weights[i], mix->requests[i]);
        longest = mix->requests[i] > longest ? mix->requests[i] : longest;
        total += mix->weights[i];
    }
    wake_all();
    run_until(10000 * MS);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t fair = 10000 * MS * mix->weights[i] / total;

        assert_in_range(lives[i].ran, fair - longest, fair + longest);
    }
    assert_true(worst < (int64_t)(longest << 16));
    return (double)worst / (double)(longest << 16);
}

/* -r_max < lag < max(r_max, quantum), and everybody's share is his weight's within that. */
static void test_lag_is_bounded(void **state)
{
    static const struct mix mixes[] = {
        {"three alike", {256, 256, 256}, {REQUEST, REQUEST, REQUEST}},
        {"1:2:4", {256, 512, 1024}, {REQUEST, REQUEST, REQUEST}},
        {"seven alike and a heavy one",
         {256, 256, 256, 256, 256, 256, 256, 2048},
         {REQUEST, REQUEST, REQUEST, REQUEST, REQUEST, REQUEST, REQUEST, REQUEST}},
        {"requests of 1, 3, 10 and 30 ms", {256, 256, 512, 100}, {1 * MS, 3 * MS, 10 * MS, 30 * MS}},
    };

    (void)state;
    for (uint32_t i = 0; i < COUNT_OF(mixes); i++)
        print_message("%s: worst lag %.3f of a quantum\n", mixes[i].what, lag_of_mix(&mixes[i]));
}

static void test_shares_of_weights(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    overhead = 2000;
    weighing(256, REQUEST);
    weighing(512, REQUEST);
    weighing(1024, REQUEST);
    wake_all();
    run_until(7000 * MS);
    print_message("of 7 s: %.3f, %.3f, %.3f\n", (double)lives[0].ran / 1e9, (double)lives[1].ran / 1e9,
                  (double)lives[2].ran / 1e9);
    assert_in_range(lives[1].ran, 2 * lives[0].ran - 2 * REQUEST, 2 * lives[0].ran + 2 * REQUEST);
    assert_in_range(lives[2].ran, 4 * lives[0].ran - 4 * REQUEST, 4 * lives[0].ran + 4 * REQUEST);
}

static uint64_t short_of_a_request(uint32_t i)
{
    return i == 0 ? REQUEST - 100000 : NEVER / 2;
}

static uint64_t a_moment(uint32_t i)
{
    (void)i;
    return TICK;
}

/* Whoever forgot lags when somebody sleeps would let him begin anew with every moment of sleep. */
static void test_sleeping_gains_nothing(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    burst_of = short_of_a_request;
    sleep_of = a_moment;
    weighing(256, REQUEST);
    weighing(256, REQUEST);
    wake_all();
    run_until(10000 * MS);
    print_message("a VCPU that sleeps for moments: %.2f %%\n", (double)lives[0].ran / 1e8);
    assert_true(lives[0].ran < 5000 * MS + REQUEST);
}

static uint64_t random_burst(uint32_t i)
{
    return i % 3 == 0 ? NEVER / 2 : TICK * (1 + random_below(10 * MS / TICK));
}

static uint64_t random_sleep(uint32_t i)
{
    (void)i;
    return TICK * (1 + random_below(random_below(2) ? 2 * MS / TICK : 50 * MS / TICK));
}

/* Sleepers, weights, requests, affinities, several pCPUs, all at random: the sums hold at every step, and nobody
 * waits in vain. Returns the worst lag, as a part of the longest request. */
static double check_random(void)
{
    uint32_t pcpus = 1 + (uint32_t)random_below(4);
    uint64_t longest = 0;

    begin_run(&sched_fair, pcpus);
    burst_of = random_burst;
    sleep_of = random_sleep;
    on_step = note_worst;
    worst = 0;
    for (uint32_t i = 0; i < 10; i++) {
        uint64_t some = random_below(2) ? test_random(&seed) & bit_mask(pcpus) : 0;

        new_vm();
        give(i, weight, 1 + random_below(random_below(3) ? 1024 : 65535));
        give(i, request, TICK * (1000 + random_below(random_below(3) ? 50000 : 999000)));
        assert_true(new_vcpu(i, some ? some : bit_mask(pcpus)));
        lives[i].wakes = random_below(100 * MS);
        longest = request_of(&vcpus[i]) > longest ? request_of(&vcpus[i]) : longest;
    }
    run_until(1000 * MS);
    assert_nobody_waits_in_vain(count);
    return (double)worst / (double)(longest << 16);
}

static void test_random_workloads(void **state)
{
    double largest, worst_of_all = 0;

    (void)state;
    for (uint64_t round = 1; round <= 200; round++) {
        seed = round * 0x9e3779b97f4a7c15;
        largest = check_random();
        worst_of_all = largest > worst_of_all ? largest : worst_of_all;
    }
    print_message("worst lag where VCPUs sleep and move: %.3f of the longest request\n", worst_of_all);
    assert_true(worst_of_all < 2);
}

/* Virtual times that wrap around, the lightest beside the heaviest, and days without a call. */
static void test_extremes(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    V(&queues[0]) = UINT64_MAX - 1000 * MS;
    on_step = check_sums;
    weighing(1, REQUEST_MAX);
    weighing(65535, 100000);
    weighing(65535, REQUEST_MAX);
    wake_all();
    run_until(30000 * MS);
    assert_in_range(lives[1].ran, 14890 * MS, 15110 * MS);
    assert_true(lives[0].ran <= 2 * REQUEST_MAX);

    begin_run(&sched_fair, 1);
    on_step = check_sums;
    weighing(1, REQUEST);
    weighing(1, REQUEST);
    wake_up(0);
    run_until(30 * 86400 * (1000 * MS));
    wake_up(1);
    lives[0].ran = 0;
    run_until(now + 1000 * MS);
    assert_in_range(lives[1].ran, 500 * MS - REQUEST, 500 * MS + REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lag_is_bounded),
        cmocka_unit_test(test_shares_of_weights),
        cmocka_unit_test(test_sleeping_gains_nothing),
        cmocka_unit_test(test_random_workloads),
        cmocka_unit_test(test_extremes),
    };

    return cmocka_run_group_tests_name("fair_promises", tests, NULL, NULL);
}
