/* SPDX-License-Identifier: MIT */
/*
 * Work that can be counted: a loop of a known number of instructions, whose result depends on every one of
 * them.
 */
#ifndef USER_WORK_H
#define USER_WORK_H

#include <stdint.h>

#define WORK_INSTRUCTIONS    4    /* of an iteration */
#define WORK_UNIT            1000 /* instructions; what reports and arguments count work in */
#define WORK_UNIT_ITERATIONS (WORK_UNIT / WORK_INSTRUCTIONS)

/* Iterates sum = sum * M + A (Knuth's MMIX generator); at least one iteration. Returns the new sum. */
static inline uint64_t work_iterations(uint64_t iterations, uint64_t sum)
{
    __asm__ volatile("1: mul  %0, %0, %2\n"
                     "   add  %0, %0, %3\n"
                     "   addi %1, %1, -1\n"
                     "   bnez %1, 1b"
                     : "+r"(sum), "+r"(iterations)
                     : "r"(6364136223846793005UL), "r"(1442695040888963407UL));
    return sum;
}

#endif
