/* SPDX-License-Identifier: MIT */
/* sched/place.c: where a VCPU goes. */
#include "tests/unit/sched_help.h"

static void test_new_goes_to_the_fewest(void **state)
{
    static const uint32_t expected[] = {3, 2, 1, 0, 3, 2};

    (void)state;
    set_up(4, 0);
    for (uint32_t i = 0; i < 6; i++)
        assert_true(add(i, 0xf));
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(vcpus[i].pcpu, expected[i]);
    sched_remove(&sched, &vcpus[3]);
    assert_int_equal(place_new(&sched, &vcpus[3]), 0);
    assert_consistent(6);
}

static void test_new_keeps_to_its_affinity(void **state)
{
    (void)state;
    set_up(4, 0);
    for (uint32_t i = 0; i < 5; i++)
        add(i, i < 3 ? 0x4 : 0xc);
    assert_int_equal(vcpus[2].pcpu, 2);
    assert_int_equal(vcpus[3].pcpu, 3);
    assert_int_equal(vcpus[4].pcpu, 3);
}

static void test_waking_goes_home(void **state)
{
    (void)state;
    set_up(4, 4);
    sched.idle.word[0] = 0xf;
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(place_waking(&sched, &vcpus[i]), i);
    sched.idle.word[0] = 0;
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(place_waking(&sched, &vcpus[i]), i);
}

static void test_waking_goes_to_the_nearest_idle(void **state)
{
    (void)state;
    set_up(8, 8);
    sched.idle.word[0] = 0x81;
    assert_int_equal(place_waking(&sched, &vcpus[1]), 0);
    assert_int_equal(place_waking(&sched, &vcpus[3]), 0);
    assert_int_equal(place_waking(&sched, &vcpus[4]), 7);
    assert_int_equal(place_waking(&sched, &vcpus[6]), 7);
    sched.idle.word[0] = 0x14;
    assert_int_equal(place_waking(&sched, &vcpus[3]), 2);
}

static void test_waking_keeps_to_its_affinity(void **state)
{
    (void)state;
    set_up(4, 4);
    vcpus[1].affinity.word[0] = 0x0a;
    sched.idle.word[0] = 0x5;
    assert_int_equal(place_waking(&sched, &vcpus[1]), 1);
    sched.idle.word[0] = 0xd;
    assert_int_equal(place_waking(&sched, &vcpus[1]), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_goes_to_the_fewest),
        cmocka_unit_test(test_new_keeps_to_its_affinity),
        cmocka_unit_test(test_waking_goes_home),
        cmocka_unit_test(test_waking_goes_to_the_nearest_idle),
        cmocka_unit_test(test_waking_keeps_to_its_affinity),
    };

    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
