/* SPDX-License-Identifier: MIT */
/*
 * The well-behaved neighbour: uses all the CPU it is given to go through its memory, where every word must
 * be as it left it, and says so as it goes. It never stops.
 */
#include "tests/guests/frame/frame.h"

#define WORDS (1024 * 1024 / sizeof(uint64_t))

static uint64_t memory[WORDS];

static uint64_t expected(uint64_t n, uint64_t round)
{
    return (n * 0x9e3779b97f4a7c15UL) ^ round << 32 ^ round;
}

int test_main(void)
{
    area_register();
    uint64_t *rounds = report_number("rounds"), *damaged = report_number("damaged");

    for (uint64_t n = 0; n < WORDS; n++)
        memory[n] = expected(n, 0);
    for (uint64_t round = 0;; round++) {
        for (uint64_t n = 0; n < WORDS; n++) {
            *damaged += memory[n] != expected(n, round);
            memory[n] = expected(n, round + 1);
        }
        *rounds = round + 1;
    }
}
