/* SPDX-License-Identifier: MIT */
/*
 * A steal-time record as a guest uses it.
 */
#ifndef TEST_STEAL_H
#define TEST_STEAL_H

#include <stint/sta.h>
#include "tests/guests/frame/frame.h"

/* The SBI error of the call. */
static inline long sta_register(const volatile void *at)
{
    return sbi_call(SBI_EXT_STA, SBI_STA_SET_SHMEM, (long)at, 0, 0).error;
}

static inline long sta_unregister(void)
{
    return sbi_call(SBI_EXT_STA, SBI_STA_SET_SHMEM, -1, -1, 0).error;
}

/* ns. Reads anew while the record is being written; *sequence is what it was then. */
static inline uint64_t sta_steal(const volatile struct sbi_sta *record, uint32_t *sequence)
{
    uint64_t steal;

    do {
        *sequence = record->sequence;
        __asm__ volatile("fence r, r" ::: "memory");
        steal = record->steal;
        __asm__ volatile("fence r, r" ::: "memory");
    } while (*sequence % 2 || *sequence != record->sequence);
    return steal;
}

#endif
