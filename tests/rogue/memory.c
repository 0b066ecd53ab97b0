/* SPDX-License-Identifier: MIT */
/*
 * Rogues that want all memory there is.
 */
#include "tests/rogue/rogue.h"

/* Every page of its RAM, below, above and between what it uses. */
static void touch_all(void)
{
    uint64_t *pages = report_number("pages");

    for (uint64_t page = 0x80000000; page < ram_end; page += PAGE, ++*pages) {
        volatile uint64_t *word = (volatile uint64_t *)page;

        *word = *word;
    }
    check("memory.pages", *pages, (ram_end - 0x80000000) / PAGE);
}

/* Zeros, as far as it gets: its own code, sooner or later. */
static void wipe(void)
{
    for (volatile uint64_t *word = (volatile uint64_t *)0x80000000;; word++)
        *word = 0;
}

/* Goes on above the end of RAM. */
static void beyond(void)
{
    for (volatile uint64_t *word = (volatile uint64_t *)(ram_end - PAGE);; word += 64)
        *word = 1;
}

const struct rogue_case rogue_memory[] = {
    {"memory_all", touch_all},
    {"memory_wipe", wipe},
    {"memory_beyond", beyond},
    {0},
};
