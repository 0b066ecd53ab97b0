/* SPDX-License-Identifier: MIT */
/*
 * The parts of the fidelity guest. Each folds all it sees into checksums of the report.
 */
#ifndef TEST_FIDELITY_H
#define TEST_FIDELITY_H

#include "tests/guests/frame/frame.h"

/* A checksum under construction. */
struct sum {
    uint64_t value, count;
};

static inline void fold(struct sum *sum, uint64_t value)
{
    sum->value = (sum->value ^ value) * 0x9e3779b97f4a7c15UL;
    sum->value ^= sum->value >> 29;
    sum->count++;
}

/* A trap as the guest sees it; addresses as distances within the image. */
static inline void fold_trap(struct sum *sum, struct caught caught)
{
    fold(sum, caught.cause);
    fold(sum, caught.tval);
    fold(sum, caught.pc);
    fold(sum, this_hart()->status);
}

void report_sum(const char *name, const struct sum *sum);

void fidelity_registers(void); /* what supervisor CSRs take and give */
void fidelity_paging(void);    /* Sv39 in every shape, and user mode */

#endif
