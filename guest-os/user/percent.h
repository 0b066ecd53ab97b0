/* SPDX-License-Identifier: MIT */
/*
 * The parts of a whole in percent.
 */
#ifndef USER_PERCENT_H
#define USER_PERCENT_H

#include <stdbool.h>
#include <stdint.h>
#include "guest-os/kernel/calls.h"

/* Rounds a quotient; part * scale must fit 64 bits. */
static inline uint64_t rounded(uint64_t part, uint64_t scale, uint64_t whole)
{
    return (part * scale + whole / 2) / whole;
}

/* What is spent on each kind, in `scale`ths of the whole: 1000 for tenths of a percent. They sum to `scale`: it is the
 * sums up to each kind that are rounded, so each part is right to less than one, and what is 0 stays 0. False: nothing
 * is spent at all. */
static inline bool percents(const uint64_t ns[ACCOUNT_KINDS], uint64_t scale, uint64_t parts[ACCOUNT_KINDS])
{
    uint64_t whole = 0, sum = 0, shown = 0;

    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
        whole += ns[kind];
    if (!whole)
        return false;
    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++) {
        sum += ns[kind];
        parts[kind] = rounded(sum, scale, whole) - shown;
        shown += parts[kind];
    }
    return true;
}

#endif
