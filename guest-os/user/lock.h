/* SPDX-License-Identifier: MIT */
/*
 * Three locks between programs that share a page, each on its CPU. All zero is a free lock.
 *
 *   plain   test and set: whoever is lucky gets it; nobody queues, and nobody knows whether the one who has it is
 *           running at all
 *   ticket  in the order of asking; the next in turn may be away, and all others spin for it
 *   pv      test and set that knows of the hypervisor: it spins for a while only, and not at all when the one who has
 *           it is said to be preempted (SBI STA); then it sleeps, and who lets go kicks one of those who do
 */
#ifndef USER_LOCK_H
#define USER_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <stint/sta.h>
#include "guest-os/user/user.h"

enum lock_kind { LOCK_PLAIN, LOCK_TICKET, LOCK_PV };

struct lock {
    uint32_t holder; /* plain, pv: its CPU + 1; 0: free */
    uint32_t next, serving;
    uint64_t asleep; /* pv: bit n: CPU n sleeps, or is about to; whoever clears the bit kicks it */
};

/* Who asks, and how. */
struct lock_user {
    enum lock_kind kind;
    uint32_t cpu;
    uint32_t patience; /* pv: attempts before it sleeps */
};

/* What having it took: attempts in vain, and ticks asleep. */
struct lock_cost {
    uint64_t spins, slept;
};

static inline bool lock_try(struct lock *lock, const struct lock_user *self)
{
    uint32_t nobody = 0;

    return __atomic_compare_exchange_n(&lock->holder, &nobody, self->cpu + 1, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

static inline bool lock_holder_is_away(const struct lock *lock)
{
    const struct sbi_sta *records = (const struct sbi_sta *)USER_STEAL;
    uint32_t holder = __atomic_load_n(&lock->holder, __ATOMIC_RELAXED);

    return holder && __atomic_load_n(&records[holder - 1].preempted, __ATOMIC_RELAXED);
}

/* Until it is kicked, unless the lock has become free: either this sees that, or who lets go sees this one's bit. */
static inline void lock_sleep(struct lock *lock, const struct lock_user *self)
{
    uint64_t bit = (uint64_t)1 << self->cpu;

    __atomic_fetch_or(&lock->asleep, bit, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&lock->holder, __ATOMIC_SEQ_CST))
        call(CALL_HALT, (uint64_t)&lock->asleep, 0);
    __atomic_fetch_and(&lock->asleep, ~bit, __ATOMIC_SEQ_CST);
}

static inline struct lock_cost lock_take_pv(struct lock *lock, const struct lock_user *self)
{
    struct lock_cost cost = {0};
    uint32_t patience = self->patience;

    while (!lock_try(lock, self)) {
        cost.spins++;
        if (patience && !lock_holder_is_away(lock)) {
            patience--;
            continue;
        }
        uint64_t since = now();
        lock_sleep(lock, self);
        cost.slept += now() - since;
        patience = self->patience;
    }
    return cost;
}

static inline struct lock_cost lock_take(struct lock *lock, const struct lock_user *self)
{
    struct lock_cost cost = {0};

    if (self->kind == LOCK_PV)
        return lock_take_pv(lock, self);
    if (self->kind == LOCK_TICKET) {
        uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

        for (; __atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket; cost.spins++)
            ;
        return cost;
    }
    for (; !lock_try(lock, self); cost.spins++)
        ;
    return cost;
}

/* One of those who sleep, the next CPU above this one first, so that each has its turn. */
static inline void lock_kick(struct lock *lock, const struct lock_user *self)
{
    uint64_t asleep = __atomic_load_n(&lock->asleep, __ATOMIC_SEQ_CST);
    uint64_t above = asleep & ~(((uint64_t)2 << self->cpu) - 1);
    uint64_t first = above ? above & -above : asleep & -asleep;

    if (first && (__atomic_fetch_and(&lock->asleep, ~first, __ATOMIC_SEQ_CST) & first))
        call(CALL_KICK, first, 0);
}

static inline void lock_release(struct lock *lock, const struct lock_user *self)
{
    if (self->kind == LOCK_TICKET) {
        __atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
        return;
    }
    __atomic_store_n(&lock->holder, 0, __ATOMIC_SEQ_CST);
    if (self->kind == LOCK_PV)
        lock_kick(lock, self);
}

#endif
