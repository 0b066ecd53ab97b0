/* SPDX-License-Identifier: MIT */
/*
 * How far a program has come, and the longest gap it has seen: time between two looks at the clock while it
 * wanted to run all along. Told to the kernel when there is news, and every now and then.
 */
#ifndef USER_PROGRESS_H
#define USER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include "guest-os/user/user.h"

#define PROGRESS_STEPS 64 /* reported at least every so many */

struct progress {
    uint64_t reported[3]; /* as SPIN_NUMBERS and FINITE_NUMBERS say: work done, longest gap in ns, checksum */
    uint64_t last;        /* look at the clock */
};

enum { PROGRESS_WORK, PROGRESS_GAP, PROGRESS_SUM };

static inline struct progress progress_begin(void)
{
    return (struct progress){.last = now()};
}

/* Looks at the clock. True if that was the longest gap so far. */
static inline bool progress_gap(struct progress *progress, uint64_t since)
{
    uint64_t gap;

    progress->last = now();
    gap = (progress->last - since) * NS_PER_TICK;
    if (gap <= progress->reported[PROGRESS_GAP])
        return false;
    progress->reported[PROGRESS_GAP] = gap;
    return true;
}

/* So much more work is done, since the last step and without a pause. */
static inline void progress_step(struct progress *progress, uint64_t work)
{
    uint64_t before = progress->reported[PROGRESS_WORK];
    bool news = progress_gap(progress, progress->last);

    progress->reported[PROGRESS_WORK] += work;
    if (news || before / PROGRESS_STEPS != progress->reported[PROGRESS_WORK] / PROGRESS_STEPS)
        report(progress->reported, 3);
}

#endif
