/* SPDX-License-Identifier: MIT */
/*
 * sched/rr.c, alone on one pCPU and in random workloads on several. The latter
 * run in a small event loop: VCPUs compute and block, timers wake them, pCPUs
 * are asked when a slice ends and when the scheduler says so.
 */
#include "tests/unit/sched_help.h"

static void wake(uint32_t vcpu)
{
    sched_wake(&sched, &vcpus[vcpu], 0);
}

static void test_takes_turns(void **state)
{
    (void)state;
    set_up(1, 3);
    for (uint32_t i = 0; i < 3; i++)
        wake(i);
    assert_picks(0, 0, &vcpus[0], QUANTUM);
    for (uint32_t i = 1; i < 10; i++)
        assert_picks(0, QUANTUM, &vcpus[i % 3], QUANTUM);
    assert_consistent(3);
}

static void test_goes_on_with_the_rest(void **state)
{
    (void)state;
    set_up(1, 2);
    wake(0);
    wake(1);
    assert_picks(0, 0, &vcpus[0], QUANTUM);
    assert_picks(0, 10 * MS, &vcpus[0], 20 * MS);
    assert_picks(0, 0, &vcpus[0], 20 * MS);
    assert_picks(0, 19 * MS, &vcpus[0], 1 * MS);
    assert_picks(0, 2 * MS, &vcpus[1], QUANTUM);
}

static void test_alone_runs_without_end(void **state)
{
    (void)state;
    set_up(1, 2);
    assert_int_equal(wake_asks(&vcpus[0]), 0);
    assert_picks(0, 0, &vcpus[0], SCHED_FOREVER);
    assert_picks(0, 10 * MS, &vcpus[0], SCHED_FOREVER);
    assert_int_equal(wake_asks(&vcpus[1]), 0);
    assert_picks(0, 5 * MS, &vcpus[0], 15 * MS);
    sched_block(&sched, 0, 15 * MS, 0);
    assert_picks(0, 0, &vcpus[1], SCHED_FOREVER);
    assert_picks(0, 100 * MS, &vcpus[1], SCHED_FOREVER);
    assert_int_equal(wake_asks(&vcpus[0]), 0);
    assert_picks(0, 1 * MS, &vcpus[0], QUANTUM);
}

static void test_waking_does_not_preempt(void **state)
{
    (void)state;
    set_up(1, 3);
    wake(0);
    wake(1);
    assert_picks(0, 0, &vcpus[0], QUANTUM);
    assert_int_equal(wake_asks(&vcpus[2]), SCHED_NO_PCPU);
    assert_int_equal(wake_asks(&vcpus[2]), SCHED_NO_PCPU);
    assert_picks(0, 10 * MS, &vcpus[0], 20 * MS);
    assert_picks(0, 20 * MS, &vcpus[1], QUANTUM);
    assert_picks(0, QUANTUM, &vcpus[2], QUANTUM);
}

static void test_waker_queues_behind_all(void **state)
{
    (void)state;
    set_up(1, 3);
    for (uint32_t i = 0; i < 3; i++)
        wake(i);
    assert_picks(0, 0, &vcpus[0], QUANTUM);
    sched_block(&sched, 0, 1 * MS, 0);
    wake(0);
    assert_picks(0, 0, &vcpus[1], QUANTUM);
    assert_picks(0, QUANTUM, &vcpus[2], QUANTUM);
    assert_picks(0, QUANTUM, &vcpus[0], QUANTUM);
}

static void test_yield_gives_way_once(void **state)
{
    (void)state;
    set_up(1, 2);
    wake(0);
    wake(1);
    assert_picks(0, 0, &vcpus[0], QUANTUM);
    sched_give_way(&sched, 0, 1 * MS, 0);
    assert_picks(0, 0, &vcpus[1], QUANTUM);
    assert_picks(0, QUANTUM, &vcpus[0], QUANTUM);
    sched_block(&sched, 0, 0, 0);
    assert_picks(0, 0, &vcpus[1], SCHED_FOREVER);
    sched_give_way(&sched, 0, 1 * MS, 0);
    assert_picks(0, 0, &vcpus[1], SCHED_FOREVER);
}

static void test_quantum_parameter(void **state)
{
    const struct sched_parameter *param = sched_param_find(&sched_rr, "quantum", false);

    (void)state;
    assert_non_null(param);
    assert_null(sched_param_find(&sched_rr, "quantum", true));
    assert_null(sched_param_find(&sched_rr, "weight", false));
    set_up(1, 2);
    assert_true(sched.param[param->slot] == param->initial && param->initial == QUANTUM);
    sched.values[0][param->slot] = 5 * MS;
    wake(0);
    wake(1);
    assert_picks(0, 0, &vcpus[0], 5 * MS);
    assert_picks(0, 5 * MS, &vcpus[1], 5 * MS);
}

static void test_victim_is_the_first_that_may(void **state)
{
    (void)state;
    set_up(1, 4);
    for (uint32_t i = 0; i < 4; i++)
        wake(i);
    vcpus[2].affinity.word[0] = 0x5;
    vcpus[3].affinity.word[0] = 0x4;
    assert_ptr_equal(sched.ops->victim(&sched, &queues[0], 0), &vcpus[0]);
    assert_ptr_equal(sched.ops->victim(&sched, &queues[0], 2), &vcpus[2]);
    assert_null(sched.ops->victim(&sched, &queues[0], 3));
}

/* ---- Random workloads ---- */

#define NEVER UINT64_MAX

/* What the event loop knows of a VCPU; the scheduler's part is in vcpus[]. */
static struct load {
    uint64_t burst;  /* ns it still wants to run before it blocks */
    uint64_t wakes;  /* when it wakes, while BLOCKED */
    uint64_t latest; /* by when it must have run, while QUEUED */
    uint64_t ran;
    enum sched_state was;
} loads[MAX_VCPUS];

static struct {
    uint64_t slice_end, since; /* since: up to when the current one's run time is counted */
} pcpus[MAX_PCPUS];

static uint64_t now, seed;
static uint32_t count;
static bool ask_all; /* a kick now and then that nobody needs */

static uint64_t random_below(uint64_t limit)
{
    return test_random(&seed) % limit;
}

static struct load *load_of(struct sched_vcpu *vcpu)
{
    return &loads[vcpu - vcpus];
}

/* Who has begun to wait must run once all who wait before him, and the one who runs, have had a quantum. */
static void note_waits(void)
{
    for (uint32_t i = 0; i < count; i++) {
        struct sched_rq *rq = &queues[vcpus[i].pcpu];

        if (vcpus[i].state == SCHED_QUEUED && loads[i].was != SCHED_QUEUED)
            loads[i].latest = now + (rq->queued - 1 + (rq->current != NULL)) * sched.param[0];
        loads[i].was = vcpus[i].state;
    }
}

static void ask(uint32_t pcpu);

static uint64_t count_run(uint32_t pcpu)
{
    uint64_t ran = now - pcpus[pcpu].since;

    pcpus[pcpu].since = now;
    if (!queues[pcpu].current)
        return 0;
    load_of(queues[pcpu].current)->ran += ran;
    load_of(queues[pcpu].current)->burst -= ran;
    return ran;
}

static void ask(uint32_t pcpu)
{
    for (; pcpu != SCHED_NO_PCPU; pcpu = sched_next_ask(&sched)) {
        struct sched_decision decision;

        sched_pick(&sched, pcpu, count_run(pcpu), now, &decision);
        assert_ptr_equal(queues[pcpu].current, decision.vcpu);
        pcpus[pcpu].slice_end = NEVER;
        if (decision.vcpu) {
            assert_true(decision.slice > 0);
            assert_int_equal(decision.vcpu->pcpu, pcpu);
            if (load_of(decision.vcpu)->was == SCHED_QUEUED)
                assert_true(now <= load_of(decision.vcpu)->latest);
            if (decision.slice != SCHED_FOREVER)
                pcpus[pcpu].slice_end = now + decision.slice;
        }
        note_waits();
    }
}

static void wake_vcpu(uint32_t i)
{
    loads[i].burst = 1 + random_below(random_below(4) ? 20 * MS : 200 * MS);
    loads[i].wakes = NEVER;
    sched_wake(&sched, &vcpus[i], now);
    note_waits();
    ask(sched_next_ask(&sched));
}

static void block_current(uint32_t pcpu)
{
    struct load *load = load_of(queues[pcpu].current);

    load->wakes = now + 1 + random_below(random_below(3) ? 30 * MS : 300 * MS);
    sched_block(&sched, pcpu, count_run(pcpu), now);
    note_waits();
    ask(pcpu);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t burst_end(uint32_t pcpu)
{
    return queues[pcpu].current ? pcpus[pcpu].since + load_of(queues[pcpu].current)->burst : NEVER;
}

static uint64_t next_time(void)
{
    uint64_t next = NEVER;

    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++)
        next = least(next, least(pcpus[pcpu].slice_end, burst_end(pcpu)));
    for (uint32_t i = 0; i < count; i++)
        if (vcpus[i].state == SCHED_BLOCKED)
            next = least(next, loads[i].wakes);
    return next;
}

/* A VCPU goes away while it is BLOCKED, and comes back as a new one. */
static void replace_someone(void)
{
    uint32_t i = (uint32_t)random_below(count);

    if (vcpus[i].state != SCHED_BLOCKED)
        return;
    sched_remove(&sched, &vcpus[i]);
    assert_int_equal(vcpus[i].state, SCHED_OUT);
    assert_consistent(count);
    sched_add(&sched, &vcpus[i], now);
}

static void step(void)
{
    now = next_time();
    assert_true(now != NEVER);
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++) {
        if (burst_end(pcpu) <= now)
            block_current(pcpu);
        else if (pcpus[pcpu].slice_end <= now)
            ask(pcpu);
    }
    for (uint32_t i = 0; i < count; i++)
        if (vcpus[i].state == SCHED_BLOCKED && loads[i].wakes <= now)
            wake_vcpu(i);
    if (ask_all && random_below(4) == 0)
        ask((uint32_t)random_below(sched.pcpus));
    if (random_below(8) == 0)
        replace_someone();
    assert_consistent(count);
    assert_nobody_waits_in_vain(count);
    for (uint32_t i = 0; i < count; i++)
        assert_true(vcpus[i].state != SCHED_QUEUED || now <= loads[i].latest);
}

static void begin_workload(uint32_t number_of_pcpus, uint32_t number_of_vcpus)
{
    now = 0;
    count = number_of_vcpus;
    begin(&sched_rr, number_of_pcpus);
    for (uint32_t pcpu = 0; pcpu < number_of_pcpus; pcpu++) {
        pcpus[pcpu].since = 0;
        pcpus[pcpu].slice_end = NEVER;
        ask(pcpu);
    }
}

static void test_random_workloads(void **state)
{
    (void)state;
    for (seed = 1; seed < 200;) {
        uint64_t round = seed;

        begin_workload((uint32_t)(1 + random_below(MAX_PCPUS)), (uint32_t)(1 + random_below(24)));
        sched.values[0][0] = (1 + random_below(50)) * MS;
        ask_all = random_below(2);
        for (uint32_t i = 0; i < count; i++) {
            uint64_t everywhere = (UINT64_C(1) << sched.pcpus) - 1;
            uint64_t some = test_random(&seed) & everywhere;

            loads[i] = (struct load){.wakes = random_below(100 * MS)};
            add(i, random_below(2) && some ? some : everywhere);
        }
        for (int steps = 0; steps < 500; steps++)
            step();
        seed = round + 1;
    }
}

/* Spinners that all wake at once; after `rounds` turns everybody has run equally long. */
static void check_spinners(uint32_t number_of_pcpus, uint32_t number_of_vcpus, uint64_t rounds)
{
    begin_workload(number_of_pcpus, number_of_vcpus);
    ask_all = false;
    for (uint32_t i = 0; i < count; i++) {
        loads[i] = (struct load){.wakes = NEVER};
        add(i, bit_mask(number_of_pcpus));
        wake_vcpu(i);
        loads[i].burst = NEVER / 2;
    }
    for (uint64_t end = rounds * count / number_of_pcpus * QUANTUM; now < end;) {
        now = least(next_time(), end);
        for (uint32_t pcpu = 0; pcpu < number_of_pcpus; pcpu++)
            ask(pcpu);
    }
    for (uint32_t i = 0; i < count; i++)
        assert_true(loads[i].ran == rounds * QUANTUM);
}

static void test_spinners_share_alike(void **state)
{
    (void)state;
    seed = 1;
    check_spinners(1, 2, 50);
    check_spinners(1, 11, 20);
    check_spinners(6, 12, 50);
    check_spinners(8, 24, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_turns),
        cmocka_unit_test(test_goes_on_with_the_rest),
        cmocka_unit_test(test_alone_runs_without_end),
        cmocka_unit_test(test_waking_does_not_preempt),
        cmocka_unit_test(test_waker_queues_behind_all),
        cmocka_unit_test(test_yield_gives_way_once),
        cmocka_unit_test(test_quantum_parameter),
        cmocka_unit_test(test_victim_is_the_first_that_may),
        cmocka_unit_test(test_random_workloads),
        cmocka_unit_test(test_spinners_share_alike),
    };

    return cmocka_run_group_tests_name("rr", tests, NULL, NULL);
}
