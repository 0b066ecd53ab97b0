/* SPDX-License-Identifier: MIT */
/* lib/spinlock.h: exclusion among threads, and what trylock and held say. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>

#include "lib/spinlock.h"

#define THREADS 3
#define ROUNDS  2000

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    abort();
}

struct shared {
    struct spinlock lock;
    volatile unsigned inside;
    volatile unsigned long count, doubles;
};

static void *work(void *argument)
{
    struct shared *shared = argument;

    for (int i = 0; i < ROUNDS; i++) {
        spin_lock(&shared->lock);
        if (shared->inside)
            shared->doubles++;
        shared->inside = 1;
        if (i % 100 == 0)
            sched_yield(); /* lets the others run into the lock */
        shared->count++;
        shared->inside = 0;
        spin_unlock(&shared->lock);
        sched_yield(); /* with more threads than CPUs a ticket's owner must get to run */
    }
    return NULL;
}

static void test_one_at_a_time(void **state)
{
    struct shared shared = {.count = 0};
    pthread_t threads[THREADS];

    (void)state;
    spin_init(&shared.lock);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &shared), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(shared.doubles, 0);
    assert_int_equal(shared.count, THREADS * ROUNDS);
    assert_false(spin_held(&shared.lock));
}

static void test_trylock_and_held(void **state)
{
    struct spinlock lock = {0};

    (void)state;
    assert_false(spin_held(&lock));
    assert_true(spin_trylock(&lock));
    assert_true(spin_held(&lock));
    assert_false(spin_trylock(&lock));
    spin_unlock(&lock);
    assert_false(spin_held(&lock));
    spin_lock(&lock);
    assert_false(spin_trylock(&lock));
    spin_unlock(&lock);
    assert_true(spin_trylock(&lock));
}

static void test_tickets_wrap(void **state)
{
    struct spinlock lock = {.next = UINT32_MAX, .serving = UINT32_MAX};

    (void)state;
    spin_lock(&lock);
    assert_true(spin_held(&lock));
    spin_unlock(&lock);
    assert_false(spin_held(&lock));
    assert_true(spin_trylock(&lock));
    spin_unlock(&lock);
    assert_int_equal(lock.serving, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_trylock_and_held),
        cmocka_unit_test(test_tickets_wrap),
    };

    return cmocka_run_group_tests_name("spinlock", tests, NULL, NULL);
}
