/* SPDX-License-Identifier: MIT */
/*
 * What comes of the credit scheduler over some seconds: shares, caps, how long who sleeps much waits, what it pays to
 * dodge ticks.
 */
#include "tests/unit/credit_help.h"

/* ---- Over some seconds ---- */

/* Spinners on all pCPUs: VCPU i gets so many per mille of a pCPU, within 3 %. */
static void check_shares(uint32_t count, const uint64_t *per_mille)
{
    wake_all(count);
    run_until(30000 * MS);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t share = vcpus[i].ran / (30 * MS);

        assert_in_range(share, per_mille[i] * 97 / 100, per_mille[i] * 103 / 100);
    }
    assert_consistent(count);
}

static void test_shares_follow_weights(void **state)
{
    (void)state;
    set_up_credit(1, 2);
    check_shares(2, (uint64_t[]){500, 500});
    set_up_credit(1, 2);
    set_vm(1, "weight", 512);
    check_shares(2, (uint64_t[]){333, 667});
    set_up_credit(1, 3);
    set_vm(1, "weight", 512);
    set_vm(2, "weight", 1024);
    check_shares(3, (uint64_t[]){143, 286, 571});
}

static void test_shares_follow_weights_across_pcpus(void **state)
{
    (void)state;
    set_up_credit(2, 3);
    check_shares(3, (uint64_t[]){667, 667, 667});
    set_up_credit(2, 4);
    set_vm(0, "weight", 4096);
    check_shares(4, (uint64_t[]){1000, 333, 333, 333});
    set_up_siblings(6, 12, 4);
    check_shares(12, (uint64_t[]){500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500});
}

static void test_a_cap_holds_though_the_pcpu_idles(void **state)
{
    (void)state;
    set_up_credit(1, 1);
    set_vm(0, "cap", 25);
    check_shares(1, (uint64_t[]){250});
    set_up_credit(1, 2);
    set_vm(0, "cap", 25);
    check_shares(2, (uint64_t[]){250, 750});
    set_up_siblings(2, 2, 2);
    set_vm(0, "cap", 150);
    check_shares(2, (uint64_t[]){750, 750});
}

/* The most that a spinner with that cap gets in any window of 1 s, in tenths of a percent. */
static uint64_t worst_second(uint64_t cap)
{
    static uint64_t ran[10001]; /* at each millisecond */
    uint64_t worst = 0;

    set_up_credit(1, 1);
    set_vm(0, "cap", cap);
    wake_now(0);
    for (uint32_t i = 0; i < COUNT_OF(ran); i++) {
        run_until(i * MS);
        ran[i] = vcpus[0].ran;
    }
    for (uint32_t i = 1000; i < COUNT_OF(ran); i++)
        if (ran[i] - ran[i - 1000] > worst)
            worst = ran[i] - ran[i - 1000];
    return worst / MS;
}

/* It is paid by the period and burns whole ones at a time: 30 ms every 300 ms, every 100 ms, every 3 s. */
static void test_a_window_sees_more_than_the_cap(void **state)
{
    (void)state;
    assert_int_equal(worst_second(10), 120);
    assert_int_equal(worst_second(30), 310);
    assert_int_equal(worst_second(1), 30);
}

/* Runs for 9.5 ms from every tick on, and sleeps when the next one comes. */
static void dodge(uint32_t vcpu)
{
    loads[vcpu].burst = 9500 * US;
    loads[vcpu].wakes = credit_next(now, 10 * MS);
}

/* What a dodger gets beside a spinner in 10 s, per mille. */
static uint64_t dodged(bool sampled)
{
    set_up_credit(1, 2);
    set_top("accounting", sampled);
    set_top("ratelimit", 0); /* as when accounting was sampled */
    sleep_hook = dodge;
    loads[0].burst = 9500 * US;
    wake_all(2);
    run_until(10000 * MS);
    return vcpus[0].ran / (10 * MS);
}

static void test_dodging_ticks_pays_if_they_are_sampled(void **state)
{
    (void)state;
    assert_in_range(dodged(true), 940, 951);
    assert_in_range(dodged(false), 490, 510);
}

static void work_a_little(uint32_t vcpu)
{
    loads[vcpu].burst = 200 * US;
    loads[vcpu].wakes = now + 9800 * US;
}

/* A VCPU works for 0.2 ms, and sleeps for 9.8, beside two spinners: how long it waits at most, ns. */
static uint64_t wait_beside_hogs(bool boost)
{
    uint64_t worst = 0;

    set_up_credit(1, 3);
    set_top("boost", boost);
    sleep_hook = work_a_little;
    loads[0].burst = 200 * US;
    wake_all(3);
    while (now < 5000 * MS) {
        now = next_event();
        happen();
        if (vcpus[0].state == SCHED_QUEUED && now - vcpus[0].since > worst)
            worst = now - vcpus[0].since;
    }
    assert_true(vcpus[0].ran > 10 * MS);
    return worst;
}

static void test_boost_shortens_the_wait_of_who_sleeps_much(void **state)
{
    (void)state;
    assert_true(wait_beside_hogs(true) <= 1 * MS);
    assert_true(wait_beside_hogs(false) >= 10 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_follow_weights),
        cmocka_unit_test(test_shares_follow_weights_across_pcpus),
        cmocka_unit_test(test_a_cap_holds_though_the_pcpu_idles),
        cmocka_unit_test(test_a_window_sees_more_than_the_cap),
        cmocka_unit_test(test_dodging_ticks_pays_if_they_are_sampled),
        cmocka_unit_test(test_boost_shortens_the_wait_of_who_sleeps_much),
    };

    return cmocka_run_group_tests_name("credit_shares", tests, NULL, NULL);
}
