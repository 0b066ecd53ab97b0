/* SPDX-License-Identifier: MIT */
/* sched/fair.c: who runs, until when; lag that is kept; moves between pCPUs. */
#include "tests/unit/fair_help.h"

static double lag_ms(uint32_t i)
{
    return (double)lag_of(&queues[vcpus[i].pcpu], &vcpus[i]) / 65536 / MS;
}

static void assert_lag(uint32_t i, double ms)
{
    assert_true(lag_ms(i) - ms < 0.00001 && ms - lag_ms(i) < 0.00001);
}

/* ---- Who runs, and until when ---- */

static void test_equals_take_turns(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    for (int i = 0; i < 3; i++)
        weighing(256, REQUEST);
    wake_all();
    for (uint64_t turn = 0; turn < 12; turn++)
        assert_runs(turn * REQUEST, &vcpus[turn % 3], REQUEST);
    assert_runs(12 * REQUEST - 1 * MS, &vcpus[2], 1 * MS); /* nobody is preempted within his request */
}

static void test_alone_runs_without_end(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, REQUEST);
    weighing(256, REQUEST);
    wake_up(0);
    assert_runs(0, &vcpus[0], NEVER);
    now = 1001 * MS;
    wake_up(1); /* the request of 0 is over long since */
    assert_runs(1001 * MS, &vcpus[1], REQUEST);
    assert_lag(0, 0);
    assert_runs(1004 * MS, &vcpus[0], REQUEST);
    assert_lag(0, 1.5);
    assert_lag(1, -1.5);
}

static void test_shorter_request_goes_first(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, 6 * MS);
    weighing(256, 1 * MS);
    wake_all();
    assert_runs(0, &vcpus[1], 1 * MS);      /* it woke within the other's request, and preempted it */
    assert_runs(1 * MS, &vcpus[0], 6 * MS); /* 1 has had more than 0 */
    assert_runs(7 * MS, &vcpus[1], 1 * MS); /* and is owed 2.5 ms now: */
    assert_runs(8 * MS, &vcpus[1], 1 * MS);
    assert_runs(9 * MS, &vcpus[1], 1 * MS);
    assert_runs(10 * MS, &vcpus[1], 1 * MS);
    assert_runs(11 * MS, &vcpus[1], 1 * MS);
    assert_runs(12 * MS, &vcpus[1], 1 * MS);
    assert_runs(13 * MS, &vcpus[0], 6 * MS);
}

/* Who wakes preempts if it is eligible and its deadline is earlier; with a later one it waits. */
static void test_waking(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, REQUEST);
    weighing(256, REQUEST);
    weighing(256, 1 * MS);
    weighing(256, 10 * MS);
    wake_up(0);
    wake_up(1);
    assert_runs(0, &vcpus[0], REQUEST);
    now = 1 * MS;
    wake_up(3);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_int_equal(sched_next_ask(&sched), SCHED_NO_PCPU);
    wake_up(2);
    assert_ptr_equal(queues[0].current, &vcpus[2]);
    assert_true(pcpus[0].ends == 2 * MS);
    assert_runs(2 * MS, &vcpus[1], REQUEST);
}

/* Even if the time at which it wakes has not all been run by who runs: the hypervisor takes some. */
static void test_waking_in_the_hypervisors_time(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    overhead = 10000;
    weighing(256, 10 * MS);
    weighing(256, 1 * MS);
    wake_up(0);
    for (uint32_t round = 1; round < 20; round++) {
        now = round * 3 * MS;
        wake_up(1);
        assert_ptr_equal(queues[0].current, &vcpus[1]);
        assert_true(AHEAD(&vcpus[0]) <= overhead);
        block_at(now + MS / 2);
    }
}

/* Who has had more than its share and wakes with that debt does not preempt, however short its request. */
static void test_debtor_does_not_preempt(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, 20 * MS);
    weighing(256, 1 * MS);
    wake_all();
    block_at(1 * MS); /* 1 goes with a lag of -0.5 ms */
    assert_runs(1 * MS, &vcpus[0], NEVER);
    now = 3 * MS / 2;
    wake_up(1); /* it has paid half of it */
    assert_runs(3 * MS / 2, &vcpus[0], 39 * MS / 2);
    assert_lag(1, -0.25);
    assert_lag(0, 0.25);
}

/* Nor is its coming an occasion to compare those who were there before. */
static void test_debtor_disturbs_nobody(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, 20 * MS);
    weighing(256, 10 * MS);
    weighing(256, 6 * MS);
    wake_all();
    assert_runs(6 * MS, &vcpus[1], 10 * MS);
    block_at(16 * MS);
    assert_runs(16 * MS, &vcpus[0], 20 * MS);
    now = 24 * MS; /* 2 is eligible again, with an earlier deadline than 0's */
    wake_up(1);
    assert_true(lag_ms(1) < 0);
    assert_runs(24 * MS, &vcpus[0], 12 * MS);
}

static void test_yield_gives_way(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, REQUEST);
    weighing(256, REQUEST);
    wake_all();
    assert_runs(0, &vcpus[0], REQUEST);
    now = 1 * MS;
    sched_give_way(&sched, 0, count_run(0), now);
    assert_runs(1 * MS, &vcpus[1], REQUEST); /* 0 has had more than 1, and keeps the rest of its request */
    assert_lag(0, -0.5);
    assert_runs(4 * MS, &vcpus[0], 2 * MS);
    assert_lag(0, 1);
    sched_give_way(&sched, 0, count_run(0), now); /* 0 is owed time, and gives it away */
    assert_runs(4 * MS, &vcpus[1], REQUEST);
    assert_lag(0, 0);
    assert_runs(7 * MS, &vcpus[0], REQUEST);
    block_at(8 * MS);
    assert_runs(8 * MS, &vcpus[1], NEVER);
    sched_give_way(&sched, 0, count_run(0), now); /* to nobody */
    assert_runs(8 * MS, &vcpus[1], NEVER);
    assert_lag(1, 0);
}

/* ---- Lag ---- */

static void test_lag_survives_sleep(void **state)
{
    uint32_t next;
    double lag;

    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, REQUEST);
    weighing(768, REQUEST);
    weighing(256, REQUEST);
    wake_all();
    assert_runs(0, &vcpus[1], REQUEST); /* the heavier has the earlier deadline */
    block_at(2 * MS);                   /* of which 3/5 were its own */
    assert_true(LAG(&vcpus[1]) / 65536 == -800000);
    now = 5 * MS / 2; /* the others have had 0.5 ms of the 1.333 in which it pays its debt */
    wake_up(1);
    assert_lag(1, -0.5);
    assert_lag(0, 0.5 - lag_ms(2));
    run_until(5 * MS);
    next = (uint32_t)(queues[0].current - vcpus);
    lag = lag_ms(next); /* who has just been picked is owed something */
    assert_true(lag > 0.1);
    block_at(5 * MS);
    run_until(100 * MS);
    wake_up(next);
    assert_lag(next, lag);
}

/* Who waits is moved, with its lag and what is left of its request. */
static void test_lag_moves_along(void **state)
{
    double lag;

    (void)state;
    begin_run(&sched_fair, 2);
    for (uint32_t i = 0; i < 5; i++) {
        new_vm();
        assert_true(new_vcpu(i, i < 3 ? 1 : 2));
    }
    wake_all();
    assert_runs(1 * MS, &vcpus[0], 2 * MS);
    lag = lag_ms(1);
    assert_true(lag > 0.3 && lag < 0.4);
    fair_dequeue(&sched, &queues[0], &vcpus[1]);
    now = 7 * MS / 2;
    ask(1);
    fair_arrive(&sched, &queues[1], &vcpus[1], now);
    vcpus[1].pcpu = 1;
    assert_lag(1, lag);
    assert_lag(0, lag_ms(2) * -1);
    assert_true(left_to_run(&vcpus[1]) == REQUEST);
}

static void test_weight_changes_keep_the_lag(void **state)
{
    char why[100];

    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, REQUEST);
    weighing(256, REQUEST);
    wake_all();
    assert_runs(1 * MS, &vcpus[0], 2 * MS);
    assert_lag(1, 0.5);
    for (uint32_t i = 0; i < 2; i++) {
        assert_true(sched_set(&sched, &vms[i], sched_param_find(&sched_fair, weight, true), 1024 >> i, now,
                              why, sizeof(why)));
        ask_whom_must();
        assert_lag(1, 0.5);
        assert_lag(0, -0.5);
    }
    assert_true(left_to_run(&vcpus[0]) == 2 * MS || left_to_run(&vcpus[0]) == 2 * MS + 1);
    lives[0].ran = lives[1].ran = 0;
    run_until(3001 * MS);
    assert_in_range(lives[0].ran, 1996 * MS, 2004 * MS);
}

static void test_other_changes_leave_all_as_it_is(void **state)
{
    char why[100];

    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, REQUEST);
    weighing(256, REQUEST);
    wake_all();
    assert_runs(1 * MS, &vcpus[0], 2 * MS);
    assert_true(
        sched_set(&sched, &vms[0], sched_param_find(&sched_fair, "util", true), 50, now, why, sizeof(why)));
    assert_true(
        sched_set(&sched, NULL, sched_param_find(&sched_fair, "placement", false), 0, now, why, sizeof(why)));
    ask_whom_must();
    assert_runs(1 * MS, &vcpus[0], 2 * MS);
    assert_lag(1, 0.5);
}

/* What is left of a short request may be too little of a longer one: then that one begins at once. */
static void test_request_changes(void **state)
{
    char why[100];

    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, REQUEST);
    weighing(256, MS / 2);
    wake_up(0);
    now = 2 * MS;
    wake_up(1); /* and preempts, when 1 ms is left */
    assert_true(sched_set(&sched, &vms[0], sched_param_find(&sched_fair, request, true), 100 * MS, now, why,
                          sizeof(why)));
    ask_whom_must();
    assert_runs(2 * MS, &vcpus[1], MS / 2);
    assert_runs(5 * MS / 2, &vcpus[0], 100 * MS);
}

/* ---- From one pCPU to another ---- */

static void test_victim_and_spare(void **state)
{
    (void)state;
    begin_run(&sched_fair, 1);
    for (uint32_t i = 0; i < 5; i++)
        weighing(256, (6 - i) * MS);
    wake_all();
    assert_runs(0, &vcpus[4], 2 * MS);
    for (uint32_t i = 0; i < 5; i++)
        vcpus[i].affinity.word[0] = 3;
    assert_ptr_equal(fair_victim(&sched, &queues[0], 1), &vcpus[3]);
    assert_ptr_equal(fair_spare(&sched, &queues[0], 1, 0), &vcpus[0]);
    vcpus[3].affinity.word[0] = vcpus[0].affinity.word[0] = 1;
    assert_ptr_equal(fair_victim(&sched, &queues[0], 1), &vcpus[2]);
    assert_ptr_equal(fair_spare(&sched, &queues[0], 1, 2), &vcpus[1]);
    assert_null(fair_spare(&sched, &queues[0], 1, 3));
    for (uint32_t i = 0; i < 5; i++)
        vcpus[i].affinity.word[0] = 1;
    assert_null(fair_victim(&sched, &queues[0], 1));
    assert_null(fair_spare(&sched, &queues[0], 1, 0));
}

/* Who runs comes along when another scheduler was there before, and is not charged for what it ran then. */
static void test_takes_over(void **state)
{
    char why[100];

    (void)state;
    begin_run(&sched_rr, 1);
    for (uint32_t i = 0; i < 2; i++) {
        new_vm();
        assert_true(new_vcpu(i, 1));
        wake_up(i);
    }
    now = 25 * MS;
    assert_true(sched_change(&sched, &sched_fair, now, why, sizeof(why)));
    assert_runs(26 * MS, &vcpus[0], 2 * MS);
    assert_lag(1, 0.5);
    assert_runs(28 * MS, &vcpus[1], REQUEST);
    assert_true(sched_change(&sched, &sched_rr, now, why, sizeof(why)));
    assert_consistent(2);
}

static void test_dump(void **state)
{
    char text[100];

    (void)state;
    begin_run(&sched_fair, 1);
    weighing(256, REQUEST);
    weighing(256, REQUEST);
    wake_all();
    assert_runs(1 * MS, &vcpus[0], 2 * MS);
    fair_dump(&sched, &vcpus[0], text, sizeof(text));
    assert_string_equal(text, "weight 256, lag -500 us, 2000 us of its request left");
    block_at(1 * MS);
    fair_dump(&sched, &vcpus[0], text, sizeof(text));
    assert_string_equal(text, "weight 256, lag -500 us, 0 us of its request left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_take_turns),
        cmocka_unit_test(test_alone_runs_without_end),
        cmocka_unit_test(test_shorter_request_goes_first),
        cmocka_unit_test(test_waking),
        cmocka_unit_test(test_waking_in_the_hypervisors_time),
        cmocka_unit_test(test_debtor_does_not_preempt),
        cmocka_unit_test(test_debtor_disturbs_nobody),
        cmocka_unit_test(test_yield_gives_way),
        cmocka_unit_test(test_lag_survives_sleep),
        cmocka_unit_test(test_lag_moves_along),
        cmocka_unit_test(test_weight_changes_keep_the_lag),
        cmocka_unit_test(test_other_changes_leave_all_as_it_is),
        cmocka_unit_test(test_request_changes),
        cmocka_unit_test(test_victim_and_spare),
        cmocka_unit_test(test_takes_over),
        cmocka_unit_test(test_dump),
    };

    return cmocka_run_group_tests_name("fair", tests, NULL, NULL);
}
