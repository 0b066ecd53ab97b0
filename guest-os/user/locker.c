/* SPDX-License-Identifier: MIT */
/*
 * One of several that want the same lock, and what the waiting costs it. When the one inside loses its CPU,
 * the others spin for as long as it is away. What it does between takes now longer, now shorter, so that nobody keeps
 * time with the slices of a scheduler.
 */
#include "guest-os/user/lock.h"
#include "guest-os/user/programs.h"
#include "guest-os/user/random.h"
#include "guest-os/user/user.h"
#include "guest-os/user/work.h"

#define REPORT_TICKS (1000000 / NS_PER_TICK) /* it reports no more often than every ms */

/* At the beginning of the shared page. */
struct room {
    struct lock lock;
    uint64_t inside; /* who is */
};

enum { ACQUIRES, SPINS, SPIN_NS, VIOLATIONS, NUMBERS }; /* as LOCKER_NUMBERS says */

static void acquire(struct lock *lock, const struct lock_user *user, uint64_t *reported)
{
    uint64_t since = now();
    struct lock_cost cost = lock_take(lock, user);

    reported[ACQUIRES]++;
    if (!cost.spins)
        return;
    uint64_t ticks = now() - since;

    reported[SPINS] += cost.spins;
    reported[SPIN_NS] += (ticks - cost.slept) * NS_PER_TICK;
    call(CALL_LOCKED, cost.spins, ticks);
}

static void work_inside(volatile struct room *room, uint64_t iterations, uint64_t self, uint64_t *reported)
{
    room->inside = self;
    if (iterations)
        work_iterations(iterations, 0);
    if (room->inside != self)
        reported[VIOLATIONS]++;
}

void locker(uint64_t inside, uint64_t outside, uint64_t rounds, uint64_t who)
{
    struct room *room = (struct room *)USER_SHARED;
    uint64_t self = LOCKER_SELF(who);
    const struct lock_user user = {LOCKER_LOCK(who), (uint32_t)self - 1, LOCKER_PATIENCE(who)};
    uint64_t reported[NUMBERS] = {0}, last_report = now(), random = self;

    for (uint64_t round = 1; round <= rounds || !rounds; round++) {
        random = random_next(random);
        acquire(&room->lock, &user, reported);
        work_inside(room, inside, self, reported);
        lock_release(&room->lock, &user);
        if (outside)
            work_iterations(random_about(random, outside) + 1, 0);
        if (now() - last_report >= REPORT_TICKS) {
            report(reported, NUMBERS);
            last_report = now();
        }
        if (LOCKER_MOVES(who))
            yield();
    }
    report(reported, NUMBERS);
    exit(0);
}
