/* SPDX-License-Identifier: MIT */
/*
 * A fixed amount of work for the CPU and its memory, without a single exit of its own: how much longer does
 * it take with a hypervisor below? Argument: work=N (rounds over 64 KiB).
 */
#include "tests/guests/frame/frame.h"

#define WORDS 8192

int test_main(void)
{
    static uint64_t table[WORDS];
    uint64_t work = arg_number("work", 100), sum = 1;

    area_register();
    for (uint64_t n = 0; n < WORDS; n++)
        table[n] = n;
    uint64_t *ticks = report_number("ticks"), *checksum = report_number("checksum"), begin = rdtime();
    for (uint64_t round = 0; round < work; round++)
        for (uint64_t n = 0; n < WORDS; n++) {
            sum = (sum ^ sum >> 29) * 0x9e3779b97f4a7c15UL + table[n];
            table[sum % WORDS] += sum;
        }
    *ticks = rdtime() - begin;
    *checksum = sum;
    return 0;
}
