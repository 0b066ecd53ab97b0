/* SPDX-License-Identifier: MIT */
/* What hyp/page.c needs around it: some memory to hand out, and panic(), which a test can expect by
 * expect_assert_failure() and which fails it otherwise. */
#ifndef TESTS_UNIT_HYP_HELP_H
#define TESTS_UNIT_HYP_HELP_H

#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "hyp/panic.h"
#include "hyp/riscv.h"
#include "lib/bitops.h"
#include "lib/spinlock.h"

#define ARENA_ALIGN 16384
#define DIRT        0xA5

static unsigned char *arena;

void panic(const char *why, ...)
{
    mock_assert(0, why, __FILE__, __LINE__); /* does not come back to a test that expects it */
    abort();
}

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    abort();
}

/* Full of dirt, with the sanitizer's guards on both sides. */
static inline void make_arena(size_t bytes)
{
    arena = aligned_alloc(ARENA_ALIGN, bytes);
    assert_non_null(arena);
    memset(arena, DIRT, bytes);
}

static inline bool all_bytes(const void *memory, unsigned char value, size_t bytes)
{
    const unsigned char *at = memory;

    return bytes == 0 || (at[0] == value && memcmp(at, at + 1, bytes - 1) == 0);
}

#endif
