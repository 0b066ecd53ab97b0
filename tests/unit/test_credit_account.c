/* SPDX-License-Identifier: MIT */
/* sched/credit_account.c: what each VCPU is given, who is in debt, who is parked. */
#include "tests/unit/credit_help.h"

#define PERIOD_TIME (30 * MS)

static void activate(uint32_t vcpu)
{
    IS_ACTIVE(&vcpus[vcpu]) = true;
}

static void account_now(void)
{
    now = sched.due;
    sched.ops->tick(&sched, now);
}

static void check_flags(uint32_t vcpu, bool over, bool out, bool active)
{
    assert_int_equal(IS_OVER(&vcpus[vcpu]), over);
    assert_int_equal(IS_OUT(&vcpus[vcpu]), out);
    assert_int_equal(IS_ACTIVE(&vcpus[vcpu]), active);
}

/* ---- What a VCPU is given a period ---- */

/* The VCPUs, one a VM, are active, have these weights, and are given these credits in a period. */
static void check_vector(uint32_t pcpus, uint32_t count, const uint64_t *weights, const int64_t *credits)
{
    set_up_credit(pcpus, count);
    for (uint32_t i = 0; i < count; i++) {
        activate(i);
        set_vm(i, "weight", weights[i]);
    }
    account_now();
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(credit(i), credits[i]);
}

static void test_golden_vectors(void **state)
{
    (void)state;
    check_vector(1, 2, (uint64_t[]){256, 256}, (int64_t[]){150, 150});
    check_vector(1, 2, (uint64_t[]){256, 512}, (int64_t[]){100, 200});
    check_vector(1, 3, (uint64_t[]){256, 512, 1024}, (int64_t[]){43, 86, 172});
    check_vector(2, 4, (uint64_t[]){4096, 256, 256, 256}, (int64_t[]){300, 101, 101, 101});
}

/* What is left is passed on to later ones, and who left it comes first the next time. */
static void test_golden_vector_in_any_order(void **state)
{
    (void)state;
    check_vector(2, 4, (uint64_t[]){256, 256, 4096, 256}, (int64_t[]){32, 32, 300, 238});
    for (uint32_t i = 0; i < 4; i++)
        set_credit(i, 0);
    account_now();
    assert_int_equal(credit(2), 300);
    assert_int_equal(credit(0), 101);
    assert_int_equal(credit(1), 101);
    assert_int_equal(credit(3), 101);
}

/* What is left finds who can use it, in every period from the third on, whichever way round the VMs came: of one pCPU
 * the heavy one takes 1 % of its 298 credits, another one 10 %, and the third all the rest. */
static void test_what_is_left_finds_its_way(void **state)
{
    static const uint32_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t heavy = orders[i][0], capped = orders[i][1], rest = orders[i][2];

        set_up_credit(1, 3);
        set_vm(heavy, "weight", 65535);
        set_vm(heavy, "cap", 1);
        set_vm(capped, "cap", 10);
        for (uint32_t period = 1; period <= 8; period++) {
            for (uint32_t vcpu = 0; vcpu < 3; vcpu++) {
                activate(vcpu);
                set_credit(vcpu, 0);
            }
            account_now();
            if (period >= 3) {
                assert_int_equal(credit(heavy), 3);
                assert_int_equal(credit(capped), 30);
                assert_int_equal(credit(rest), 268);
            }
        }
    }
}

static void test_golden_vector_of_twelve_on_six(void **state)
{
    (void)state;
    set_up_siblings(6, 12, 4);
    for (uint32_t i = 0; i < 12; i++)
        activate(i);
    account_now();
    for (uint32_t i = 0; i < 12; i++)
        assert_int_equal(credit(i), 150);
}

/* The weight is each VCPU's: a VM with two gets twice as much as one with one. Who is not active gets nothing. */
static void test_only_active_vcpus_count(void **state)
{
    (void)state;
    set_up_siblings(1, 4, 2);
    activate(0);
    activate(1);
    activate(2);
    account_now();
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(credit(i), 100);
    assert_int_equal(credit(3), 0);
}

static void test_nobody_is_given_more_than_a_pcpu(void **state)
{
    (void)state;
    set_up_siblings(4, 2, 2);
    activate(0);
    activate(1);
    account_now();
    assert_int_equal(credit(0), 300);
    assert_int_equal(credit(1), 300);
}

static void test_a_cap_bounds_what_a_vm_is_given(void **state)
{
    (void)state;
    set_up_credit(1, 1);
    set_vm(0, "cap", 50);
    activate(0);
    account_now();
    assert_int_equal(credit(0), 150);

    set_up_siblings(4, 4, 4);
    set_vm(0, "cap", 25);
    for (uint32_t i = 0; i < 4; i++)
        activate(i);
    account_now();
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(credit(i), 19); /* ceil(75 / 4) */

    set_up_siblings(4, 2, 2);
    set_vm(0, "cap", 150);
    activate(0);
    account_now();
    assert_int_equal(credit(0), 300); /* one VCPU cannot use more */
}

static void test_what_a_capped_vm_leaves_is_passed_on(void **state)
{
    (void)state;
    set_up_credit(1, 2);
    set_vm(0, "cap", 10);
    activate(0);
    activate(1);
    account_now();
    assert_int_equal(credit(0), 30);
    assert_int_equal(credit(1), 270);
}

static void test_a_short_slice_is_worth_fewer_credits(void **state)
{
    (void)state;
    set_up_credit(1, 2);
    set_top("tslice", 6 * MS);
    activate(0);
    activate(1);
    account_now();
    assert_true(now == 6 * MS);
    assert_int_equal(credit(0), 30);
    assert_int_equal(credit(1), 30);
}

/* ---- What becomes of who has so many ---- */

/* One VCPU alone, given 300 credits. */
static void check_judgement(int64_t before, int64_t after, bool over, bool active)
{
    set_up_credit(1, 1);
    activate(0);
    set_credit(0, before);
    account_now();
    assert_int_equal(credit(0), after);
    check_flags(0, over, false, active);
}

static void test_judgement(void **state)
{
    (void)state;
    check_judgement(-301, -1, true, true);
    check_judgement(-300, 0, false, true);
    check_judgement(-600, -300, true, true);
    check_judgement(-601, -300, true, true); /* the floor */
    check_judgement(0, 300, false, true);
    check_judgement(1, 150, false, false); /* 301, halved: a sleeper stops earning */
    check_judgement(200, 250, false, false);
}

static void test_a_partly_burnt_credit_still_counts(void **state)
{
    (void)state;
    set_up_credit(1, 1);
    activate(0);
    BALANCE(&vcpus[0]) = (uint64_t)(-300 * CREDIT_NS - (CREDIT_NS - 1));
    account_now();
    check_flags(0, false, false, true);
    BALANCE(&vcpus[0]) = (uint64_t)(-301 * CREDIT_NS);
    account_now();
    check_flags(0, true, false, true);
    BALANCE(&vcpus[0]) = CREDIT_NS / 2;
    account_now();
    check_flags(0, false, false, false); /* 301 */
}

/* ---- Cap and parking ---- */

/* A VM with a cap of 10 % on a pCPU of its own, that has run from the first moment on, and is parked at 30 ms. */
static void set_up_capped(uint64_t cap)
{
    set_up_credit(1, 2);
    set_vm(0, "cap", cap);
    wake_now(0);
    run_until(PERIOD_TIME);
}

static void test_parked_below_minus_cap_until_paid(void **state)
{
    (void)state;
    set_up_capped(10);
    assert_int_equal(credit(0), -270);
    assert_true(vcpus[0].parked && vcpus[0].state == SCHED_QUEUED);
    assert_null(queues[0].current);
    assert_true(machine[0].slice_end == 2 * PERIOD_TIME);
    run_until(10 * PERIOD_TIME - 1);
    assert_int_equal(credit(0), -30);
    assert_true(vcpus[0].parked);
    run_until(10 * PERIOD_TIME);
    assert_int_equal(credit(0), 0);
    assert_false(vcpus[0].parked);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_consistent(2);
}

static void test_not_parked_within_its_cap(void **state)
{
    (void)state;
    set_up_credit(1, 1);
    set_vm(0, "cap", 50);
    activate(0);
    set_credit(0, -300);
    account_now();
    check_flags(0, true, false, true); /* -150 */
    set_credit(0, -301);
    account_now();
    check_flags(0, true, true, true);
    set_credit(0, -151);
    account_now();
    check_flags(0, true, true, true); /* -1: it has not paid yet */
    account_now();
    check_flags(0, false, false, true);
}

static void test_unparking_does_not_boost(void **state)
{
    (void)state;
    set_up_capped(10);
    set_credit(0, -60);
    now = 31 * MS;
    wake_now(1);
    run_until(40 * MS); /* 1 has no BOOST any more */
    run_until(60 * MS);
    assert_true(vcpus[0].parked);
    set_credit(0, -30);
    set_credit(1, 100);
    run_until(90 * MS);
    assert_false(vcpus[0].parked);
    check_flags(1, false, false, true);
    assert_ptr_equal(queues[0].current, &vcpus[1]);
    assert_int_equal(vcpus[0].state, SCHED_QUEUED);
}

/* It runs with a BOOST when it is judged, before a tick finds it. */
static void test_who_is_parked_loses_its_boost(void **state)
{
    (void)state;
    set_up_credit(1, 2);
    sched.due = NEVER;
    wake_now(0);
    now = 1 * MS;
    IS_OVER(&vcpus[0]) = IS_OUT(&vcpus[0]) = true;
    VERDICTS(&sched)++;
    assert_null(pick_now(0));
    wake_now(1);
    now = 15 * MS;
    pick_now(0); /* 1 has no BOOST any more, too */
    IS_OVER(&vcpus[0]) = IS_OUT(&vcpus[0]) = false;
    VERDICTS(&sched)++;
    assert_ptr_equal(pick_now(0), &vcpus[1]);
    assert_false(vcpus[0].parked);
}

static void test_who_wakes_out_of_its_cap_is_parked(void **state)
{
    (void)state;
    set_up_credit(1, 1);
    set_vm(0, "cap", 10);
    activate(0);
    set_credit(0, -350);
    assert_null(pick_now(0));
    account_now();
    wake_now(0);
    assert_true(vcpus[0].parked);
    assert_null(queues[0].current);
    assert_true(machine[0].slice_end == 60 * MS);
    assert_consistent(1);
}

static void test_others_run_while_one_is_parked(void **state)
{
    (void)state;
    set_up_credit(1, 2);
    set_vm(0, "cap", 10);
    wake_all(2);
    run_until(10 * PERIOD_TIME);
    assert_true(vcpus[0].ran + vcpus[1].ran == 10 * PERIOD_TIME);
    assert_true(vcpus[0].ran <= 60 * MS);
}

static void test_a_cap_that_goes_away_frees(void **state)
{
    (void)state;
    set_up_capped(10);
    set_vm(0, "cap", 0);
    run_until(2 * PERIOD_TIME);
    assert_false(vcpus[0].parked);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
}

/* It was judged while it was on its way to another pCPU. */
static void test_parked_where_it_arrives(void **state)
{
    (void)state;
    set_up_credit(1, 1);
    IS_OUT(&vcpus[0]) = true;
    assert_false(sched.ops->arrive(&sched, &queues[0], &vcpus[0], now));
    assert_true(vcpus[0].parked);
    assert_ptr_equal(queues[0].parked.next, &vcpus[0].link);
    list_remove(&vcpus[0].link);
}

static void test_other_pcpus_are_asked_to_park(void **state)
{
    (void)state;
    set_up_credit(2, 2);
    set_vm(1, "cap", 10);
    wake_all(2);
    run_before(PERIOD_TIME);
    pick_now(1);
    while (sched_next_ask(&sched) != SCHED_NO_PCPU)
        ;
    pick_now(0); /* the accounting is done, if not by this one, by the other */
    set_credit(1, -299);
    IS_OUT(&vcpus[1]) = false;
    now = 2 * PERIOD_TIME;
    pick_now(0);
    assert_int_equal(sched_next_ask(&sched), 1);
    assert_null(pick_now(1));
    assert_true(vcpus[1].parked);
}

/* ---- Missed periods ---- */

/* Two VCPUs sleep from 31 ms on, while all pCPUs idle; `asked`: somebody asks for every accounting all the same. */
static void sleep_for(uint64_t time, bool asked)
{
    set_up_credit(1, 2);
    set_vm(0, "weight", 1);
    set_vm(1, "weight", 65535);
    activate(0);
    activate(1);
    set_credit(0, -300);
    set_credit(1, -77);
    while (asked && sched.due <= time)
        account_now();
    now = time;
    if (!asked)
        sched.ops->tick(&sched, now);
}

static void test_missed_periods_are_made_up_for(void **state)
{
    static const uint64_t times[] = {30, 59, 60, 150, 1000, 100000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        int64_t expected[2];

        sleep_for(times[i] * MS, true);
        expected[0] = credit(0);
        expected[1] = credit(1);
        sleep_for(times[i] * MS, false);
        assert_int_equal(credit(0), expected[0]);
        assert_int_equal(credit(1), expected[1]);
        assert_true(sched.due > now && sched.due <= now + PERIOD_TIME && sched.due % PERIOD_TIME == 0);
    }
    check_flags(0, false, false, false);
    check_flags(1, false, false, false);
}

/* A year of sleep ends at once. */
static void test_making_up_is_bounded(void **state)
{
    (void)state;
    sleep_for(UINT64_C(365) * 24 * 3600 * 1000 * MS, false);
    check_flags(0, false, false, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_vectors),
        cmocka_unit_test(test_golden_vector_in_any_order),
        cmocka_unit_test(test_what_is_left_finds_its_way),
        cmocka_unit_test(test_golden_vector_of_twelve_on_six),
        cmocka_unit_test(test_only_active_vcpus_count),
        cmocka_unit_test(test_nobody_is_given_more_than_a_pcpu),
        cmocka_unit_test(test_a_cap_bounds_what_a_vm_is_given),
        cmocka_unit_test(test_what_a_capped_vm_leaves_is_passed_on),
        cmocka_unit_test(test_a_short_slice_is_worth_fewer_credits),
        cmocka_unit_test(test_judgement),
        cmocka_unit_test(test_a_partly_burnt_credit_still_counts),
        cmocka_unit_test(test_parked_below_minus_cap_until_paid),
        cmocka_unit_test(test_not_parked_within_its_cap),
        cmocka_unit_test(test_unparking_does_not_boost),
        cmocka_unit_test(test_who_is_parked_loses_its_boost),
        cmocka_unit_test(test_who_wakes_out_of_its_cap_is_parked),
        cmocka_unit_test(test_others_run_while_one_is_parked),
        cmocka_unit_test(test_a_cap_that_goes_away_frees),
        cmocka_unit_test(test_parked_where_it_arrives),
        cmocka_unit_test(test_other_pcpus_are_asked_to_park),
        cmocka_unit_test(test_missed_periods_are_made_up_for),
        cmocka_unit_test(test_making_up_is_bounded),
    };

    return cmocka_run_group_tests_name("credit_account", tests, NULL, NULL);
}
