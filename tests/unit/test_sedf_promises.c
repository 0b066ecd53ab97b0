/* SPDX-License-Identifier: MIT */
/*
 * What sched/sedf.c promises, over random sets of VCPUs: with reservations of 1 or less in all everybody gets his
 * slice in every period, nobody more without extra time, and all the rest is extra time.
 */
#include "tests/unit/sedf_help.h"

#define MOST_PERIODS 4096

/* Of VCPU i in its period k, which it counts from `first` on. */
static struct promise {
    uint64_t period, slice, first;
    bool extra, spins;
    uint64_t got[MOST_PERIODS];
} promises[MAX_VCPUS];

static uint64_t extra_time;

/* Over every period that this stretch of time is in. */
static void note_run(uint32_t i, uint64_t from, uint64_t to)
{
    struct promise *p = &promises[i];

    if (p->period == 0) {
        extra_time += to - from;
        return;
    }
    while (from < to) {
        uint64_t k = (from - p->first) / p->period;
        uint64_t end = least(to, p->first + (k + 1) * p->period);

        assert_true(k < MOST_PERIODS);
        p->got[k] += end - from;
        from = end;
    }
}

static uint64_t random_burst(uint32_t i)
{
    return promises[i].spins ? NEVER / 2 : TICK * (1 + random_below(2 * promises[i].slice / TICK));
}

static uint64_t random_sleep(uint32_t i)
{
    return TICK * (1 + random_below(2 * promises[i].period / TICK));
}

static uint64_t random_period(void)
{
    static const uint64_t periods[] = {6, 10, 12, 15, 20, 30, 60, 7, 11, 100};

    return periods[random_below(COUNT_OF(periods))] * MS;
}

/* Reservations at random of `whole` sixtieths of the pCPU in all. */
static void fill_up(uint64_t whole)
{
    while (whole > 0) {
        uint64_t share = 1 + random_below(least(whole, 30));
        uint64_t period = random_period();

        promises[count] = (struct promise){
            .period = period,
            .slice = period * share / 60 / TICK * TICK,
            .spins = random_below(3) > 0,
            .extra = random_below(4) == 0,
        };
        whole -= share;
        assert_true(reserve(period, promises[count].slice, promises[count].extra));
    }
}

/* Who spins has had his slice in each whole period; what was too little to be worth a switch, in the next one.
 * A blocker has not had more than slice / period of the time, and what one period may bring forward. */
static void check_promises(uint64_t end)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct promise *p = &promises[i];
        uint64_t got = 0, k = 0;

        for (; p->period && p->spins && p->first + (k + 1) * p->period <= end; k++) {
            got += p->got[k];
            assert_true(got + GRAIN >= (k + 1) * p->slice);
            assert_true(p->extra || got <= (k + 1) * p->slice);
            assert_true(p->extra || p->got[k] <= p->slice + GRAIN);
        }
        if (p->period && !p->spins && !p->extra)
            assert_true(lives[i].ran <= (end / p->period + 2) * p->slice);
    }
}

static void assert_busy(void)
{
    assert_non_null(queues[0].current);
}

static void check_task_set(uint64_t whole, bool extra)
{
    uint64_t end = 600 * MS;

    begin_run(&sched_sedf, 1);
    fill_up(whole);
    burst_of = random_burst;
    sleep_of = random_sleep;
    on_run = note_run;
    for (uint32_t i = 0; i < count; i++)
        lives[i].wakes = promises[i].first = TICK * random_below(100 * MS / TICK);
    if (extra) {
        promises[count] = (struct promise){.spins = true};
        assert_true(reserve(0, 0, false));
        wake_up(count - 1);
        on_step = assert_busy; /* there is always somebody */
    }
    run_until(end);
    check_promises(end);
}

static void test_everybody_gets_his_slice(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 200; round++) {
        seed = round * 0x9e3779b97f4a7c15;
        check_task_set(60, round % 2);
        check_task_set(40, round % 2);
    }
}

/* What is not reserved is extra time, and shared alike by all who may have it. */
static void test_extra_time_is_shared_alike(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    assert_true(reserve(10 * MS, 2 * MS, false));
    assert_true(reserve(10 * MS, 3 * MS, true));
    assert_true(reserve(0, 0, false));
    assert_true(reserve(0, 0, false));
    wake_all();
    run_until(1800 * MS);
    assert_true(lives[0].ran == 180 * 2 * MS);
    assert_true(lives[1].ran == 180 * 3 * MS + 300 * MS);
    assert_true(lives[2].ran == 300 * MS);
    assert_true(lives[3].ran == 300 * MS);
}

/* What switches cost and late timers do not break the promises by more than that. */
static void test_with_overhead(void **state)
{
    (void)state;
    begin_run(&sched_sedf, 1);
    overhead = 2 * US;
    assert_true(reserve(7 * MS, 1234567, false));
    assert_true(reserve(10 * MS, 3 * MS, false));
    assert_true(reserve(0, 0, false));
    wake_all();
    run_until(7000 * MS);
    print_message("of 1234567000 ns: %llu, of 2100000000 ns: %llu\n", (unsigned long long)lives[0].ran,
                  (unsigned long long)lives[1].ran);
    assert_true(lives[0].ran + GRAIN >= 1000 * 1234567 && lives[0].ran <= 1000 * 1234567 + TICK);
    assert_true(lives[1].ran + GRAIN >= 700 * 3 * MS && lives[1].ran <= 700 * 3 * MS + TICK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everybody_gets_his_slice),
        cmocka_unit_test(test_extra_time_is_shared_alike),
        cmocka_unit_test(test_with_overhead),
    };

    return cmocka_run_group_tests_name("sedf_promises", tests, NULL, NULL);
}
