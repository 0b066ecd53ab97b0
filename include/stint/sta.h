/* SPDX-License-Identifier: MIT */
/*
 * The record in which a VCPU is told of its steal time (SBI 2.0, chapter "Steal-time Accounting Extension",
 * table "STA shared memory structure"). Little-endian, 64 bytes, aligned to as many.
 *
 * To read it: sequence until it is even; steal; sequence again: if it has changed, once more.
 */
#ifndef STINT_STA_H
#define STINT_STA_H

#include <stdint.h>

struct sbi_sta {
    uint32_t sequence; /* odd while steal is being written */
    uint32_t flags;    /* 0 */
    uint64_t
        steal; /* ns in which the VCPU could have run and did not, since it was registered, by its own clock */
    uint8_t preempted; /* not 0 while it does not run though it could; 0 again before it does */
    uint8_t pad[47];
} __attribute__((aligned(64)));

/* BEGIN SOLUTION 8.read */
/* For the guest: steal, as it was written last. */
static inline uint64_t sbi_sta_steal(const struct sbi_sta *record)
{
    for (;;) {
        uint32_t sequence = __atomic_load_n(&record->sequence, __ATOMIC_ACQUIRE);
        uint64_t steal = __atomic_load_n(&record->steal, __ATOMIC_RELAXED);

        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (!(sequence & 1) && sequence == __atomic_load_n(&record->sequence, __ATOMIC_RELAXED))
            return steal;
    }
}
/* END SOLUTION */

_Static_assert(sizeof(struct sbi_sta) == 64, "SBI, STA shared memory structure");

#endif
