/* SPDX-License-Identifier: MIT */
/* Chance that is the same in every run. */
#ifndef TESTS_DRAW_H
#define TESTS_DRAW_H

#include <stdint.h>

/* A stream of numbers (xorshift64*, without its lowest bits); the state must not be 0. */
static inline uint64_t draw_number(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(2685821657736338717) >> 16;
}

#endif
