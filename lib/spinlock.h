/* SPDX-License-Identifier: MIT */
/*
 * A ticket lock: whoever asks first gets it first. It does not know its owner and does not mask interrupts; a
 * lock that an interrupt handler takes must be taken with interrupts off. All zero is a free lock.
 */
#ifndef LIB_SPINLOCK_H
#define LIB_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define SPIN_BOUND (UINT32_C(1) << 28) /* turns of the waiting loop before a wait counts as stuck */

struct spinlock {
    uint32_t next;    /* the ticket that the next one to ask will draw */
    uint32_t serving; /* the ticket whose holder has the lock */
};

/* Turns of the waiting loop between two calls of spin_wait: about 100 instructions. With ten times as many, a hart that
 * waits had ten times the instructions of the one it waits for. */
#define SPIN_PATIENCE 20

/* Who waits lets others go on, where they cannot do so beside it. A program compiled with SPIN_WAIT has its own. */
#ifdef SPIN_WAIT
void spin_wait(void);
#else
static inline void spin_wait(void)
{
}
#endif

/* Called when a wait has passed its bound: a lock-up. Every program has its own, and says there what it
 * knows; if it returns, the wait begins again. */
void spin_stuck(struct spinlock *lock);

static inline void spin_init(struct spinlock *lock)
{
    lock->next = 0;
    lock->serving = 0;
}

/* Somebody holds it, not necessarily the caller. For assertions. */
static inline bool spin_held(const struct spinlock *lock)
{
    uint32_t serving = __atomic_load_n(&lock->serving, __ATOMIC_RELAXED);

    return __atomic_load_n(&lock->next, __ATOMIC_RELAXED) != serving;
}

/* Out of line, so that a lock that is free costs its caller little. */
static void spin_until_served(struct spinlock *lock, uint32_t ticket) __attribute__((noinline, unused));
static void spin_until_served(struct spinlock *lock, uint32_t ticket)
{
    uint32_t turns = 0;

    while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket) {
        if (++turns % SPIN_PATIENCE == 0)
            spin_wait();
        if (turns == SPIN_BOUND) {
            spin_stuck(lock);
            turns = 0;
        }
    }
}

static inline void spin_lock(struct spinlock *lock)
{
    uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

    if (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
        spin_until_served(lock, ticket);
}

/* False: somebody has it, and it was not taken. */
static inline bool spin_trylock(struct spinlock *lock)
{
    uint32_t ticket = __atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE);

    return __atomic_compare_exchange_n(&lock->next, &ticket, ticket + 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline void spin_unlock(struct spinlock *lock)
{
    __atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}

#endif
