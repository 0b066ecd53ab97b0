/* SPDX-License-Identifier: MIT */
/* sched/place.c and sched/move.c: where a VCPU goes that wakes, and what siblings have to do with it. */
#include "tests/unit/place_help.h"

/* ---- Waking ---- */

static void begin_waking(uint32_t sockets, uint32_t cores, uint32_t threads)
{
    begin_on(sockets, cores, threads, PLACE_COUNT);
    for (uint32_t i = 0; i < sched.pcpus; i++) {
        one_more(BIT(i), 0);
        vcpus[i].affinity.word[0] = all();
    }
}

static uint32_t wakes_at(uint32_t from, uint64_t idle)
{
    sched.idle.word[0] = idle;
    return place_waking(&sched, &vcpus[from]);
}

static void test_waking_goes_home(void **state)
{
    (void)state;
    begin_waking(4, 1, 1);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(wakes_at(i, 0xf), i);
        assert_int_equal(wakes_at(i, 0), i);
    }
}

static void test_waking_goes_to_the_nearest_idle(void **state)
{
    (void)state;
    begin_waking(8, 1, 1);
    assert_int_equal(wakes_at(1, 0x81), 0);
    assert_int_equal(wakes_at(3, 0x81), 0);
    assert_int_equal(wakes_at(4, 0x81), 7);
    assert_int_equal(wakes_at(6, 0x81), 7);
    assert_int_equal(wakes_at(3, 0x14), 2); /* a tie: the lower */
    assert_int_equal(wakes_at(0, 0x80), 7);
    assert_int_equal(wakes_at(7, 0x01), 0);
}

static void test_waking_knows_cores_and_sockets(void **state)
{
    (void)state;
    begin_waking(2, 2, 2);
    assert_int_equal(wakes_at(1, 0x05), 0); /* its core, not its other neighbour */
    assert_int_equal(wakes_at(2, 0x0a), 3);
    assert_int_equal(wakes_at(3, 0x11), 0); /* its socket, though 4 is nearer */
    assert_int_equal(wakes_at(4, 0x88), 7);
    assert_int_equal(wakes_at(3, 0xc0), 6);
}

static void test_waking_keeps_to_its_affinity(void **state)
{
    (void)state;
    begin_waking(4, 1, 1);
    vcpus[1].affinity.word[0] = 0x0a;
    assert_int_equal(wakes_at(1, 0x5), 1);
    assert_int_equal(wakes_at(1, 0xd), 3);
}

static uint64_t sixty_percent(const uint64_t *param)
{
    (void)param;
    return 600000;
}

static void test_waking_goes_where_its_demand_has_room(void **state)
{
    struct sched_ops demanding = sched_rr;

    (void)state;
    demanding.demand = sixty_percent;
    begin_machine(&demanding, &(struct sched_topology){.sockets = 4, .cores = 1, .threads = 1});
    for (uint32_t i = 0; i < 3; i++)
        assert_true(one_more(0x7, 0) == 2 - i);
    assert_int_equal(vcpus[0].pcpu, 2);
    vcpus[0].affinity.word[0] = 0xf;
    assert_int_equal(wakes_at(0, 0xb), 3); /* 1 is as near, and full */
    assert_int_equal(wakes_at(0, 0x3), 2);
    sched_vm_init(&vms[8], 8);
    assert_false(add_life(&vms[8], 0x7, spinner(NEVER)));
}

/* Nobody idles, and a sibling waits at home. */
static void test_waking_avoids_siblings(void **state)
{
    (void)state;
    begin_on(1, 4, 1, PLACE_BALANCE);
    new_vm(3, all(), 0); /* on 3, 2, 1 */
    assert_int_equal(wakes_at(0, 0), 3);
    vcpus[1].pcpu = 3;
    assert_int_equal(wakes_at(0, 0), 3);
    vcpus[1].state = SCHED_QUEUED;
    assert_int_equal(wakes_at(0, 0), 2); /* as empty as 0 and 1, and nearest */
    queues[2].queued = queues[1].queued = 1;
    assert_int_equal(wakes_at(0, 0), 0);
    queues[2].queued = queues[1].queued = 0;
    vcpus[0].affinity.word[0] = 0xa;
    assert_int_equal(wakes_at(0, 0), 1);
    vcpus[0].affinity.word[0] = 0x8;
    assert_int_equal(wakes_at(0, 0), 3);
}

/* ---- balance, and schedulers that keep siblings apart ---- */

static void test_balance_keeps_siblings_apart(void **state)
{
    static const uint32_t expected[] = {3, 2, 1, 0, 3, 2};

    (void)state;
    begin_on(1, 4, 1, PLACE_BALANCE);
    one_more(BIT(3), 0);
    one_more(BIT(3), 0);
    new_vm(6, all(), 0); /* fewest siblings come before fewest members */
    assert_last_are_at((const uint32_t[]){2, 1, 0, 3, 2, 1}, 6);
    begin_on(1, 4, 1, PLACE_BALANCE);
    new_vm(6, all(), 0);
    assert_last_are_at(expected, 6);
}

static void test_balance_counts_siblings_first(void **state)
{
    struct sched_vm *vm;

    (void)state;
    begin_on(1, 2, 1, PLACE_BALANCE);
    for (uint32_t i = 0; i < 3; i++)
        one_more(BIT(0), 0);
    vm = new_vm(1, all(), 0);
    assert_int_equal(vcpus[live - 1].pcpu, 1);
    assert_true(add_life(vm, all(), spinner(NEVER)));
    assert_int_equal(vcpus[live - 1].pcpu, 0);
}

/* Siblings that are awake are in one's way, those that are blocked are not. */
static void test_balance_moves(void **state)
{
    (void)state;
    begin_on(1, 3, 1, PLACE_BALANCE);
    new_vm(3, all(), 0); /* on 2, 1 and 0 */
    assert_true(sched_may_move(&sched, &vcpus[0], 1));
    vcpus[1].state = SCHED_QUEUED;
    assert_false(sched_may_move(&sched, &vcpus[0], 1));
    assert_true(sched_may_move(&sched, &vcpus[0], 0));
    vcpus[2].pcpu = 2; /* one is in the way here, too */
    vcpus[2].state = SCHED_RUNNING;
    assert_false(sched_may_move(&sched, &vcpus[0], 1));
    assert_true(sched_may_move(&sched, &vcpus[0], 0));
    vcpus[1].pcpu = 2; /* two here, none there */
    assert_true(sched_may_move(&sched, &vcpus[0], 1));
    vcpus[2].pcpu = 1;
    new_vm(0, all(), 0);
    assert_false(sched_may_move(&sched, &vcpus[0], 1)); /* one here, one there */
}

static void test_apart_is_strict(void **state)
{
    struct sched_vm *vm;

    (void)state;
    begin_machine(&sched_gang, &(struct sched_topology){.sockets = 1, .cores = 2, .threads = 2});
    sched_vm_init(vm = &vms[0], 0);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(add_life(vm, 0xf, spinner(NEVER)));
    assert_last_are_at((const uint32_t[]){3, 1, 2, 0}, 4);
    assert_false(add_life(vm, 0xf, spinner(NEVER)));
    assert_false(sched_may_move(&sched, &vcpus[0], 1)); /* blocked siblings count */
    sched.idle.word[0] = 0x5;
    assert_int_equal(place_waking(&sched, &vcpus[0]), 3);
}

static uint32_t doubled;

/* No two of those who run or wait share a pCPU with a sibling. */
static void check_balance(void)
{
    for (uint32_t i = 0; i < live; i++)
        if (vcpus[i].state != SCHED_BLOCKED && sched_siblings_awake(&vcpus[i], vcpus[i].pcpu))
            doubled++;
    assert_nobody_waits_in_vain(live);
}

/* VMs of up to as many VCPUs as there are pCPUs, which sleep and wake at random: how often did siblings meet? */
static uint32_t count_doubled(enum place_policy policy, uint64_t round)
{
    seed = round;
    doubled = 0;
    begin_on(1, 4, 1, policy);
    run_until(1);
    for (uint32_t vm = 0; vm < 4; vm++) {
        new_vm((uint32_t)(1 + random_below(4)), all(), 0);
        lives[live - 1] = (struct life){.run = 30 * MS, .sleep = 30 * MS, .jitter = true, .wakes = now};
    }
    for (uint32_t i = 0; i < live; i++)
        lives[i] = (struct life){.run = 30 * MS, .sleep = 10 * MS, .jitter = true, .wakes = now + i};
    check = check_balance;
    run_until(2000 * MS);
    return doubled;
}

static void test_balance_never_lets_siblings_meet(void **state)
{
    uint32_t without = 0;

    (void)state;
    for (uint64_t round = 1; round <= 30; round++) {
        assert_int_equal(count_doubled(PLACE_BALANCE, round), 0);
        without += count_doubled(PLACE_COUNT, round);
    }
    assert_true(without > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balance_keeps_siblings_apart),
        cmocka_unit_test(test_balance_counts_siblings_first),
        cmocka_unit_test(test_balance_moves),
        cmocka_unit_test(test_apart_is_strict),
        cmocka_unit_test(test_balance_never_lets_siblings_meet),
        cmocka_unit_test(test_waking_goes_home),
        cmocka_unit_test(test_waking_goes_to_the_nearest_idle),
        cmocka_unit_test(test_waking_knows_cores_and_sockets),
        cmocka_unit_test(test_waking_keeps_to_its_affinity),
        cmocka_unit_test(test_waking_goes_where_its_demand_has_room),
        cmocka_unit_test(test_waking_avoids_siblings),
    };

    return cmocka_run_group_tests_name("waking", tests, NULL, NULL);
}
