/* SPDX-License-Identifier: MIT */
/*
 * How long things took, as a histogram: 16 buckets for every power of two, so that a percentile is told to
 * within 1/16 of itself. It has room for 53 s, and what is longer counts as the longest. Two of them fit on a
 * task's stack.
 */
#ifndef USER_LATENCY_H
#define USER_LATENCY_H

#include <stdint.h>
#include "lib/bitops.h"

#define LATENCY_EXACT   16 /* values below it have a bucket each */
#define LATENCY_BUCKETS (16 * 26)

struct latency {
    uint64_t count;
    uint64_t greatest;
    uint32_t bucket[LATENCY_BUCKETS];
};

static inline void latency_begin(struct latency *latency)
{
    latency->count = 0;
    latency->greatest = 0;
    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++)
        latency->bucket[i] = 0;
}

/* The bucket of a value: its highest bit, and the four bits below that. */
static inline uint32_t latency_bucket(uint64_t ticks)
{
    uint32_t shift, bucket;

    if (ticks < LATENCY_EXACT)
        return (uint32_t)ticks;
    shift = bit_highest(ticks) - 4;
    bucket = 16 * (shift + 1) + (uint32_t)(ticks >> shift & 15);
    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* The greatest value of a bucket. */
static inline uint64_t latency_value(uint32_t bucket)
{
    uint32_t shift;

    if (bucket < LATENCY_EXACT)
        return bucket;
    shift = bucket / 16 - 1;
    return ((uint64_t)(16 + bucket % 16 + 1) << shift) - 1;
}

static inline void latency_add(struct latency *latency, uint64_t ticks)
{
    latency->count++;
    latency->bucket[latency_bucket(ticks)]++;
    if (ticks > latency->greatest)
        latency->greatest = ticks;
}

/* At least `percent` of all values were no greater than this one; there must be a value. */
static inline uint64_t latency_percentile(const struct latency *latency, uint32_t percent)
{
    uint64_t wanted = (latency->count * percent + 99) / 100;
    uint32_t bucket = 0;

    for (uint64_t seen = latency->bucket[0]; seen < wanted; seen += latency->bucket[bucket])
        bucket++;
    return latency_value(bucket) < latency->greatest ? latency_value(bucket) : latency->greatest;
}

#endif
