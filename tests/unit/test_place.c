/* SPDX-License-Identifier: MIT */
/* sched/place.c: where a new VCPU goes, and what VCPUs need. */
#include "tests/unit/place_help.h"

/* ---- count ---- */

static void test_count_takes_the_fewest_then_the_highest(void **state)
{
    static const uint32_t expected[] = {3, 2, 1, 0, 3, 2};

    (void)state;
    begin_on(4, 1, 1, PLACE_COUNT);
    assert_order(expected, 6);
    sched_remove(&sched, &vcpus[3]);
    assert_int_equal(one_more(all(), 0), 0);
    assert_consistent(live);
}

static void test_count_takes_second_threads(void **state)
{
    static const uint32_t expected[] = {7, 5, 3, 1, 7, 5, 3, 1, 7};

    (void)state;
    begin_on(1, 4, 2, PLACE_COUNT);
    assert_order(expected, 9);
    begin_on(2, 2, 2, PLACE_COUNT);
    assert_order(expected, 9);
}

/* Of four threads a core has, the second stands for all. */
static void test_count_takes_one_thread_a_core(void **state)
{
    static const uint32_t expected[] = {5, 1, 5, 1};

    (void)state;
    begin_on(1, 2, 4, PLACE_COUNT);
    assert_order(expected, 4);
}

static void test_count_takes_other_threads_where_it_must(void **state)
{
    static const uint32_t siblings[] = {7, 5, 3, 1, 6, 4, 2, 0, 7};

    (void)state;
    begin_on(1, 4, 2, PLACE_COUNT);
    assert_int_equal(one_more(0x55, 0), 6);
    assert_int_equal(one_more(0x15, 0), 4);
    begin_on(1, 4, 2, PLACE_COUNT);
    new_vm(9, all(), 0);
    assert_last_are_at(siblings, 9);
}

/* The paper's set-up: a VM with a VCPU pinned to each pCPU, then VMs of one VCPU, one by one. What it expects is what
 * a machine does that does not tell of threads; the loads play no part. */
static void check_paper(uint32_t cores, uint32_t threads, bool unequal, const uint32_t *expected)
{
    struct sched_vm *first = &vms[0];

    begin_on(1, cores, threads, PLACE_COUNT);
    sched_vm_init(first, 0);
    for (uint32_t i = 0; i < 8; i++) {
        first->values[0][SCHED_PARAM_UTIL] = unequal ? 10 * i : 50;
        assert_true(add_life(first, BIT(i), spinner(NEVER)));
    }
    assert_order(expected, 8);
}

static void test_count_in_the_paper_is_blind_to_load(void **state)
{
    static const uint32_t paper[] = {7, 6, 5, 4, 3, 2, 1, 0}, source[] = {7, 5, 3, 1, 7, 5, 3, 1};

    (void)state;
    check_paper(8, 1, false, paper);
    check_paper(8, 1, true, paper);
    check_paper(4, 2, false, source);
    check_paper(4, 2, true, source);
}

static void test_all_keep_to_affinity(void **state)
{
    (void)state;
    for (enum place_policy policy = PLACE_COUNT; policy <= PLACE_BALANCE; policy++) {
        begin_on(2, 2, 1, policy);
        for (uint32_t i = 0; i < 3; i++)
            assert_int_equal(one_more(0x4, 10), 2);
        assert_int_equal(one_more(0xc, 10), 3);
        assert_int_equal(one_more(0xc, 10), 3);
    }
}

/* ---- util ---- */

/* The paper's Fig. 5: pCPU 3 has the fewest VCPUs, but 90 %, and 15 % more would be too much. */
static void test_util_takes_the_least_sum(void **state)
{
    (void)state;
    for (enum place_policy policy = PLACE_COUNT; policy <= PLACE_UTIL; policy++) {
        begin_on(1, 4, 1, policy);
        one_more(BIT(3), 90);
        for (uint32_t pcpu = 0; pcpu < 3; pcpu++)
            for (uint32_t i = 0; i < 2; i++)
                one_more(BIT(pcpu), pcpu == 2 ? 10 : 30);
        assert_int_equal(one_more(all(), 15), policy == PLACE_UTIL ? 2 : 3);
    }
    assert_true(queues[2].load == 350000 && queues[3].load == 900000);
}

static void test_util_counts_where_loads_are_equal(void **state)
{
    static const uint32_t expected[] = {3, 2, 1, 0, 3};

    (void)state;
    begin_on(1, 4, 1, PLACE_UTIL);
    assert_order(expected, 5);
}

/* The scheduler's demand, where it has one, is all that counts. */
static uint64_t demand_of(const uint64_t *param)
{
    return param[SCHED_PARAM_UTIL] == 1 ? 0 : param[SCHED_PARAM_UTIL] * 5000;
}

static void test_load_is_demand_or_declared_or_measured(void **state)
{
    struct sched_ops demanding = sched_rr;

    (void)state;
    begin_on(1, 1, 1, PLACE_UTIL);
    new_vm(1, all(), 20);
    vcpus[0].measured = 300000;
    assert_true(place_load(&sched, &vcpus[0]) == 200000);
    vms[0].values[0][SCHED_PARAM_UTIL] = 0;
    assert_true(place_load(&sched, &vcpus[0]) == 300000);
    demanding.demand = demand_of;
    sched.ops = &demanding;
    vms[0].values[0][SCHED_PARAM_UTIL] = 40;
    assert_true(place_load(&sched, &vcpus[0]) == 200000);
    vms[0].values[0][SCHED_PARAM_UTIL] = 1;
    assert_true(place_load(&sched, &vcpus[0]) == 0);
}

/* ---- Measuring ---- */

static void measure_after(uint64_t passed, uint64_t ran)
{
    now += passed;
    vcpus[0].ran += ran;
    place_measure(&sched, &vcpus[0], now);
}

static void test_measures_the_mean_of_a_second(void **state)
{
    (void)state;
    begin_on(1, 1, 1, PLACE_UTIL);
    new_vm(1, all(), 0);
    measure_after(100 * MS, 0);
    assert_true(vcpus[0].measured == 0);
    measure_after(100 * MS, 50 * MS); /* the first time in full */
    assert_true(vcpus[0].measured == 500000);
    measure_after(100 * MS, 100 * MS); /* then a tenth of a second is a tenth of it */
    assert_true(vcpus[0].measured == 550000);
    measure_after(900 * MS, 0);
    assert_true(vcpus[0].measured == 275000);
    assert_true(queues[0].load == 275000 && vcpus[0].load == 275000);
    measure_after(UINT64_C(1000000000) * MS, 0);
    assert_true(vcpus[0].measured == 0 && queues[0].load == 0);
}

static void test_declared_load_is_not_measured(void **state)
{
    (void)state;
    begin_on(1, 1, 1, PLACE_UTIL);
    new_vm(1, all(), 30);
    measure_after(100 * MS, 100 * MS);
    assert_true(queues[0].load == 300000);
}

/* A VM that spins, alone on its pCPU, is known to do so; one that runs a fifth of the time, too. */
static void test_util_follows_what_runs(void **state)
{
    (void)state;
    begin_on(1, 3, 1, PLACE_UTIL);
    new_vm(1, BIT(2), 0);
    new_vm(1, BIT(1), 0);
    new_vm(1, BIT(0), 0);
    lives[0] = spinner(0);
    lives[1] = (struct life){.run = 2 * MS, .sleep = 8 * MS};
    lives[2] = (struct life){.run = 5 * MS, .sleep = 5 * MS};
    run_until(4000 * MS);
    assert_true(queues[2].load == 1000000 && slice_end[2] == now + 100 * MS);
    assert_true(queues[1].load >= 198000 && queues[1].load <= 202000);
    assert_true(queues[0].load >= 495000 && queues[0].load <= 505000);
    assert_int_equal(one_more(all(), 40), 1);
    assert_int_equal(one_more(all(), 20), 0);
}

/* ---- idle ---- */

static void test_idle_spreads_over_cores_first(void **state)
{
    static const uint32_t expected[] = {7, 5, 3, 1, 6, 4, 2, 0, 7};

    (void)state;
    begin_on(1, 4, 2, PLACE_IDLE);
    assert_order(expected, 9);
    begin_on(1, 4, 2, PLACE_IDLE);
    new_vm(9, all(), 0);
    assert_last_are_at(expected, 9);
}

/* pCPUs that idle are as good as empty ones, and better than busy ones with fewer VCPUs. */
static void test_idle_prefers_idle_cores(void **state)
{
    (void)state;
    begin_on(1, 4, 2, PLACE_IDLE);
    for (uint32_t pcpu = 0; pcpu < 8; pcpu++)
        one_more(BIT(pcpu), 0);
    one_more(BIT(4), 0);
    one_more(BIT(5), 0);
    assert_int_equal(one_more(all(), 0), 7);
    sched.idle.word[0] = 0xb2; /* 1; both threads of core 2; and 7, with two VCPUs by now */
    assert_int_equal(one_more(all(), 0), 5);
    sched.idle.word[0] = 0x82;
    assert_int_equal(one_more(all(), 0), 1);
}

static void test_idle_starts_in_the_idlest_socket(void **state)
{
    (void)state;
    begin_on(2, 4, 1, PLACE_IDLE);
    sched.idle = (struct pcpu_set){{0}};
    one_more(BIT(7), 0);
    assert_int_equal(one_more(all(), 0), 3);
    assert_int_equal(one_more(all(), 0), 6);
}

/* Siblings stay in a socket until another one has more than twice as many free. */
static void test_idle_crosses_a_socket_only_if_clearly_better(void **state)
{
    static const uint32_t of_a_pair[] = {7, 6, 5, 3, 2, 4}, stays[] = {7, 6, 5, 4, 1, 0};

    (void)state;
    begin_on(2, 4, 1, PLACE_IDLE);
    new_vm(6, all(), 0);
    assert_last_are_at(of_a_pair, 6);
    begin_on(2, 4, 1, PLACE_IDLE);
    sched.idle.word[0] = all(); /* until those who were placed run */
    new_vm(6, all(), 0);
    assert_last_are_at(of_a_pair, 6);
    begin_on(2, 4, 1, PLACE_IDLE);
    one_more(BIT(3), 0);
    one_more(BIT(2), 0);
    new_vm(6, all(), 0);
    assert_last_are_at(stays, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count_takes_the_fewest_then_the_highest),
        cmocka_unit_test(test_count_takes_second_threads),
        cmocka_unit_test(test_count_takes_one_thread_a_core),
        cmocka_unit_test(test_count_takes_other_threads_where_it_must),
        cmocka_unit_test(test_count_in_the_paper_is_blind_to_load),
        cmocka_unit_test(test_all_keep_to_affinity),
        cmocka_unit_test(test_util_takes_the_least_sum),
        cmocka_unit_test(test_util_counts_where_loads_are_equal),
        cmocka_unit_test(test_load_is_demand_or_declared_or_measured),
        cmocka_unit_test(test_measures_the_mean_of_a_second),
        cmocka_unit_test(test_declared_load_is_not_measured),
        cmocka_unit_test(test_util_follows_what_runs),
        cmocka_unit_test(test_idle_spreads_over_cores_first),
        cmocka_unit_test(test_idle_prefers_idle_cores),
        cmocka_unit_test(test_idle_starts_in_the_idlest_socket),
        cmocka_unit_test(test_idle_crosses_a_socket_only_if_clearly_better),
    };

    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
