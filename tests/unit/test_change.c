/* SPDX-License-Identifier: MIT */
/* sched/change.c: one scheduler after another, and parameters, while VCPUs wait and run. */
#include "tests/unit/sched_help.h"

#include <string.h>

static char why[160];

static bool change(const struct sched_ops *ops)
{
    bool changed = sched_change(&sched, ops, 0, why, sizeof(why));

    while (sched_next_ask(&sched) != SCHED_NO_PCPU)
        ;
    return changed;
}

static bool set(uint32_t vm, const struct sched_ops *ops, const char *name, uint64_t value)
{
    bool done = sched_set(&sched, &vms[vm], sched_param_find(ops, name, true), value, 0, why, sizeof(why));

    while (sched_next_ask(&sched) != SCHED_NO_PCPU)
        ;
    return done;
}

static uint64_t value(uint32_t vm, const struct sched_ops *ops, const char *name)
{
    return vms[vm].values[sched_index(ops)][sched_param_find(ops, name, true)->slot];
}

static void test_the_longest_waiting_is_first(void **state)
{
    static const uint32_t woken[] = {3, 1, 4, 2};

    (void)state;
    set_up(1, 5);
    wake_asks(&vcpus[0]);
    assert_picks(0, 0, &vcpus[0], SCHED_FOREVER);
    for (uint64_t i = 0; i < COUNT_OF(woken); i++)
        sched_wake(&sched, &vcpus[woken[i]], (1 + i) * MS);
    assert_true(change(&sched_credit));
    assert_true(change(&sched_rr));
    assert_consistent(5);
    assert_ptr_equal(queues[0].current, &vcpus[0]);
    for (size_t i = 0; i < COUNT_OF(woken); i++)
        assert_picks(0, QUANTUM, &vcpus[woken[i]], QUANTUM);
}

/* Two VCPUs of 60 % have no room beside each other; the old scheduler goes on, and all is where it was. */
static void test_change_is_refused_for_want_of_room(void **state)
{
    (void)state;
    set_up(1, 2);
    wake_asks(&vcpus[0]);
    wake_asks(&vcpus[1]);
    assert_picks(0, 0, &vcpus[0], QUANTUM);
    for (uint32_t i = 0; i < 2; i++) {
        assert_true(set(i, &sched_sedf, "period", 10 * MS));
        assert_true(set(i, &sched_sedf, "slice", 6 * MS));
    }
    assert_false(change(&sched_sedf));
    assert_non_null(strstr(why, "room"));
    assert_ptr_equal(sched.ops, &sched_rr);
    assert_consistent(2);
    assert_picks(0, QUANTUM, &vcpus[1], QUANTUM);
    assert_true(set(1, &sched_sedf, "slice", 4 * MS));
    assert_true(change(&sched_sedf));
    assert_consistent(2);
    assert_false(set(1, &sched_sedf, "slice", 5 * MS));
    assert_non_null(strstr(why, "room"));
    assert_true(value(1, &sched_sedf, "slice") == 4 * MS);
    assert_consistent(2);
}

/* Whoever wrote such values did not ask; they are found before they do harm. */
static void test_change_is_refused_for_a_value(void **state)
{
    (void)state;
    set_up(1, 1);
    vms[0].values[sched_index(&sched_sedf)][sched_param_find(&sched_sedf, "slice", true)->slot] = MS;
    assert_false(change(&sched_sedf));
    assert_non_null(strstr(why, "slice"));
    assert_ptr_equal(sched.ops, &sched_rr);
    assert_consistent(1);
}

/* One name is one thing: a VM keeps it under the next scheduler. */
static void test_value_is_set_for_all_schedulers(void **state)
{
    (void)state;
    set_up(1, 1);
    assert_true(set(0, &sched_credit, "weight", 77));
    assert_true(value(0, &sched_credit, "weight") == 77);
    assert_true(value(0, &sched_fair, "weight") == 77);
}

/* Its values must go together before it is started, too; how many VCPUs it will have is not known. */
static void test_values_of_a_vm_that_is_not_there(void **state)
{
    (void)state;
    set_up(1, 0);
    sched_vm_init(&vms[0], 0);
    assert_false(set(0, &sched_sedf, "slice", 6 * MS));
    assert_true(value(0, &sched_sedf, "slice") == 0);
    assert_true(set(0, &sched_sedf, "period", 10 * MS));
    assert_true(set(0, &sched_sedf, "slice", 6 * MS));
    assert_false(set(0, &sched_sedf, "period", 5 * MS));
    assert_true(value(0, &sched_sedf, "period") == 10 * MS);
    assert_true(set(0, &sched_credit, "cap", 800));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_longest_waiting_is_first),
        cmocka_unit_test(test_change_is_refused_for_want_of_room),
        cmocka_unit_test(test_change_is_refused_for_a_value),
        cmocka_unit_test(test_value_is_set_for_all_schedulers),
        cmocka_unit_test(test_values_of_a_vm_that_is_not_there),
    };

    return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
