/* SPDX-License-Identifier: MIT */
/*
 * Executes the last 4 bytes of its RAM. Touches its RAM all over, first by physical and then by virtual addresses that
 * are others, and reads its UART by a virtual one. What it finds in pages that nobody wrote before is zero.
 *
 * Arguments: nonce=N; pages=N of each kind; place=N, the virtual address of the window, a multiple of 2 MiB below
 * 2^38.
 */
#include "tests/guests/frame/frame.h"

#define PAGE     4096UL
#define MIB      (1024 * 1024UL)
#define PTE_V    1UL
#define PTE_LEAF 0xcfUL
#define PHYSICAL (0x80000000UL + 4 * MIB)  /* pages that are touched by their physical address */
#define VIRTUAL  (0x80000000UL + 10 * MIB) /* ... and first by a virtual one */
#define UART     0x10000000UL
#define SCRATCH  7

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t middle[512] __attribute__((aligned(4096)));
static uint64_t last[512] __attribute__((aligned(4096)));
static uint64_t pages, nonce, place;

static uint64_t mix(uint64_t n)
{
    n = (n ^ nonce) * 0x9e3779b97f4a7c15UL;
    return n ^ n >> 29;
}

/* The doubleword of page n that is touched. */
static uint64_t offset(uint64_t n)
{
    return mix(n) % (PAGE / 8) * 8;
}

/* Reads, writes, and at the end reads all again. Reports how many were not zero at first, and not as written. */
static void touch(const char *fresh, const char *kept, uint64_t base)
{
    uint64_t unclean = 0, wrong = 0;

    for (uint64_t n = 0; n < pages; n++) {
        volatile uint64_t *word = (volatile uint64_t *)(base + n * PAGE + offset(n));
        unclean += *word != 0;
        *word = mix(n + base);
    }
    for (uint64_t n = 0; n < pages; n++)
        wrong += *(volatile uint64_t *)(base + n * PAGE + offset(n)) != mix(n + base);
    *report_number(fresh) = unclean;
    *report_number(kept) = wrong;
}

static void switch_paging_on(void)
{
    root[2] = 2UL << 28 | PTE_LEAF; /* RAM, where it is */
    root[place >> 30] = (uint64_t)middle >> 12 << 10 | PTE_V;
    middle[place >> 21 & 511] = (uint64_t)last >> 12 << 10 | PTE_V;
    for (uint64_t n = 0; n < pages; n++)
        last[n] = (VIRTUAL + n * PAGE) >> 12 << 10 | PTE_LEAF;
    last[511] = UART >> 12 << 10 | PTE_LEAF;
    csr_write(satp, 8UL << 60 | (uint64_t)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* The window and the place where its pages really are show the same. */
static void compare_with_physical(void)
{
    uint64_t wrong = 0;

    for (uint64_t n = 0; n < pages; n++)
        wrong += *(volatile uint64_t *)(VIRTUAL + n * PAGE + offset(n)) != mix(n + place);
    *report_number("elsewhere") = wrong;
}

static void jump(uint64_t where)
{
    ((void (*)(void))where)();
}

/* A page that nobody has touched holds zeros, which are no instruction. */
static void execute_the_last(void)
{
    struct caught caught = attempt(jump, ram_end - 4);

    *report_number("fetch.cause") = caught.cause;
    *report_signed("fetch.at") = (int64_t)(caught.pc - (ram_end - 4));
}

int test_main(void)
{
    volatile uint8_t *uart;

    nonce = arg_number("nonce", 0);
    pages = arg_number("pages", 16);
    place = arg_number("place", 0);
    report_text("step", "fetch");
    execute_the_last();
    report_text("step", "physical");
    touch("physical.unclean", "physical.wrong", PHYSICAL);
    switch_paging_on();
    report_text("step", "virtual");
    touch("virtual.unclean", "virtual.wrong", place);
    compare_with_physical();
    report_text("step", "device");
    uart = (volatile uint8_t *)(place + 511 * PAGE);
    uart[SCRATCH] = (uint8_t)nonce;
    *report_number("scratch") = uart[SCRATCH];
    *report_number("done") = 1;
    for (;;) {} /* shutting down would be an SBI call */
}
