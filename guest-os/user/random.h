/* SPDX-License-Identifier: MIT */
/*
 * Numbers that look random, always the same ones for the same beginning; only their upper half is any good. The
 * simulator draws them, too.
 */
#ifndef USER_RANDOM_H
#define USER_RANDOM_H

#include <stdint.h>

/* The next one: Knuth's MMIX generator. */
static inline uint64_t random_next(uint64_t random)
{
    return random * 6364136223846793005UL + 1442695040888963407UL;
}

/* From half of `mean`, which is below 2^32, to one and a half. */
static inline uint64_t random_about(uint64_t random, uint64_t mean)
{
    return mean / 2 + ((random >> 32) * mean >> 32);
}

#endif
