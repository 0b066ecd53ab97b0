/* SPDX-License-Identifier: MIT */
/*
 * A steal-time record as a guest uses it.
 */
#ifndef TEST_STEAL_H
#define TEST_STEAL_H

#include <stint/sta.h>
#include "tests/guests/frame/frame.h"

#define STA_ATTEMPTS 100000 /* no update takes as long */

/* The SBI error of the call. */
static inline long sta_set(uint64_t low, uint64_t high, uint64_t flags)
{
    return sbi_call(SBI_EXT_STA, SBI_STA_SET_SHMEM, (long)low, (long)high, (long)flags).error;
}

static inline long sta_register(const volatile void *at)
{
    return sta_set((uint64_t)at, 0, 0);
}

static inline long sta_unregister(void)
{
    return sta_set(-1UL, -1UL, 0);
}

/* ns. Reads anew while the record is being written; *sequence is what it was then. Of one that never comes to rest it
 * is what was seen last, and odd. */
static inline uint64_t sta_steal(const volatile struct sbi_sta *record, uint32_t *sequence)
{
    uint64_t steal, attempts = 0;

    do {
        *sequence = record->sequence;
        __asm__ volatile("fence r, r" ::: "memory");
        steal = record->steal;
        __asm__ volatile("fence r, r" ::: "memory");
    } while ((*sequence % 2 || *sequence != record->sequence) && ++attempts < STA_ATTEMPTS);
    return steal;
}

#endif
