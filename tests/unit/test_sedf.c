/* SPDX-License-Identifier: MIT */
/* sched/sedf.c: who runs, until when, and who waits for what; parameters and admission. */
#include "tests/unit/sedf_help.h"

#include <string.h>

static void assert_set(uint32_t i, const char *name, uint64_t value, bool legal)
{
    char why[120] = "";

    assert_int_equal(
        sched_set(&sched, &vms[i], sched_param_find(&sched_sedf, name, true), value, now, why, sizeof(why)),
        legal);
    assert_true(legal || strlen(why) > 0);
    ask_whom_must();
}

/* ---- Who runs, and until when ---- */

static void test_slice_and_parking(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(10 * MS, 3 * MS, false));
    wake_all();
    assert_runs(0, &vcpus[0], 3 * MS);
    assert_runs(1 * MS, &vcpus[0], 2 * MS);
    assert_runs(3 * MS, NULL, 7 * MS);
    assert_true(vcpus[0].parked);
    assert_int_equal(queues[0].queued, 0);
    assert_runs(5 * MS, NULL, 5 * MS);
    assert_runs(10 * MS, &vcpus[0], 3 * MS);
    assert_false(vcpus[0].parked);
    assert_consistent(1);
}

static void test_earliest_deadline_first(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(30 * MS, 10 * MS, false));
    assert_true(reserve(10 * MS, 2 * MS, false));
    wake_up(0);
    assert_runs(0, &vcpus[0], 10 * MS);
    wake_up(1); /* its deadline is earlier */
    assert_runs(0, &vcpus[1], 2 * MS);
    assert_runs(2 * MS, &vcpus[0], 8 * MS); /* vcpu 1's next period begins then, and ends earlier */
    assert_runs(10 * MS, &vcpus[1], 2 * MS);
    assert_runs(12 * MS, &vcpus[0], 2 * MS);
    assert_runs(14 * MS, NULL, 6 * MS);
}

/* The slice of one who runs does not end for a replenishment that would change nothing. */
static void test_later_deadlines_do_not_interrupt(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(10 * MS, 1 * MS, false));
    assert_true(reserve(20 * MS, 15 * MS, false));
    wake_all();
    assert_runs(1 * MS, &vcpus[1], 15 * MS);
    assert_runs(10 * MS, &vcpus[1], 6 * MS); /* a tie: who runs goes on */
    assert_runs(16 * MS, &vcpus[0], 1 * MS);
}

static void test_waking_asks_only_if_it_matters(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(10 * MS, 3 * MS, false));
    assert_true(reserve(20 * MS, 3 * MS, false));
    assert_true(reserve(0, 0, false));
    assert_true(reserve(0, 0, false));
    assert_true(reserve(0, 0, false));
    wake_up(0);
    for (uint32_t i = 1; i < 4; i++) {
        sched_wake(&sched, &vcpus[i], now);
        assert_int_equal(sched_next_ask(&sched), SCHED_NO_PCPU);
    }
    assert_runs(3 * MS, &vcpus[1], 3 * MS);
    block_at(4 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[2]);
    sched_wake(&sched, &vcpus[4], now); /* a third for extra time: the turn ends anyway */
    assert_int_equal(sched_next_ask(&sched), SCHED_NO_PCPU);
    sched_wake(&sched, &vcpus[1], now);
    assert_int_equal(sched_next_ask(&sched), 0);
}

static void test_extra_time_goes_round(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(0, 0, false));
    assert_true(reserve(0, 0, false));
    wake_up(0);
    assert_runs(0, &vcpus[0], NEVER); /* alone */
    assert_runs(5 * MS, &vcpus[0], NEVER);
    now = 6 * MS;
    wake_up(1);
    assert_runs(6 * MS, &vcpus[0], 24 * MS);
    assert_runs(30 * MS, &vcpus[1], QUANTUM);
    assert_runs(40 * MS, &vcpus[1], 20 * MS);
    assert_runs(60 * MS, &vcpus[0], QUANTUM);
}

/* Budget interrupts a turn of extra time, which goes on afterwards. */
static void test_turn_goes_on_after_a_budget(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(20 * MS, 5 * MS, false));
    assert_true(reserve(0, 0, false));
    assert_true(reserve(0, 0, false));
    wake_all();
    assert_runs(5 * MS, &vcpus[1], 15 * MS);
    assert_runs(20 * MS, &vcpus[0], 5 * MS);
    assert_runs(25 * MS, &vcpus[1], 15 * MS);
    assert_runs(40 * MS, &vcpus[0], 5 * MS);
    assert_runs(45 * MS, &vcpus[2], 15 * MS);
}

static void test_extra_time_of_a_reserved_one(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(20 * MS, 5 * MS, true));
    assert_true(reserve(0, 0, false));
    wake_all();
    assert_runs(5 * MS, &vcpus[0], 15 * MS); /* spent, but the first in turn */
    assert_false(vcpus[0].parked);
    assert_runs(20 * MS, &vcpus[0], 5 * MS); /* its next budget */
    assert_runs(25 * MS, &vcpus[0], 15 * MS);
    assert_runs(40 * MS, &vcpus[0], 5 * MS);
    assert_runs(45 * MS, &vcpus[1], 15 * MS); /* 30 ms of extra time are over */
    block_at(50 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_true(pcpus[0].ends == 60 * MS); /* alone, but the budget is to begin */
}

/* ---- Waking ---- */

static void test_early_waking_keeps_budget_and_deadline(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(20 * MS, 10 * MS, false));
    wake_all();
    block_at(6 * MS);
    now = 12 * MS; /* 4 ms left, 8 ms to go: just slice / period */
    wake_up(0);
    assert_runs(12 * MS, &vcpus[0], 4 * MS);
    assert_runs(16 * MS, NULL, 4 * MS);
    assert_runs(20 * MS, &vcpus[0], 10 * MS);
}

static void test_late_waking_begins_a_new_period(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(20 * MS, 10 * MS, false));
    wake_all();
    block_at(6 * MS);
    now = 13 * MS; /* 4 ms left, 7 ms to go */
    wake_up(0);
    assert_runs(13 * MS, &vcpus[0], 10 * MS);
    assert_runs(23 * MS, NULL, 10 * MS);
    now = 100 * MS;
    ask(0);
    block_at(100 * MS);
    now = 207 * MS; /* long after its deadline */
    wake_up(0);
    assert_runs(207 * MS, &vcpus[0], 10 * MS);
    assert_runs(217 * MS, NULL, 10 * MS);
}

static void test_waking_when_spent_waits(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(20 * MS, 5 * MS, false));
    wake_all();
    block_at(5 * MS);
    now = 7 * MS;
    wake_up(0);
    assert_true(vcpus[0].parked);
    assert_null(queues[0].current);
    assert_true(pcpus[0].ends == 20 * MS);
    assert_runs(20 * MS, &vcpus[0], 5 * MS);
}

static void test_overdrawn_budget_is_set_off(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(20 * MS, 5 * MS, false));
    wake_all();
    assert_runs(6 * MS, NULL, 14 * MS); /* asked 1 ms late */
    assert_runs(20 * MS, &vcpus[0], 4 * MS);
    assert_runs(24 * MS - 500, NULL, 16 * MS + 500); /* 500 ns are too little, */
    assert_runs(40 * MS, &vcpus[0], 5 * MS + 500);   /* and not lost */
}

static void test_yield(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(10 * MS, 2 * MS, false));
    assert_true(reserve(20 * MS, 2 * MS, false));
    assert_true(reserve(0, 0, false));
    assert_true(reserve(0, 0, false));
    wake_all();
    now = 1 * MS;
    sched_give_way(&sched, 0, count_run(0), now);
    assert_runs(1 * MS, &vcpus[1], 2 * MS);
    assert_runs(2 * MS, &vcpus[0], 1 * MS); /* once */
    assert_runs(3 * MS, &vcpus[1], 1 * MS);
    assert_runs(4 * MS, &vcpus[2], 6 * MS);
    sched_give_way(&sched, 0, count_run(0), now);
    assert_runs(4 * MS, &vcpus[3], 6 * MS);
    assert_runs(10 * MS, &vcpus[0], 2 * MS);
    now = 11 * MS;
    sched_give_way(&sched, 0, count_run(0), now); /* nobody else has budget */
    assert_runs(11 * MS, &vcpus[0], 1 * MS);
}

/* Whoever comes back from a yield with more budget than the time until its deadline is good for begins a new period:
 * otherwise VCPU 1, which did not yield, would miss its slice in the period from 5 to 10 ms. */
static void test_yield_costs_nobody_else(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(10 * MS, 6 * MS, false));
    assert_true(reserve(5 * MS, 1750 * US, false));
    assert_true(reserve(40 * MS, 2 * MS, false));
    wake_all();
    assert_runs(1750 * US, &vcpus[0], 6 * MS);
    now = 2 * MS;
    sched_give_way(&sched, 0, count_run(0), now);
    assert_runs(2 * MS, &vcpus[2], 2 * MS);
    assert_runs(4 * MS, &vcpus[0], 1 * MS);
    assert_runs(5 * MS, &vcpus[1], 1750 * US);
    assert_runs(6750 * US, &vcpus[0], 5 * MS);
    assert_runs(11750 * US, &vcpus[1], 1750 * US);
}

/* ---- Parameters and admission ---- */

static void test_slice_beyond_period(void **state)
{
    uint64_t most = 0;

    (void)state;
    assert_int_equal(sched_sedf.check((uint64_t[]){10 * MS, 10 * MS, 0}, 1, &most), -1);
    assert_int_equal(sched_sedf.check((uint64_t[]){10 * MS, 11 * MS, 0}, 1, &most), 1);
    assert_true(most == 10 * MS);
    assert_int_equal(sched_sedf.check((uint64_t[]){0, 0, 1}, 1, &most), -1);
    assert_int_equal(sched_sedf.check((uint64_t[]){0, 1, 0}, 1, &most), 1);
    assert_true(most == 0);
}

static void test_admission(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    for (int i = 0; i < 3; i++)
        assert_true(reserve(30 * MS, 10 * MS, false));
    assert_true(reserve(0, 0, false));
    assert_false(reserve(10000 * MS, 1 * MS, false));
    begin_run(&sched_sedf, 2);
    assert_true(reserve(30 * MS, 20 * MS, false));
    assert_true(reserve(30 * MS, 20 * MS, false)); /* on the other pCPU */
    assert_int_not_equal(vcpus[0].pcpu, vcpus[1].pcpu);
    assert_true(reserve(30 * MS, 10 * MS, false));
    assert_false(reserve(30 * MS, 11 * MS, false));
    assert_int_equal(vcpus[3].state, SCHED_OUT);
}

static void test_changes_while_it_runs(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(0, 0, false));
    assert_true(reserve(0, 0, false));
    wake_all();
    assert_runs(1 * MS, &vcpus[0], 29 * MS);
    assert_set(1, "slice", 5 * MS, false); /* no period */
    assert_set(1, "period", 20 * MS, true);
    assert_set(1, "slice", 21 * MS, false);
    assert_runs(1 * MS, &vcpus[0], 29 * MS); /* nothing has changed */
    assert_set(1, "slice", 5 * MS, true);
    assert_runs(1 * MS, &vcpus[1], 5 * MS);
    assert_set(0, "period", 20 * MS, true);
    assert_set(0, "slice", 16 * MS, false); /* more than there is */
    assert_set(0, "slice", 15 * MS, true);
    assert_runs(6 * MS, &vcpus[0], 15 * MS);
    assert_true(vcpus[1].parked);
    assert_set(1, "extra", true, true);
    assert_false(vcpus[1].parked);
    assert_runs(21 * MS, &vcpus[0], 15 * MS);
    assert_set(0, "period", 100 * MS, true); /* from 41 ms on: it has just begun one of 20 ms */
    assert_runs(36 * MS, &vcpus[1], 5 * MS);
    assert_runs(41 * MS, &vcpus[1], 5 * MS);
    assert_runs(46 * MS, &vcpus[0], 15 * MS);
    assert_set(1, "slice", 0, true);
    assert_runs(50 * MS, &vcpus[0], 11 * MS);
    assert_runs(61 * MS, &vcpus[1], 80 * MS);
    assert_set(0, "period", 20 * MS, true); /* it need not wait for the end of the long one */
    assert_runs(61 * MS, &vcpus[1], 20 * MS);
    assert_set(0, "slice", 0, true);
    assert_runs(61 * MS, &vcpus[1], QUANTUM);
    assert_consistent(2);
}

/* A smaller slice counts at once, and so does another quantum; one who is blocked hears of his when he wakes. */
static void test_less_while_it_runs(void **state)
{
    char why[100];

    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(20 * MS, 10 * MS, false));
    assert_true(reserve(20 * MS, 5 * MS, false));
    assert_true(reserve(0, 0, false));
    wake_up(0);
    assert_runs(2 * MS, &vcpus[0], 8 * MS);
    assert_set(0, "slice", 3 * MS, true);
    assert_runs(2 * MS, &vcpus[0], 3 * MS);
    assert_set(1, "extra", true, true);
    assert_runs(5 * MS, NULL, 15 * MS);
    assert_true(sched_set(&sched, NULL, sched_param_find(&sched_sedf, "quantum", false), 4 * MS, now, why,
                          sizeof(why)));
    wake_up(1);
    wake_up(2);
    assert_runs(10 * MS, &vcpus[1], 4 * MS);
    assert_runs(14 * MS, &vcpus[2], 4 * MS);
}

static void test_dump(void **state)
{
    char text[100];

    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(20 * MS, 5 * MS, true));
    assert_true(reserve(0, 0, false));
    wake_all();
    assert_runs(2 * MS, &vcpus[0], 3 * MS);
    sched_sedf.dump(&sched, &vcpus[0], text, sizeof(text));
    assert_string_equal(text, "5000 us in every 20000 us, 3000 us left until 20000 us, and extra time");
    sched_sedf.dump(&sched, &vcpus[1], text, sizeof(text));
    assert_string_equal(text, "extra time, 30000 us of its turn left");
    assert_set(0, "extra", false, true);
    sched_sedf.dump(&sched, &vcpus[0], text, sizeof(text));
    assert_string_equal(text, "5000 us in every 20000 us, 3000 us left until 20000 us");
}

/* Running ones come along when another scheduler was there before. */
static void test_takes_over(void **state)
{
    char why[100];

    (void)state;
    begin_run(&sched_rr, 1);
    for (uint32_t i = 0; i < 3; i++) {
        new_vm();
        vms[i].values[sched_index(&sched_sedf)][0] = 20 * MS;
        vms[i].values[sched_index(&sched_sedf)][1] = i == 2 ? 0 : 5 * MS;
        assert_true(new_vcpu(i, 1));
    }
    wake_all();
    now = 7 * MS;
    assert_true(sched_change(&sched, &sched_sedf, now, why, sizeof(why)));
    assert_runs(7 * MS, &vcpus[1], 5 * MS); /* what vcpu 0 had run before counts for its budget, too */
    assert_runs(12 * MS, &vcpus[2], 15 * MS);
    assert_true(sched_change(&sched, &sched_rr, now, why, sizeof(why)));
    assert_false(vcpus[0].parked);
    assert_consistent(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slice_and_parking),
        cmocka_unit_test(test_earliest_deadline_first),
        cmocka_unit_test(test_later_deadlines_do_not_interrupt),
        cmocka_unit_test(test_waking_asks_only_if_it_matters),
        cmocka_unit_test(test_extra_time_goes_round),
        cmocka_unit_test(test_turn_goes_on_after_a_budget),
        cmocka_unit_test(test_extra_time_of_a_reserved_one),
        cmocka_unit_test(test_early_waking_keeps_budget_and_deadline),
        cmocka_unit_test(test_late_waking_begins_a_new_period),
        cmocka_unit_test(test_waking_when_spent_waits),
        cmocka_unit_test(test_overdrawn_budget_is_set_off),
        cmocka_unit_test(test_yield),
        cmocka_unit_test(test_yield_costs_nobody_else),
        cmocka_unit_test(test_slice_beyond_period),
        cmocka_unit_test(test_admission),
        cmocka_unit_test(test_changes_while_it_runs),
        cmocka_unit_test(test_less_while_it_runs),
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_takes_over),
    };

    return cmocka_run_group_tests_name("sedf", tests, NULL, NULL);
}
