/* SPDX-License-Identifier: MIT */
/* sched/gang.c: siblings run together or not at all. */
#include "tests/unit/gang_help.h"

/* ---- Slots ---- */

static void test_siblings_take_turns_together(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0x3, spinner(0));
    check = check_strictness;
    run_until(10 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_ptr_equal(queues[1].current, &vcpus[1]);
    run_until(40 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[2]);
    assert_ptr_equal(queues[1].current, &vcpus[3]);
    run_until(61 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_true(vcpus[2].ran == SLOT && vcpus[3].ran == SLOT);
}

static void test_gangs_that_fit_run_at_once(void **state)
{
    (void)state;
    begin_gangs(4);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0xc, spinner(0));
    check = check_that_none_would_fit;
    run_until(10 * SLOT);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(vcpus[i].ran == 10 * SLOT);
}

/* 3 VMs of 4 VCPUs on 6 pCPUs, placed as they come: any two collide, so each has a third. */
static void test_three_gangs_of_four_on_six(void **state)
{
    (void)state;
    begin_gangs(6);
    for (uint32_t vm = 0; vm < 3; vm++) {
        sched_vm_init(&vms[vm], vm);
        for (uint32_t i = 0; i < 4; i++) {
            assert_true(add_life(&vms[vm], 0x3f, spinner(0)));
            home[live - 1] = vcpus[live - 1].pcpu;
        }
    }
    check = check_strictness;
    run_until(60 * SLOT);
    for (uint32_t i = 0; i < live; i++)
        assert_true(vcpus[i].ran == 20 * SLOT);
}

/* The one in the middle collides with both others, which do not collide with each other. */
static void test_who_collides_shares_alike(void **state)
{
    (void)state;
    begin_gangs(4);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0x6, spinner(0));
    add_gang(2, 0xc, spinner(0));
    check = check_that_none_would_fit;
    run_until(40 * SLOT);
    for (uint32_t i = 0; i < live; i++)
        assert_true(vcpus[i].ran == 20 * SLOT);
}

/* After any number of slots nobody of those that collide is more than one ahead of another. */
static void test_turns_are_fair_within_one(void **state)
{
    (void)state;
    begin_gangs(3);
    for (uint32_t vm = 0; vm < 5; vm++)
        add_gang(vm, 0x7, spinner(vm * MS));
    for (uint32_t slots = 1; slots < 40; slots++) {
        run_until(slots * SLOT);
        for (uint32_t i = 0; i < live; i++)
            assert_true(vcpus[i].ran == slots / 5 * SLOT || vcpus[i].ran == (slots / 5 + 1) * SLOT);
    }
}

static void test_single_vcpus_are_gangs_of_one(void **state)
{
    (void)state;
    begin_gangs(1);
    for (uint32_t vm = 0; vm < 3; vm++)
        add_gang(vm, 0x1, spinner(0));
    run_until(30 * SLOT);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(vcpus[i].ran == 10 * SLOT);
}

/* ---- Blocking and waking ---- */

static void test_pcpu_of_a_blocked_sibling_idles(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0x2, spinner(0));
    lives[1] = (struct life){.run = 5 * MS, .sleep = 10 * MS, .wakes = 0};
    check = check_strictness;
    run_until(6 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_null(queues[1].current); /* though VCPU 2 waits there */
    assert_int_equal(vcpus[2].state, SCHED_QUEUED);
    run_until(16 * MS);
    assert_ptr_equal(queues[1].current, &vcpus[1]); /* it woke within its slot */
    run_until(31 * MS);
    assert_null(queues[0].current);
    assert_ptr_equal(queues[1].current, &vcpus[2]);
}

static void test_slot_ends_when_all_block(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, (struct life){.run = 5 * MS, .sleep = 5 * MS});
    add_gang(1, 0x3, spinner(0));
    check = check_strictness;
    lives[1] = (struct life){.run = 7 * MS, .sleep = NEVER};
    run_until(6 * MS);
    assert_null(queues[0].current);
    assert_int_equal(vcpus[2].state, SCHED_QUEUED);
    run_until(8 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[2]);
    assert_ptr_equal(queues[1].current, &vcpus[3]);
    assert_true(vcpus[2].ran == 1 * MS);
    run_until(11 * MS);
    assert_int_equal(vcpus[0].state, SCHED_QUEUED); /* again */
    assert_true(slice_end[0] == 37 * MS);           /* a whole slot */
}

static void test_who_blocks_leaves_to_who_fits(void **state)
{
    (void)state;
    begin_gangs(3);
    add_gang(0, 0x1, spinner(0));
    add_gang(1, 0x6, (struct life){.run = 5 * MS, .sleep = NEVER});
    add_gang(2, 0x3, spinner(1 * MS)); /* has no place beside 0 */
    add_gang(3, 0x6, spinner(2 * MS));
    check = check_that_none_would_fit;
    run_until(6 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_ptr_equal(queues[1].current, &vcpus[5]);
    assert_ptr_equal(queues[2].current, &vcpus[6]);
    assert_true(slice_end[1] == 30 * MS); /* the rest of the slot */
    run_until(31 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[3]);
    assert_null(queues[2].current);
}

static void test_who_wakes_joins_if_it_fits(void **state)
{
    (void)state;
    begin_gangs(4);
    add_gang(0, 0x3, spinner(0));
    add_gang(1, 0x6, spinner(3 * MS));
    add_gang(2, 0xc, spinner(5 * MS));
    check = check_that_none_would_fit;
    run_until(4 * MS);
    assert_int_equal(vcpus[2].state, SCHED_QUEUED);
    run_until(6 * MS);
    assert_ptr_equal(queues[2].current, &vcpus[4]);
    assert_ptr_equal(queues[3].current, &vcpus[5]);
    assert_true(slice_end[2] == 30 * MS);
}

/* Gangs 1 and 2 collide. Who joins gang 0 early has had its turn, who joins late has not. */
static void check_turn_after_joining(uint64_t wakes, bool again)
{
    begin_gangs(3);
    add_gang(0, 0x1, spinner(0));
    add_gang(1, 0x6, spinner(wakes));
    add_gang(2, 0x6, spinner(wakes));
    add_gang(3, 0x1, spinner(0)); /* waits for the slot */
    run_until(SLOT - 1);
    assert_ptr_equal(queues[1].current, &vcpus[1]);
    run_until(SLOT + 1);
    assert_ptr_equal(queues[1].current, again ? &vcpus[1] : &vcpus[3]);
    run_until(2 * SLOT + 1);
    assert_ptr_equal(queues[1].current, again ? &vcpus[3] : &vcpus[1]);
}

static void test_joining_late_is_no_turn(void **state)
{
    (void)state;
    check_turn_after_joining(10 * MS, false);
    check_turn_after_joining(15 * MS, false);
    check_turn_after_joining(16 * MS, true);
}

/* Nobody is interrupted for a slot that nobody waits for; who comes does not wait longer for that. */
static void test_slot_is_endless_while_nobody_waits(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, spinner(0));
    run_until(70 * MS);
    assert_true(slice_end[0] == NEVER && slice_end[1] == NEVER && sched.due == SCHED_FOREVER);
    add_gang(1, 0x2, spinner(71 * MS));
    run_until(72 * MS);
    assert_ptr_equal(queues[1].current, &vcpus[1]);
    assert_true(slice_end[0] == 90 * MS && slice_end[1] == 90 * MS);
    run_until(91 * MS);
    assert_ptr_equal(queues[1].current, &vcpus[2]);
    assert_null(queues[0].current);
    lives[0].stops = lives[1].stops = vcpus[0].ran + 1 * MS;
    run_until(200 * MS);
    assert_true(slice_end[1] == NEVER && vcpus[2].ran == 109 * MS);
}

static void test_nobody_runnable_sleeps_forever(void **state)
{
    (void)state;
    begin_gangs(2);
    add_gang(0, 0x3, (struct life){.run = 5 * MS, .sleep = NEVER});
    add_gang(1, 0x1, (struct life){.run = 5 * MS, .sleep = NEVER});
    run_until(20 * MS);
    assert_true(next_event() == NEVER);
    assert_true(sched.due == SCHED_FOREVER);
    lives[0].wakes = 25 * MS;
    run_until(26 * MS);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siblings_take_turns_together),
        cmocka_unit_test(test_gangs_that_fit_run_at_once),
        cmocka_unit_test(test_three_gangs_of_four_on_six),
        cmocka_unit_test(test_who_collides_shares_alike),
        cmocka_unit_test(test_turns_are_fair_within_one),
        cmocka_unit_test(test_single_vcpus_are_gangs_of_one),
        cmocka_unit_test(test_pcpu_of_a_blocked_sibling_idles),
        cmocka_unit_test(test_slot_ends_when_all_block),
        cmocka_unit_test(test_who_blocks_leaves_to_who_fits),
        cmocka_unit_test(test_who_wakes_joins_if_it_fits),
        cmocka_unit_test(test_joining_late_is_no_turn),
        cmocka_unit_test(test_slot_is_endless_while_nobody_waits),
        cmocka_unit_test(test_nobody_runnable_sleeps_forever),
    };

    return cmocka_run_group_tests_name("gang", tests, NULL, NULL);
}
