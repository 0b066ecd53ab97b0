/* SPDX-License-Identifier: MIT */
/*
 * Do f0 to f31 and fcsr survive exits and other VCPUs, and does nobody see those of another VM?
 *
 * Arguments: rounds=N (each three exits), seed=N, role=user|once|never|observer. The user plays patterns, and now and
 * then has FP switched off while the hypervisor comes and goes, or executes what is no instruction while it is on. Once
 * and never say how often that is. The observer never writes an FP register: it must only ever see the zeros that its
 * machine started with. A second hart plays patterns all the time, and reports sibling.rounds and sibling.wrong.
 */
#include <stddef.h>
#include "tests/guests/blocks.h"
#include "tests/guests/frame/frame.h"

struct block {
    uint64_t saved[17];
    uint64_t pattern[33], seen[33];
};

_Static_assert(offsetof(struct block, pattern) == BLOCK_PATTERN, "fp_loop.S");
_Static_assert(offsetof(struct block, seen) == BLOCK_SEEN, "fp_loop.S");

#define FS_OFF     (0UL << 13)
#define FS_INITIAL (1UL << 13)
#define FS_CLEAN   (2UL << 13)
#define FS_DIRTY   (3UL << 13)

void fp_load(struct block *);
void fp_store(struct block *);
void fp_linger(void);
void fp_touch(uint64_t);

static struct block block, sibling;
static uint64_t *wrong, *rounds_done, *sibling_wrong, *sibling_rounds;

static void set_fs(uint64_t fs)
{
    csr_write(sstatus, (csr_read(sstatus) & ~SSTATUS_FS) | fs);
}

static void compare(void)
{
    for (uint64_t n = 0; n < 33; n++) {
        if (block.seen[n] == block.pattern[n])
            continue;
        if ((*wrong)++ == 0) {
            *report_number("first_wrong.register") = n;
            *report_number("first_wrong.got") = block.seen[n];
            *report_number("first_wrong.expected") = block.pattern[n];
        }
    }
}

static void illegal(IGNORED uint64_t argument)
{
    __asm__ volatile(".word 0");
}

static void play_user(uint64_t seed)
{
    for (uint64_t n = 0; n < 32; n++)
        block.pattern[n] = (seed + n + 1) * 0x9e3779b97f4a7c15UL;
    block.pattern[32] = seed % 5 << 5 | (seed & 31); /* rounding mode and flags */
    set_fs(FS_INITIAL);
    fp_load(&block);
    check("fp.dirty", csr_read(sstatus) & SSTATUS_FS, FS_DIRTY);
    if (seed % 8 == 3)
        check("fp.on_and_illegal", attempt(illegal, 0).cause, CAUSE_ILLEGAL);
    if (seed % 4 == 1)
        set_fs(FS_OFF);
    else if (seed % 4 == 2)
        set_fs(FS_CLEAN);
    fp_linger();
    if (seed % 4 == 1)
        set_fs(FS_INITIAL);
    fp_store(&block);
    if (seed % 4 == 2)
        check("fp.still_clean", csr_read(sstatus) & SSTATUS_FS, FS_CLEAN);
}

static void play_observer(void)
{
    set_fs(FS_OFF);
    fp_linger();
    set_fs(FS_INITIAL);
    fp_store(&block);
    check("fp.still_initial", csr_read(sstatus) & SSTATUS_FS, FS_INITIAL);
}

static void accompany(uint64_t seed)
{
    set_fs(FS_INITIAL);
    for (;;) {
        for (uint64_t n = 0; n < 32; n++)
            sibling.pattern[n] = ~(seed + *sibling_rounds + n) * 0x9e3779b97f4a7c15UL;
        fp_load(&sibling);
        fp_linger();
        fp_store(&sibling);
        for (uint64_t n = 0; n < 32; n++)
            *sibling_wrong += sibling.seen[n] != sibling.pattern[n];
        ++*sibling_rounds;
    }
}

static void begin_sibling(uint64_t seed)
{
    sibling_wrong = report_number("sibling.wrong");
    sibling_rounds = report_number("sibling.rounds");
    hart_start(!boot_hart, accompany, seed);
}

int test_main(void)
{
    uint64_t rounds = arg_number("rounds", 1000), seed = arg_number("seed", 1) << 32;
    bool observer = arg_is("role", "observer"), once = arg_is("role", "once"),
         never = arg_is("role", "never");

    area_register();
    wrong = report_number("wrong");
    rounds_done = report_number("rounds");
    set_fs(FS_OFF);
    check("fp.off_traps", attempt(fp_touch, 0).cause, CAUSE_ILLEGAL);
    if (hart_count > 1)
        begin_sibling(seed);
    for (uint64_t round = 0; round < rounds; round++) {
        if (observer)
            play_observer();
        else if (never || (once && round))
            fp_linger();
        else
            play_user(seed + round);
        compare();
        ++*rounds_done;
    }
    set_fs(FS_OFF);
    check("fp.off_traps_again", attempt(fp_touch, 0).cause, CAUSE_ILLEGAL);
    return 0;
}
