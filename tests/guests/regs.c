/* SPDX-License-Identifier: MIT */
/*
 * Do all 31 integer registers survive exits and other VCPUs? Every hart of the machine plays its own
 * patterns, which change from round to round.
 *
 * Arguments: rounds=N (each three exits), seed=N (of the patterns).
 */
#include <stddef.h>
#include "tests/guests/blocks.h"
#include "tests/guests/frame/frame.h"

#define MINUTE       (60 * 10 * 1000 * 1000UL)
#define SCRATCH_BYTE 0xa5

struct block {
    uint64_t saved[17];
    uint64_t pattern[33], seen[33];
};

_Static_assert(offsetof(struct block, pattern) == BLOCK_PATTERN, "regs_loop.S");
_Static_assert(offsetof(struct block, seen) == BLOCK_SEEN, "regs_loop.S");

void regs_round_device(struct block *);
void regs_round_call(struct block *);

static struct result {
    uint64_t rounds, wrong;
    uint64_t reg, got, expected; /* of the first wrong one */
} results[HARTS];

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 31) * 0x9e3779b97f4a7c15UL;
    value = (value ^ value >> 29) * 0xbf58476d1ce4e5b9UL;
    return value ^ value >> 32;
}

static void compare(struct result *result, const uint64_t *seen, const uint64_t *expected)
{
    for (uint64_t n = 1; n < 32; n++) {
        if (seen[n] == expected[n])
            continue;
        if (result->wrong++ == 0) {
            result->reg = n;
            result->got = seen[n];
            result->expected = expected[n];
        }
    }
}

static void play_device(struct block *block, struct result *result, uint64_t seed)
{
    for (uint64_t n = 1; n < 32; n++)
        block->pattern[n] = mix(seed * 32 + n);
    block->pattern[5] = UART_SCRATCH;
    block->pattern[6] = (block->pattern[6] & ~0xffUL) | SCRATCH_BYTE; /* the harts share the device */
    block->pattern[7] = SCRATCH_BYTE;
    regs_round_device(block);
    compare(result, block->seen, block->pattern);
}

static void play_call(struct block *block, struct result *result, uint64_t seed)
{
    for (uint64_t n = 1; n < 32; n++)
        block->pattern[n] = mix(seed * 32 + n);
    block->pattern[16] = SBI_BASE_GET_SPEC_VERSION;
    block->pattern[17] = SBI_EXT_BASE;
    regs_round_call(block);
    block->pattern[10] = SBI_SUCCESS;
    block->pattern[11] = STINT_SBI_SPEC_VERSION;
    compare(result, block->seen, block->pattern);
}

static void play(uint64_t rounds)
{
    static struct block blocks[HARTS];
    uint64_t id = this_hart()->id, seed = mix(arg_number("seed", 1) * HARTS + id);

    for (uint64_t round = 0; round < rounds; round++) {
        if (round % 2)
            play_call(&blocks[id], &results[id], seed + round);
        else
            play_device(&blocks[id], &results[id], seed + round);
        results[id].rounds++;
    }
}

int test_main(void)
{
    uint64_t rounds = arg_number("rounds", 1000), wrong = 0, done = 0;

    area_register();
    for (uint64_t id = 0; id < hart_count; id++)
        if (id != boot_hart)
            hart_start(id, play, rounds);
    play(rounds);
    for (uint64_t id = 0; id < hart_count; id++)
        if (id != boot_hart && !await(&harts[id].done, 1, MINUTE))
            return 1;

    for (uint64_t id = 0; id < hart_count; id++) {
        done += results[id].rounds;
        wrong += results[id].wrong;
        if (results[id].wrong) {
            *report_number("first_wrong.register") = results[id].reg;
            *report_number("first_wrong.got") = results[id].got;
            *report_number("first_wrong.expected") = results[id].expected;
        }
    }
    *report_number("rounds") = done;
    *report_number("wrong") = wrong;
    return 0;
}
