/* SPDX-License-Identifier: MIT */
/*
 * Each hart has page tables of its own, in which one virtual address leads to a page of its own: does it find there
 * what it stored, after siblings have had the pCPU? It never stops.
 *
 * Argument: seed=N.
 */
#include "lib/printf.h"
#include "tests/guests/frame/frame.h"

#define WINDOW    ((volatile uint64_t *)0x40000000UL)
#define SATP_SV39 (8UL << 60)
#define PTE_V     1UL
#define PTE_LEAF  0xcfUL /* V R W X A D */
#define WORDS     512

typedef uint64_t table[512] __attribute__((aligned(4096)));

static table root[HARTS], middle[HARTS], last[HARTS], own[HARTS];
static struct {
    uint64_t *rounds, *damaged;
} results[HARTS];

static uint64_t to(const void *at, uint64_t bits)
{
    return (uint64_t)at >> 12 << 10 | bits;
}

static void switch_paging_on(uint64_t id)
{
    root[id][1] = to(middle[id], PTE_V);
    root[id][2] = to((void *)(2UL << 30), PTE_LEAF); /* RAM, where it is */
    middle[id][0] = to(last[id], PTE_V);
    last[id][0] = to(own[id], PTE_LEAF);
    csr_write(satp, SATP_SV39 | (uint64_t)root[id] >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void use_window(uint64_t seed)
{
    uint64_t id = this_hart()->id;

    switch_paging_on(id);
    for (uint64_t round = 0;; round++) {
        for (uint64_t n = 0; n < WORDS; n++)
            WINDOW[n] = seed + (round * HARTS + id) * WORDS + n;
        for (uint64_t n = 0; n < WORDS; n++)
            *results[id].damaged += WINDOW[n] != seed + (round * HARTS + id) * WORDS + n;
        *results[id].rounds = round + 1;
    }
}

static uint64_t *result(const char *what, uint64_t id)
{
    char name[16];

    format(name, sizeof(name), "%s.%lu", what, id);
    return report_number(name);
}

int test_main(void)
{
    uint64_t seed = arg_number("seed", 1);

    for (uint64_t id = 0; id < hart_count; id++) {
        results[id].rounds = result("rounds", id);
        results[id].damaged = result("damaged", id);
    }
    area_register();
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, use_window, seed);
    use_window(seed);
    return 0;
}
