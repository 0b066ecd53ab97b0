/* SPDX-License-Identifier: MIT */
/* sched/credit.c with queues longer than what one pick sorts: verdicts reach them by and by, and nobody is lost. */
#include "tests/unit/credit_help.h"

#define COUNT 64
#define STEP  32 /* SORT_STEP */

/* VCPU 0 runs on pCPU 0, where all others wait in order. Then all but one are found in debt. */
static void set_up_long(uint32_t pcpus, uint32_t saver)
{
    set_up_still(pcpus, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        loads[i] = (struct load){.burst = NEVER, .wakes = NEVER};
        add_at(i, 0, 1);
    }
    wake_all(COUNT);
    check_runs(0, 0);
    for (uint32_t i = 0; i < COUNT; i++)
        judge(i, i != saver);
}

static uint32_t length(const struct list *queue)
{
    const struct list *link;
    uint32_t count = 0;

    list_for_each (link, queue)
        count++;
    return count;
}

static void test_a_pick_sorts_a_step(void **state)
{
    (void)state;
    set_up_long(1, 60);
    now = TURN;
    pick_now(0);
    check_runs(0, 1);
    assert_int_equal(length(&queues[0].queue), COUNT - 1 - STEP);
    assert_consistent(COUNT);
    block_now(0); /* the next step finds him who is not in debt */
    check_runs(0, 60);
    assert_true(list_empty(&queues[0].queue));
    assert_consistent(COUNT);
}

static void test_everybody_runs(void **state)
{
    bool ran[COUNT] = {false};

    (void)state;
    set_up_long(1, 60);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t vcpu = (uint32_t)(queues[0].current - vcpus);

        assert_false(ran[vcpu]);
        ran[vcpu] = true;
        if (i % 2)
            VERDICTS(&sched)++; /* before the last ones have been sorted */
        block_now(0);
    }
    assert_null(queues[0].current);
}

static void test_the_boosted_come_first(void **state)
{
    (void)state;
    set_up_long(1, COUNT);
    block_now(0);
    check_runs(0, 1);
    set_top("boost", 1);
    IS_OVER(&vcpus[0]) = false;
    now = 5 * MS;
    wake_only(0);
    VERDICTS(&sched)++; /* while others are still to be sorted since the last time */
    pick_now(0);
    check_runs(0, 0);
}

static void test_an_idle_pcpu_finds_the_unsorted(void **state)
{
    (void)state;
    set_up_long(2, COUNT);
    now = TURN;
    pick_now(0);
    vcpus[50].affinity.word[0] = 3;
    pick_now(1);
    check_runs(1, 50);
    assert_consistent(COUNT);
}

static void test_the_parked_are_not_taken_unsorted(void **state)
{
    (void)state;
    set_up_long(2, COUNT);
    IS_OUT(&vcpus[50]) = true;
    VERDICTS(&sched)++;
    now = TURN;
    pick_now(0);
    block_now(0);
    assert_true(vcpus[50].parked);
    VERDICTS(&sched)++;
    pick_now(0);
    vcpus[50].affinity.word[0] = 3;
    pick_now(1);
    assert_null(queues[1].current);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pick_sorts_a_step),
        cmocka_unit_test(test_everybody_runs),
        cmocka_unit_test(test_the_boosted_come_first),
        cmocka_unit_test(test_an_idle_pcpu_finds_the_unsorted),
        cmocka_unit_test(test_the_parked_are_not_taken_unsorted),
    };

    return cmocka_run_group_tests_name("credit_long", tests, NULL, NULL);
}
