/* SPDX-License-Identifier: MIT */
/*
 * sched/registry.c, hyp/config_params.c: a scheduler that needs no row in the table, `mine`, and what a scheduler must
 * have. Here it is defined as somebody might who has just begun.
 */
#include "tests/unit/config_help.h"

#include "sched/sched.h"

static bool wake(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)rq, (void)vcpu, (void)now;
    return false;
}

static struct sched_vcpu *victim(struct sched *s, struct sched_rq *rq, uint32_t thief)
{
    (void)s, (void)rq, (void)thief;
    return NULL;
}

static struct sched_vcpu *pick(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current, uint64_t now,
                               uint64_t *slice)
{
    (void)s, (void)rq, (void)now;
    *slice = SCHED_FOREVER;
    return current;
}

static const struct sched_parameter params[] = {{.name = NULL}};

const struct sched_ops sched_mine = {
    .name = "mine", .what = "nothing yet", .params = params, .wake = wake, .arrive = wake, .victim = victim};

static void test_is_the_last_there_is(void **state)
{
    (void)state;
    assert_ptr_equal(sched_find("mine"), &sched_mine);
    assert_int_equal(sched_index(&sched_mine), sched_index(&sched_gang) + 1);
    assert_null(sched_all[sched_index(&sched_mine) + 1]);
}

static void test_what_it_lacks(void **state)
{
    struct sched_ops ops = sched_mine;

    (void)state;
    assert_string_equal(sched_lacks(&ops), "pick");
    ops.pick = pick;
    assert_string_equal(sched_lacks(&ops), "dequeue, which victim and spare need");
    ops.victim = NULL;
    assert_null(sched_lacks(&ops));
    ops.spare = sched_rr.spare;
    assert_string_equal(sched_lacks(&ops), "dequeue, which victim and spare need");
    ops.dequeue = sched_rr.dequeue;
    assert_null(sched_lacks(&ops));
    ops.arrive = NULL;
    assert_string_equal(sched_lacks(&ops), "arrive");
    ops.wake = NULL;
    assert_string_equal(sched_lacks(&ops), "wake");
}

static void test_ours_are_whole(void **state)
{
    (void)state;
    for (uint32_t i = 0; sched_all[i] != &sched_mine; i++)
        assert_null(sched_lacks(sched_all[i]));
}

static void test_a_scenario_that_names_it_is_refused(void **state)
{
    (void)state;
    assert_refused("sched = mine\n[vm a]\nguest = hog\n", "", "1: found the scheduler 'mine' without pick");
    assert_refused("at 1ms: sched rr,mine\n[vm a]\nguest = hog\n", "",
                   "1: found the scheduler 'mine' without pick");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_the_last_there_is),
        cmocka_unit_test(test_what_it_lacks),
        cmocka_unit_test(test_ours_are_whole),
        cmocka_unit_test(test_a_scenario_that_names_it_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
