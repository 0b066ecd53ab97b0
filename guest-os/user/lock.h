/* SPDX-License-Identifier: MIT */
/*
 * A lock between programs that share a page: test and set. Whoever is lucky gets it; nobody queues, and
 * nobody knows whether the one who has it is running at all. All zero is a free lock.
 */
#ifndef USER_LOCK_H
#define USER_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lock {
    uint32_t held;
};

static inline bool lock_try(struct lock *lock)
{
    return __atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE) == 0;
}

/* Returns how often it tried again in vain. */
static inline uint64_t lock_wait(struct lock *lock)
{
    uint64_t spins = 0;

    while (!lock_try(lock))
        spins++;
    return spins;
}

static inline void lock_release(struct lock *lock)
{
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

#endif
