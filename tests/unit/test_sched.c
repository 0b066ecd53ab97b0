/* SPDX-License-Identifier: MIT */
/*
 * sched/sched.c: how VCPUs come, go and move between pCPUs, and who is asked;
 * then with a thread for every pCPU, all at once.
 */
#include "tests/unit/sched_help.h"

#include <pthread.h>
#include <string.h>

static void test_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(sched_find("rr"), &sched_rr);
    assert_null(sched_find("r"));
    assert_null(sched_find(""));
    for (size_t i = 0; sched_all[i]; i++) {
        assert_ptr_equal(sched_find(sched_all[i]->name), sched_all[i]);
        assert_non_null(sched_all[i]->what);
        for (const struct sched_parameter *param = sched_all[i]->params; param->name; param++) {
            assert_true(param->slot < SCHED_PARAMS && param->what);
            assert_true(param->choices || (param->or_zero && param->initial == 0) ||
                        (param->min <= param->initial && param->initial <= param->max));
        }
    }
}

static void test_comes_and_goes(void **state)
{
    (void)state;
    set_up(2, 3);
    assert_consistent(3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(vcpus[i].state, SCHED_BLOCKED);
    assert_picks(0, 0, NULL, 0);
    sched_remove(&sched, &vcpus[1]);
    assert_int_equal(vcpus[1].state, SCHED_OUT);
    assert_int_equal(wake_asks(&vcpus[1]), SCHED_NO_PCPU);
    assert_consistent(3);
}

static uint64_t more_than_half(const uint64_t *param)
{
    (void)param;
    return SCHED_WHOLE / 2 + 1;
}

/* One pCPU has room for one of them; the other may be woken all the same, and nothing comes of it. */
static void test_refused_for_its_demand(void **state)
{
    struct sched_ops needy = sched_rr;

    (void)state;
    needy.demand = more_than_half;
    begin(&needy, 1);
    assert_true(add(0, 1));
    assert_false(add(1, 1));
    assert_int_equal(vcpus[1].state, SCHED_OUT);
    assert_int_equal(wake_asks(&vcpus[1]), SCHED_NO_PCPU);
    assert_consistent(2);
    sched_remove(&sched, &vcpus[0]);
    assert_true(add(1, 1));
    assert_consistent(2);
}

static void test_wake_asks_its_home(void **state)
{
    (void)state;
    set_up(2, 2);
    assert_int_equal(wake_asks(&vcpus[1]), 1);    /* before anybody was ever asked */
    assert_picks(0, 0, &vcpus[1], SCHED_FOREVER); /* who asks first takes it */
    assert_int_equal(vcpus[1].pcpu, 0);
    assert_picks(1, 0, NULL, 0);
    assert_consistent(2);
}

static void test_wake_of_a_runnable_does_nothing(void **state)
{
    (void)state;
    set_up(1, 2);
    wake_asks(&vcpus[0]);
    assert_int_equal(wake_asks(&vcpus[0]), SCHED_NO_PCPU);
    assert_picks(0, 0, &vcpus[0], SCHED_FOREVER);
    assert_int_equal(wake_asks(&vcpus[0]), SCHED_NO_PCPU);
    assert_consistent(2);
}

static void test_wake_moves_to_an_idle_pcpu(void **state)
{
    (void)state;
    set_up(4, 8); /* 0 and 4 belong to pCPU 0 */
    for (uint32_t pcpu = 0; pcpu < 4; pcpu++)
        assert_picks(pcpu, 0, NULL, 0);
    assert_int_equal(sched.idle.word[0], 0xf);
    assert_int_equal(wake_asks(&vcpus[0]), 0);
    assert_picks(0, 0, &vcpus[0], SCHED_FOREVER);
    assert_int_equal(wake_asks(&vcpus[4]), 1);
    assert_int_equal(vcpus[4].pcpu, 1);
    assert_int_equal(sched.idle.word[0], 0xc); /* 1 is asked, and nobody asks it again */
    assert_int_equal(wake_asks(&vcpus[1]), 2);
    assert_consistent(8);
    assert_picks(1, 0, &vcpus[4], SCHED_FOREVER);
    assert_picks(2, 0, &vcpus[1], SCHED_FOREVER);
    assert_consistent(8);
}

static void test_idle_takes_from_the_busy(void **state)
{
    (void)state;
    set_up(2, 4);
    for (uint32_t i = 0; i < 4; i++)
        wake_asks(&vcpus[i]);
    assert_picks(0, 0, &vcpus[0], QUANTUM);
    assert_picks(1, 0, &vcpus[1], QUANTUM);
    sched_block(&sched, 1, MS, 0);
    assert_picks(1, 0, &vcpus[3], SCHED_FOREVER);
    sched_block(&sched, 1, MS, 0);
    assert_picks(1, 0, &vcpus[2], SCHED_FOREVER);
    assert_int_equal(vcpus[2].pcpu, 1);
    assert_picks(0, MS, &vcpus[0], SCHED_FOREVER);
    assert_consistent(4);
}

static void test_taking_respects_affinity(void **state)
{
    (void)state;
    set_up(2, 0);
    for (uint32_t i = 0; i < 3; i++)
        add_at(i, 0, i == 2 ? 0x3 : 0x1);
    for (uint32_t i = 0; i < 3; i++)
        wake_asks(&vcpus[i]);
    assert_picks(1, 0, &vcpus[2], SCHED_FOREVER);
    sched_block(&sched, 1, 0, 0);
    assert_picks(1, 0, NULL, 0);
    assert_consistent(3);
}

/* Somebody who may go elsewhere is put off for one who may not: the idle pCPU has to hear of it. */
static void test_preempted_vcpu_finds_the_idle_pcpu(void **state)
{
    struct sched_decision decision;

    (void)state;
    set_up(2, 0);
    add_at(0, 0, 0x1);
    add_at(1, 1, 0x3);
    wake_asks(&vcpus[1]);
    assert_picks(0, 0, &vcpus[1], SCHED_FOREVER);
    assert_picks(1, 0, NULL, 0);
    assert_int_equal(wake_asks(&vcpus[0]), 0);
    assert_int_equal(pick_asks(0, MS, &decision), SCHED_NO_PCPU);
    assert_ptr_equal(decision.vcpu, &vcpus[1]);
    assert_int_equal(pick_asks(0, QUANTUM, &decision), 1);
    assert_ptr_equal(decision.vcpu, &vcpus[0]);
    assert_picks(1, 0, &vcpus[1], SCHED_FOREVER);
    assert_consistent(2);
}

/* Three on pCPU 0, one on pCPU 1, nobody idles: when the turn changes, the last who may go over does. */
static void test_lengths_even_out(void **state)
{
    struct sched_decision decision;

    (void)state;
    set_up(2, 0);
    for (uint32_t i = 0; i < 4; i++) {
        add(i, i < 3 ? 1 : 2);
        wake_asks(&vcpus[i]);
    }
    assert_picks(0, 0, &vcpus[0], QUANTUM);
    assert_picks(1, 0, &vcpus[3], SCHED_FOREVER);
    vcpus[1].affinity.word[0] = vcpus[2].affinity.word[0] = 3;

    assert_int_equal(pick_asks(0, 1 * MS, &decision), SCHED_NO_PCPU);
    assert_ptr_equal(decision.vcpu, &vcpus[0]);
    assert_int_equal(vcpus[2].pcpu, 0);

    assert_int_equal(pick_asks(0, QUANTUM, &decision), 1);
    assert_ptr_equal(decision.vcpu, &vcpus[1]);
    assert_int_equal(vcpus[2].pcpu, 1);
    assert_consistent(4);
    assert_picks(1, QUANTUM, &vcpus[2], QUANTUM);
}

/* Two wait on pCPU 0 and one on pCPU 1: it would be the same the other way round. */
static void test_lengths_that_differ_by_one_stay(void **state)
{
    (void)state;
    set_up(2, 5);
    for (uint32_t i = 0; i < 5; i++)
        sched_wake(&sched, &vcpus[i], 0);
    assert_picks(0, 0, &vcpus[0], QUANTUM);
    assert_picks(1, 0, &vcpus[1], QUANTUM);
    assert_picks(0, QUANTUM, &vcpus[2], QUANTUM);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(vcpus[i].pcpu, i % 2);
}

/* A pCPU whose clock was read before another's counts nothing twice, and forgets nothing. */
static void test_clock_that_was_read_earlier(void **state)
{
    (void)state;
    set_up(1, 1);
    sched_wake(&sched, &vcpus[0], 0);
    assert_picks(0, 0, &vcpus[0], SCHED_FOREVER);
    sched_block(&sched, 0, SCHED_WINDOW, 2 * (uint64_t)SCHED_WINDOW);
    assert_true(vcpus[0].measured == SCHED_WHOLE / 2);
    sched_wake(&sched, &vcpus[0], 2 * (uint64_t)SCHED_WINDOW - 1);
    assert_picks(0, 0, &vcpus[0], SCHED_FOREVER);
    sched_block(&sched, 0, 0, 2 * (uint64_t)SCHED_WINDOW - 1);
    assert_true(vcpus[0].measured == SCHED_WHOLE / 2);
    assert_true(vcpus[0].measured_at == 2 * (uint64_t)SCHED_WINDOW);
}

/* An idle pCPU that was asked for the sake of one VCPU finds another when it comes: it passes the request on. */
static void test_request_is_passed_on(void **state)
{
    static const uint64_t affinities[] = {0xb, 0x1, 0x2};
    struct sched_decision decision;

    (void)state;
    set_up(4, 0);
    for (uint32_t i = 0; i < 3; i++)
        add_at(i, i == 2, affinities[i]);
    wake_asks(&vcpus[0]);
    assert_picks(0, 0, &vcpus[0], SCHED_FOREVER);
    assert_picks(1, 0, NULL, 0);
    assert_picks(3, 0, NULL, 0);
    wake_asks(&vcpus[1]);
    assert_int_equal(pick_asks(0, QUANTUM, &decision), 1); /* 0 waits, pCPU 1 shall take it */
    assert_ptr_equal(decision.vcpu, &vcpus[1]);
    assert_int_equal(wake_asks(&vcpus[2]), 1); /* meanwhile 2 wakes there */
    assert_int_equal(pick_asks(1, 0, &decision), 3);
    assert_ptr_equal(decision.vcpu, &vcpus[2]);
    assert_picks(3, 0, &vcpus[0], SCHED_FOREVER);
    assert_nobody_waits_in_vain(3);
    assert_consistent(3);
}

/* ---- Every pCPU a thread ---- */

#define THREADS    4
#define STRESSED   12
#define ROUNDS     400
#define OPERATIONS 50

static pthread_barrier_t barrier;
static bool asked[THREADS];      /* what the hypervisor's kick does */
static uint32_t owner[STRESSED]; /* 0, or 1 + the pCPU that runs it */
static uint64_t runs[STRESSED];

static void note_asks(void)
{
    for (uint32_t pcpu; (pcpu = sched_next_ask(&sched)) != SCHED_NO_PCPU;)
        __atomic_store_n(&asked[pcpu], true, __ATOMIC_SEQ_CST);
}

static void thread_wake(struct sched_vcpu *vcpu)
{
    sched_wake(&sched, vcpu, 0);
    note_asks();
}

static void release(struct sched_vcpu *vcpu)
{
    if (vcpu)
        __atomic_store_n(&owner[vcpu - vcpus], 0, __ATOMIC_SEQ_CST);
}

static void run(uint32_t pcpu, struct sched_vcpu *vcpu)
{
    uint32_t nobody = 0;

    if (!vcpu)
        return;
    if (!may_run(vcpu, pcpu) || !__atomic_compare_exchange_n(&owner[vcpu - vcpus], &nobody, pcpu + 1, false,
                                                             __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        abort(); /* on two pCPUs at once, or where it must not be */
    runs[vcpu - vcpus]++;
}

static struct sched_vcpu *thread_pick(uint32_t pcpu, struct sched_vcpu *current, uint64_t ran)
{
    struct sched_decision decision;

    __atomic_store_n(&asked[pcpu], false, __ATOMIC_SEQ_CST);
    release(current);
    sched_pick(&sched, pcpu, current ? ran : 0, 0, &decision);
    note_asks();
    run(pcpu, decision.vcpu);
    return decision.vcpu;
}

static struct sched_vcpu *thread_block(uint32_t pcpu, struct sched_vcpu *current)
{
    release(current);
    sched_block(&sched, pcpu, MS, 0);
    return thread_pick(pcpu, NULL, 0);
}

/* Between two barriers: everybody follows the requests that are left, until there is none. */
static struct sched_vcpu *settle_down(uint32_t pcpu, struct sched_vcpu *current)
{
    for (bool quiet = false; !quiet;) {
        if (__atomic_load_n(&asked[pcpu], __ATOMIC_SEQ_CST))
            current = thread_pick(pcpu, current, 0);
        pthread_barrier_wait(&barrier);
        quiet = true;
        for (uint32_t i = 0; i < THREADS; i++)
            quiet &= !__atomic_load_n(&asked[i], __ATOMIC_SEQ_CST);
        pthread_barrier_wait(&barrier);
    }
    return current;
}

static void *live(void *argument)
{
    uint32_t pcpu = (uint32_t)(uintptr_t)argument;
    uint64_t seed = pcpu + 1;
    struct sched_vcpu *current = thread_pick(pcpu, NULL, 0);

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < OPERATIONS; i++) {
            uint64_t dice = test_random(&seed) % 8;

            if (dice < 2)
                thread_wake(&vcpus[test_random(&seed) % STRESSED]);
            else if (dice < 5 && current)
                current = thread_block(pcpu, current);
            else if (dice < 6 || __atomic_load_n(&asked[pcpu], __ATOMIC_SEQ_CST))
                current = thread_pick(pcpu, current, test_random(&seed) % (2 * QUANTUM));
        }
        current = settle_down(pcpu, current);
        if (pcpu == 0) {
            assert_consistent(STRESSED);
            assert_nobody_waits_in_vain(STRESSED);
        }
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void test_many_pcpus_at_once(void **state)
{
    static const uint64_t affinities[] = {0xf, 0xf, 0x3, 0xc, 0xf, 0x1};
    pthread_t threads[THREADS];

    (void)state;
    set_up(THREADS, 0);
    for (uint32_t i = 0; i < STRESSED; i++)
        add(i, affinities[i % COUNT_OF(affinities)]);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (uintptr_t i = 1; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, live, (void *)i), 0);
    live(NULL);
    for (uint32_t i = 1; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    for (uint32_t i = 0; i < STRESSED; i++)
        assert_true(runs[i] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_by_name),
        cmocka_unit_test(test_comes_and_goes),
        cmocka_unit_test(test_wake_asks_its_home),
        cmocka_unit_test(test_refused_for_its_demand),
        cmocka_unit_test(test_wake_of_a_runnable_does_nothing),
        cmocka_unit_test(test_wake_moves_to_an_idle_pcpu),
        cmocka_unit_test(test_idle_takes_from_the_busy),
        cmocka_unit_test(test_taking_respects_affinity),
        cmocka_unit_test(test_preempted_vcpu_finds_the_idle_pcpu),
        cmocka_unit_test(test_lengths_even_out),
        cmocka_unit_test(test_lengths_that_differ_by_one_stay),
        cmocka_unit_test(test_clock_that_was_read_earlier),
        cmocka_unit_test(test_request_is_passed_on),
        cmocka_unit_test(test_many_pcpus_at_once),
    };

    return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
