/* SPDX-License-Identifier: MIT */
/*
 * Bits of 64-bit words: single ones, sets, fields, and powers of two. Bit 0 is the least significant.
 */
#ifndef LIB_BITOPS_H
#define LIB_BITOPS_H

#include <stdbool.h>
#include <stdint.h>

#define BIT(n) (UINT64_C(1) << (n))

/* Bits high to low, both included; 0 <= low <= high <= 63. */
#define BITS(high, low) ((~UINT64_C(0) >> (63 - (high))) & (~UINT64_C(0) << (low)))

/* n from the lowest bit of `set` to the highest; the loop may change its own copy of `set` as it likes. */
#define for_each_bit(n, set)                                                           \
    for (uint64_t bits_left = (set); bits_left && ((n) = bit_lowest(bits_left), true); \
         bits_left &= bits_left - 1)

static inline bool bit_test(uint64_t set, unsigned n)
{
    return set >> n & 1;
}

/* The lowest n bits; 0 <= n <= 64. */
static inline uint64_t bit_mask(unsigned n)
{
    return n >= 64 ? ~UINT64_C(0) : BIT(n) - 1;
}

/* The number of the highest, or lowest, bit that is set; `set` must not be 0. Written out, because rv64imac
 * has no instruction for it and the compiler's builtin would want libgcc. */
static inline unsigned bit_highest(uint64_t set)
{
    unsigned n = 0;

    for (unsigned step = 32; step; step /= 2) {
        if (set >> step) {
            set >>= step;
            n += step;
        }
    }
    return n;
}

static inline unsigned bit_lowest(uint64_t set)
{
    return bit_highest(set & -set);
}

static inline unsigned bit_count(uint64_t set)
{
    unsigned n = 0;

    for (; set; set &= set - 1)
        n++;
    return n;
}

static inline bool is_pow2(uint64_t value)
{
    return value && !(value & (value - 1));
}

/* To a multiple of `alignment`, a power of two. align_up wraps to 0 beyond 2^64. */
static inline uint64_t align_down(uint64_t value, uint64_t alignment)
{
    return value & -alignment;
}

static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return align_down(value + alignment - 1, alignment);
}

static inline bool is_aligned(uint64_t value, uint64_t alignment)
{
    return !(value & (alignment - 1));
}

/* The field of `word` under `mask` (bits without gaps, at least one), moved to bit 0. Division by the mask's
 * lowest bit is a shift, and a constant one for a constant mask. */
static inline uint64_t field_get(uint64_t word, uint64_t mask)
{
    return (word & mask) / (mask & -mask);
}

/* `word` with that field replaced; what does not fit the field is cut off. */
static inline uint64_t field_set(uint64_t word, uint64_t mask, uint64_t value)
{
    return (word & ~mask) | (value * (mask & -mask) & mask);
}

#endif
