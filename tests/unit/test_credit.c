/* SPDX-License-Identifier: MIT */
/* sched/credit.c on one pCPU: who runs next, and for how long. */
#include "tests/unit/credit_help.h"

/* ---- Turns ---- */

static void test_equals_take_turns(void **state)
{
    (void)state;
    set_up_still(1, 3);
    for (uint32_t i = 0; i < 3; i++)
        wake_only(i);
    for (uint32_t turn = 0; turn < 9; turn++) {
        check_pick(TURN * turn, turn % 3, 10 * MS);
        check_pick(TURN * turn + 10 * MS, turn % 3, 10 * MS);
        check_pick(TURN * turn + 20 * MS, turn % 3, 10 * MS);
    }
    assert_consistent(3);
}

static void test_who_is_asked_within_its_turn_keeps_the_rest(void **state)
{
    (void)state;
    set_up_still(1, 2);
    wake_all(2);
    check_pick(3 * MS, 0, 7 * MS);
    check_pick(25 * MS, 0, 5 * MS);
    now = 26 * MS;
    block_now(0);
    check_runs(0, 1);
    wake_now(0);
    check_pick(27 * MS, 1, 3 * MS);
    check_pick(50 * MS, 1, 6 * MS);
    check_pick(56 * MS, 0, 4 * MS);
}

/* The hypervisor's work within a turn delays its end by a little; the tick there ends it. */
static void test_a_turn_that_is_nearly_spent_is_spent(void **state)
{
    struct sched_decision decision;

    (void)state;
    set_up_still(1, 2);
    wake_all(2);
    sched_pick(&sched, 0, TURN - TURN / 64 - 1, TURN, &decision);
    check_runs(0, 0);
    sched_pick(&sched, 0, 1, TURN, &decision);
    check_runs(0, 1);
}

static void test_alone_is_asked_at_ticks_and_idle_never(void **state)
{
    (void)state;
    set_up_credit(1, 1);
    assert_null(pick_now(0));
    assert_true(machine[0].slice_end == NEVER);
    now = 12345 * US;
    wake_now(0);
    check_runs(0, 0);
    assert_true(machine[0].slice_end == 20 * MS);
    check_pick(20 * MS, 0, 10 * MS);
    check_pick(33 * MS, 0, 7 * MS);
    check_pick(200 * MS, 0, 10 * MS);
    block_now(0);
    assert_true(machine[0].slice_end == NEVER);
}

static void test_who_ran_alone_gets_a_new_turn(void **state)
{
    (void)state;
    set_up_still(1, 2);
    wake_now(0);
    for (uint64_t at = 10 * MS; at <= 60 * MS; at += 10 * MS)
        check_pick(at, 0, 10 * MS);
    now = 65 * MS;
    wake_now(1);
    check_pick(80 * MS, 0, 10 * MS);
    check_pick(90 * MS, 1, 10 * MS);
}

/* ---- Priorities ---- */

static void test_best_first_and_equals_in_turn(void **state)
{
    (void)state;
    set_up_hog(1, 6);
    set_top("boost", 0);
    judge(4, true);
    judge(5, true);
    wake_only(4);
    wake_only(5);
    wake_only(2);
    wake_only(3);
    set_top("boost", 1);
    wake_now(1);
    check_runs(0, 1);
    assert_consistent(6);
    check_order((uint32_t[]){2, 3, 0, 4, 5}, 5);
}

static void test_waking_boosts_who_is_under(void **state)
{
    (void)state;
    set_up_hog(1, 2);
    wake_now(1);
    check_runs(0, 1);
}

static void test_waking_does_not_boost_who_is_over(void **state)
{
    (void)state;
    set_up_hog(1, 2);
    judge(1, true);
    wake_now(1);
    check_pick(16 * MS, 0, 4 * MS);
}

static void test_boost_can_be_switched_off(void **state)
{
    (void)state;
    set_up_hog(1, 2);
    set_top("boost", 0);
    wake_now(1);
    check_pick(16 * MS, 0, 4 * MS);
}

static void test_moving_does_not_boost(void **state)
{
    (void)state;
    set_up_hog(1, 3);
    assert_false(sched.ops->arrive(&sched, &queues[0], &vcpus[2], now));
    assert_false(list_empty(&queues[0].level[1]));
    list_remove(&vcpus[2].link);
}

static void test_a_tick_ends_the_boost_of_who_runs(void **state)
{
    (void)state;
    set_up_hog(1, 3);
    wake_now(1);
    check_runs(0, 1);
    now = 17 * MS;
    wake_now(2);
    check_pick(18 * MS, 1, 2 * MS); /* both are boosted: equals */
    check_pick(20 * MS, 2, 10 * MS);
    check_pick(30 * MS, 2, 10 * MS);
    check_pick(50 * MS, 0, 10 * MS);
}

static void test_who_waits_keeps_its_boost_at_an_accounting(void **state)
{
    (void)state;
    set_up_hog(1, 2);
    wake_only(1);
    VERDICTS(&sched)++;
    check_pick(15 * MS, 1, 5 * MS);
}

static void test_debt_ends_the_boost_of_who_waits(void **state)
{
    (void)state;
    set_up_hog(1, 2);
    wake_only(1);
    judge(1, true);
    check_pick(15 * MS, 0, 5 * MS);
    judge(1, false);
    check_pick(16 * MS, 0, 4 * MS);
}

static void test_the_queue_follows_the_accounting(void **state)
{
    (void)state;
    set_up_hog(1, 4);
    set_top("boost", 0);
    for (uint32_t i = 1; i < 4; i++)
        wake_only(i);
    judge(1, true);
    check_pick(16 * MS, 0, 4 * MS);
    check_order((uint32_t[]){2}, 1);
    judge(2, true);
    check_pick(18 * MS, 3, 2 * MS); /* better than who runs, 2 */
    check_order((uint32_t[]){1, 2}, 2);
}

/* ---- Rate limit ---- */

static void test_rate_limit_holds_a_preemption_back(void **state)
{
    (void)state;
    set_up_hog(1, 3);
    wake_now(1);
    check_runs(0, 1);
    check_pick(20 * MS, 1, 10 * MS);
    wake_now(2);
    check_runs(0, 2);
    now = 20400 * US;
    block_now(0);
    check_runs(0, 0);
    now = 20700 * US; /* 0 has run for 0.3 ms */
    wake_now(2);
    check_runs(0, 0);
    assert_true(machine[0].slice_end == 21400 * US);
    check_pick(21 * MS, 0, 400 * US);
    check_pick(21400 * US, 2, 8600 * US);
}

/* VCPU 0 has run for 0.1 ms, and has no BOOST. */
static void set_up_fresh_hog(uint64_t rate_limit)
{
    set_up_hog(1, 2);
    set_top("ratelimit", rate_limit);
    block_now(0);
    now = 19900 * US;
    wake_now(0);
    check_pick(20 * MS, 0, 10 * MS);
}

static void test_rate_limit_can_be_switched_off(void **state)
{
    (void)state;
    set_up_fresh_hog(0);
    wake_now(1);
    check_runs(0, 1);
    set_up_fresh_hog(1 * MS);
    wake_now(1);
    check_runs(0, 0);
}

static void test_rate_limit_is_no_longer_than_a_turn(void **state)
{
    (void)state;
    set_up_hog(1, 2);
    set_top("ratelimit", 500 * MS);
    wake_now(1);
    check_pick(20 * MS, 0, 10 * MS);
    check_pick(30 * MS, 1, 10 * MS);
}

/* ---- Yield ---- */

/* VCPU 0 runs; 1 waits as its equal, 2 and 3 are OVER. Nobody has run for as long as the rate limit. */
static void set_up_yield(void)
{
    set_up_still(1, 4);
    judge(2, true);
    judge(3, true);
    wake_all(4);
    check_runs(0, 0);
    now = 100 * US;
}

static void test_yield_waits_for_equals_and_one_of_lower_priority(void **state)
{
    (void)state;
    set_up_yield();
    yield_now(0);
    check_runs(0, 1);
    assert_consistent(4);
    check_order((uint32_t[]){2, 0, 3}, 3);
}

static void test_yield_lasts_for_one_turn(void **state)
{
    (void)state;
    set_up_yield();
    yield_now(0);
    check_order((uint32_t[]){2, 0}, 2);
    wake_now(1);
    check_pick(30100 * US, 1, 9900 * US);
    check_order((uint32_t[]){0, 3}, 2);
}

static void test_yield_is_forgotten_at_an_accounting(void **state)
{
    (void)state;
    set_up_yield();
    yield_now(0);
    VERDICTS(&sched)++;
    check_order((uint32_t[]){0, 2, 3}, 3);
}

static void test_yield_to_nobody_goes_on(void **state)
{
    (void)state;
    set_up_still(1, 3);
    wake_now(0);
    yield_now(0);
    check_runs(0, 0);
    wake_now(1);
    yield_now(0);
    check_order((uint32_t[]){0}, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_take_turns),
        cmocka_unit_test(test_who_is_asked_within_its_turn_keeps_the_rest),
        cmocka_unit_test(test_a_turn_that_is_nearly_spent_is_spent),
        cmocka_unit_test(test_alone_is_asked_at_ticks_and_idle_never),
        cmocka_unit_test(test_who_ran_alone_gets_a_new_turn),
        cmocka_unit_test(test_best_first_and_equals_in_turn),
        cmocka_unit_test(test_waking_boosts_who_is_under),
        cmocka_unit_test(test_waking_does_not_boost_who_is_over),
        cmocka_unit_test(test_boost_can_be_switched_off),
        cmocka_unit_test(test_moving_does_not_boost),
        cmocka_unit_test(test_a_tick_ends_the_boost_of_who_runs),
        cmocka_unit_test(test_who_waits_keeps_its_boost_at_an_accounting),
        cmocka_unit_test(test_debt_ends_the_boost_of_who_waits),
        cmocka_unit_test(test_the_queue_follows_the_accounting),
        cmocka_unit_test(test_rate_limit_holds_a_preemption_back),
        cmocka_unit_test(test_rate_limit_can_be_switched_off),
        cmocka_unit_test(test_rate_limit_is_no_longer_than_a_turn),
        cmocka_unit_test(test_yield_waits_for_equals_and_one_of_lower_priority),
        cmocka_unit_test(test_yield_lasts_for_one_turn),
        cmocka_unit_test(test_yield_is_forgotten_at_an_accounting),
        cmocka_unit_test(test_yield_to_nobody_goes_on),
    };

    return cmocka_run_group_tests_name("credit", tests, NULL, NULL);
}
