/* SPDX-License-Identifier: MIT */
/* sched/sedf.c with more than one pCPU: who goes to which, and with what period. */
#include "tests/unit/sedf_help.h"

static uint64_t long_sleep(uint32_t i)
{
    (void)i;
    return 1000 * MS;
}

static void test_idle_pcpu_takes_whom_it_has_room_for(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 2);
    sleep_of = long_sleep;
    for (uint32_t i = 0; i < 3; i++) {
        new_vm();
        give(i, "period", 20 * MS);
        give(i, "slice", i == 2 ? 12 * MS : 8 * MS);
        assert_true(new_vcpu(i, i == 2 ? 2 : 1));
        vcpus[i].affinity.word[0] = 3;
    }
    wake_up(0);
    wake_up(1);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_ptr_equal(queues[1].current, &vcpus[1]); /* 12 and 8 of 20 */
    wake_up(2);
    assert_ptr_equal(queues[1].current, &vcpus[1]); /* the same deadline: who runs goes on */
    now = 4 * MS;
    block_current(0); /* 8 of 20 and 12 of 20: it has room for the one who waits */
    assert_ptr_equal(queues[0].current, &vcpus[2]);
    assert_consistent(3);
}

/* On its way from one pCPU to the other one keeps its period if nobody there has reserved the time; else it begins a
 * new one. */
static void check_move(uint64_t reserved, uint64_t deadline)
{
    begin_run(&sched_sedf, 2);
    sleep_of = long_sleep;
    for (uint32_t i = 0; i < 3; i++) {
        new_vm();
        give(i, "period", i == 0 ? 10 * MS : 20 * MS);
        give(i, "slice", i == 2 ? reserved : 4 * MS);
        assert_true(new_vcpu(i, i == 2 ? 2 : 1));
    }
    wake_all();
    vcpus[1].affinity.word[0] = 3;
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    assert_ptr_equal(queues[1].current, &vcpus[2]);
    now = 2 * MS;
    block_current(1);
    assert_ptr_equal(queues[1].current, &vcpus[1]);
    assert_true(pcpus[1].ends == 6 * MS);
    now = 6 * MS;
    ask(1);
    assert_null(queues[1].current);
    assert_true(pcpus[1].ends == deadline);
}

static void test_a_move_keeps_the_period(void **state)
{
    (void)state;
    check_move(15 * MS, 20 * MS); /* 4 ms in 18 ms are less than a quarter, */
    check_move(16 * MS, 22 * MS); /* but more than a fifth */
}

static void test_spare_has_nothing_but_extra_time(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 2);
    for (uint32_t i = 0; i < 4; i++) {
        new_vm();
        if (i == 1) {
            give(i, "period", 100 * MS);
            give(i, "slice", 1 * MS);
            give(i, "extra", 1);
        }
        assert_true(new_vcpu(i, 1));
        wake_up(i);
    }
    assert_ptr_equal(queues[0].current, &vcpus[1]);
    for (uint32_t i = 0; i < 4; i++)
        vcpus[i].affinity.word[0] = 3;
    assert_ptr_equal(sched_sedf.spare(&sched, &queues[0], 1, 0), &vcpus[3]);
    vcpus[3].affinity.word[0] = 1;
    assert_ptr_equal(sched_sedf.spare(&sched, &queues[0], 1, 0), &vcpus[2]);
    assert_null(sched_sedf.spare(&sched, &queues[0], 1, 2));
    queues[1].load = 20000;
    assert_null(sched_sedf.spare(&sched, &queues[0], 1, 0)); /* there is less left there */
    queues[1].load = 0;
    assert_ptr_equal(sched_sedf.victim(&sched, &queues[0], 1), &vcpus[0]);
    ask(1);
    assert_ptr_equal(queues[1].current, &vcpus[0]);
}

/* However many wait with a budget. */
static void test_nothing_to_spare(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 2);
    for (uint32_t i = 0; i < 4; i++) {
        new_vm();
        give(i, "period", 20 * MS);
        give(i, "slice", 1 * MS);
        assert_true(new_vcpu(i, 1));
        wake_up(i);
    }
    for (uint32_t i = 0; i < 4; i++)
        vcpus[i].affinity.word[0] = 3;
    assert_int_equal(queues[0].queued, 3);
    assert_null(sched_sedf.spare(&sched, &queues[0], 1, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle_pcpu_takes_whom_it_has_room_for),
        cmocka_unit_test(test_a_move_keeps_the_period),
        cmocka_unit_test(test_spare_has_nothing_but_extra_time),
        cmocka_unit_test(test_nothing_to_spare),
    };

    return cmocka_run_group_tests_name("sedf_moves", tests, NULL, NULL);
}
