/* SPDX-License-Identifier: MIT */
/* sched/credit.c on several pCPUs: whom one fetches from another; burning, the tick; parameters; what people see. */
#include "tests/unit/credit_help.h"

/* ---- Other pCPUs ---- */

/* VCPUs 0 and 1 run on pCPUs 0 and 1, and 3 waits on pCPU 1. 0 and 3 are in debt or not. */
static void set_up_two(bool over0, bool over3)
{
    set_up_still(2, 4);
    judge(0, over0);
    judge(3, over3);
    wake_now(1);
    wake_now(0);
    wake_now(3);
    check_runs(0, 0);
    check_runs(1, 1);
    assert_int_equal(vcpus[3].pcpu, 1);
    now = 5 * MS;
}

static void test_over_fetches_a_better_one(void **state)
{
    (void)state;
    set_up_two(true, false);
    pick_now(0);
    check_runs(0, 3);
    assert_int_equal(vcpus[3].moved, SCHED_MOVE_STEAL);
    assert_consistent(4);
    block_now(0);
    check_runs(0, 0);
}

static void test_over_does_not_fetch_an_equal(void **state)
{
    (void)state;
    set_up_two(true, true);
    pick_now(0);
    check_runs(0, 0);
}

static void test_under_fetches_nobody(void **state)
{
    (void)state;
    set_up_two(false, false);
    pick_now(0);
    check_runs(0, 0);
    judge(0, true);
    wake_now(2);
    pick_now(0); /* its best is not who runs, but who waits */
    check_runs(0, 2);
    assert_int_equal(vcpus[3].pcpu, 1);
}

static void test_fetches_as_soon_as_it_is_judged(void **state)
{
    (void)state;
    set_up_two(false, false);
    wake_now(2);
    judge(0, true);
    judge(2, true);
    pick_now(0);
    check_runs(0, 3);
}

static void test_who_leaves_makes_room_for_a_better_one(void **state)
{
    (void)state;
    set_up_two(false, false);
    judge(2, true);
    wake_now(2);
    yield_now(0);
    check_runs(0, 3);
    check_order((uint32_t[]){2, 0}, 2); /* 0 waits behind one of lower priority */
}

static void test_fetches_once_a_millisecond(void **state)
{
    (void)state;
    set_up_two(true, true);
    pick_now(0);
    judge(3, false);
    pick_now(1);
    now += 999 * US;
    pick_now(0);
    check_runs(0, 0);
    now += 1 * US;
    pick_now(0);
    check_runs(0, 3);
}

static void test_affinity_forbids_to_fetch(void **state)
{
    (void)state;
    set_up_two(true, false);
    vcpus[3].affinity.word[0] = 2;
    pick_now(0);
    check_runs(0, 0);
}

/* VCPU 0, which is OVER, runs on pCPU 0; 3 waits on pCPU 1 since it yielded to 1. */
static void set_up_yielder(void)
{
    set_up_two(true, false);
    block_now(1);
    check_runs(1, 3);
    wake_now(1);
    now = 9 * MS;
    yield_now(1);
    check_runs(1, 1);
}

static void test_who_yields_is_not_fetched(void **state)
{
    (void)state;
    set_up_yielder();
    pick_now(0);
    check_runs(0, 0);
    assert_int_equal(vcpus[3].pcpu, 1);
    VERDICTS(&sched)++;
    pick_now(1);
    now += 1 * MS;
    pick_now(0);
    check_runs(0, 3);
}

static void test_who_yields_does_not_wait_while_a_pcpu_idles(void **state)
{
    (void)state;
    set_up_yielder();
    block_now(0);
    check_runs(0, 3);
}

static void test_idle_takes_whom_it_finds(void **state)
{
    (void)state;
    set_up_two(true, true);
    block_now(0);
    check_runs(0, 3);
    assert_consistent(4);
}

/* ---- Burning ---- */

static void test_burns_what_was_run_and_keeps_the_remainder(void **state)
{
    (void)state;
    set_up_still(1, 2);
    wake_all(2);
    now = 99999;
    pick_now(0);
    assert_int_equal(credit(0), 0);
    now = 100000;
    pick_now(0);
    assert_int_equal(credit(0), -1);
    now = 4 * MS;
    yield_now(0);
    assert_int_equal(credit(0), -40);
    assert_int_equal(credit(1), 0);
    now = 9250 * US;
    block_now(0);
    assert_int_equal(credit(1), -52);
}

static void test_sampled_burns_a_tick_of_who_is_found(void **state)
{
    (void)state;
    set_up_still(1, 2);
    set_top("accounting", 1);
    wake_all(2);
    now = 9 * MS;
    block_now(0);
    check_pick(10 * MS, 1, 10 * MS);
    assert_int_equal(credit(0), 0);
    assert_int_equal(credit(1), -100);
    check_pick(15 * MS, 1, 5 * MS);
    assert_int_equal(credit(1), -100);
}

static void test_a_tick_makes_active_whom_it_finds(void **state)
{
    (void)state;
    set_up_still(1, 2);
    set_credit(0, 200);
    wake_all(2);
    check_pick(9 * MS, 0, 1 * MS);
    assert_false(IS_ACTIVE(&vcpus[0]));
    check_pick(10 * MS, 0, 10 * MS);
    assert_true(IS_ACTIVE(&vcpus[0]));
    assert_false(IS_ACTIVE(&vcpus[1]));
}

/* A pCPU that idled at a tick finds nobody, whoever runs there afterwards. */
static void test_no_tick_while_idle(void **state)
{
    (void)state;
    set_up_still(1, 1);
    now = 25 * MS;
    wake_now(0);
    assert_false(IS_ACTIVE(&vcpus[0]));
    assert_true(machine[0].slice_end == 30 * MS);
}

/* Ticks may never find it. */
static void test_debt_makes_active(void **state)
{
    (void)state;
    set_up_still(1, 1);
    set_credit(0, 5);
    wake_now(0);
    check_pick(599 * US, 0, 9401 * US);
    assert_false(IS_ACTIVE(&vcpus[0]));
    check_pick(600 * US, 0, 9400 * US);
    assert_true(IS_ACTIVE(&vcpus[0]));
}

/* ---- Parameters, and what people see ---- */

static void test_the_time_slice_sets_tick_and_period(void **state)
{
    (void)state;
    set_up_credit(1, 1);
    assert_int_equal(CREDITS(&sched), 300);
    wake_now(0);
    now = 1 * MS;
    set_top("ratelimit", 2 * MS);
    assert_true(sched.due == 30 * MS);
    now = 7 * MS;
    set_top("tslice", 12 * MS);
    assert_true(sched.due == 12 * MS);
    assert_int_equal(CREDITS(&sched), 120);
    check_pick(7 * MS, 0, 1 * MS);
    set_top("tslice", 10 * MS); /* a third of it in whole microseconds */
    assert_true(TICK(&sched) == 3333 * US);
}

static void test_begins_with_the_scenarios_time_slice(void **state)
{
    uint64_t values[SCHED_KINDS][SCHED_PARAMS];

    (void)state;
    set_up_credit(1, 0);
    sched_initial_params(false, values);
    values[sched_index(&sched_credit)][sched_param_find(&sched_credit, "tslice", false)->slot] = 3 * MS;
    sched_begin_with(&sched, values);
    assert_true(TSLICE(&sched) == 3 * MS && TICK(&sched) == 1 * MS && sched.due == 3 * MS);
}

static void test_a_cap_is_at_most_all_its_vcpus(void **state)
{
    const struct sched_parameter *cap = sched_param_find(&sched_credit, "cap", true);
    uint64_t row[SCHED_PARAMS] = {0}, most = 0;

    (void)state;
    row[cap->slot] = 300;
    assert_int_equal(sched_credit.check(row, 3, &most), -1);
    row[cap->slot] = 301;
    assert_int_equal(sched_credit.check(row, 3, &most), cap->slot);
    assert_true(most == 300);
}

static void test_parameters_have_their_ranges(void **state)
{
    static const struct {
        const char *name;
        bool per_vm;
        uint64_t min, max, initial;
    } expected[] = {
        {"tslice", false, 1 * MS, 1000 * MS, 30 * MS},
        {"ratelimit", false, 0, 500 * MS, 1 * MS},
        {"accounting", false, 0, 0, 0},
        {"boost", false, 0, 0, 1},
        {"weight", true, 1, 65535, 256},
        {"cap", true, 0, 1000000, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const struct sched_parameter *param = sched_param_find(&sched_credit, expected[i].name,
                                                               expected[i].per_vm);

        assert_non_null(param);
        assert_true(param->min == expected[i].min && param->max == expected[i].max);
        assert_true(param->initial == expected[i].initial);
        assert_null(sched_param_find(&sched_credit, expected[i].name, !expected[i].per_vm));
    }
}

static void check_dump(uint32_t vcpu, const char *expected)
{
    char text[80];

    sched_credit.dump(&sched, &vcpus[vcpu], text, sizeof(text));
    assert_string_equal(text, expected);
}

static void test_dump_tells_priority_and_credits(void **state)
{
    (void)state;
    set_up_hog(1, 3);
    check_dump(0, "-100 credits, under, active");
    wake_only(1);
    check_dump(1, "0 credits, boost");
    judge(2, true);
    set_credit(2, -250);
    IS_OUT(&vcpus[2]) = true;
    wake_now(2);
    check_dump(2, "-250 credits, over, parked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_over_fetches_a_better_one),
        cmocka_unit_test(test_over_does_not_fetch_an_equal),
        cmocka_unit_test(test_under_fetches_nobody),
        cmocka_unit_test(test_fetches_as_soon_as_it_is_judged),
        cmocka_unit_test(test_who_leaves_makes_room_for_a_better_one),
        cmocka_unit_test(test_fetches_once_a_millisecond),
        cmocka_unit_test(test_affinity_forbids_to_fetch),
        cmocka_unit_test(test_who_yields_is_not_fetched),
        cmocka_unit_test(test_who_yields_does_not_wait_while_a_pcpu_idles),
        cmocka_unit_test(test_idle_takes_whom_it_finds),
        cmocka_unit_test(test_burns_what_was_run_and_keeps_the_remainder),
        cmocka_unit_test(test_sampled_burns_a_tick_of_who_is_found),
        cmocka_unit_test(test_a_tick_makes_active_whom_it_finds),
        cmocka_unit_test(test_no_tick_while_idle),
        cmocka_unit_test(test_debt_makes_active),
        cmocka_unit_test(test_the_time_slice_sets_tick_and_period),
        cmocka_unit_test(test_begins_with_the_scenarios_time_slice),
        cmocka_unit_test(test_a_cap_is_at_most_all_its_vcpus),
        cmocka_unit_test(test_parameters_have_their_ranges),
        cmocka_unit_test(test_dump_tells_priority_and_credits),
    };

    return cmocka_run_group_tests_name("credit_peers", tests, NULL, NULL);
}
