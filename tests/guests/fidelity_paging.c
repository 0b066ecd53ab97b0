/* SPDX-License-Identifier: MIT */
/*
 * Fidelity of address translation: Sv39 with every kind of page and right, faults with their values, user
 * mode and back, pages exchanged under a running program.
 */
#include "tests/guests/fidelity.h"

#define PAGE   4096UL
#define WINDOW 0x40000000UL
#define PAGES  64

#define PTE_V   1UL
#define PTE_R   2UL
#define PTE_W   4UL
#define PTE_X   8UL
#define PTE_U   16UL
#define PTE_A   64UL
#define PTE_D   128UL
#define PTE_ALL (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t middle[512] __attribute__((aligned(4096)));
static uint64_t last[512] __attribute__((aligned(4096)));
static uint64_t pages[PAGES][512] __attribute__((aligned(4096)));
static struct sum sum;

static uint64_t pte(const void *page, uint64_t bits)
{
    return (uint64_t)page >> 12 << 10 | bits;
}

static void flush(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void load(uint64_t address)
{
    *(volatile uint64_t *)address;
}

static void store(uint64_t address)
{
    *(volatile uint64_t *)address = address;
}

static void fetch(uint64_t address)
{
    ((void (*)(void))address)();
}

/* Every combination of rights, from supervisor mode, with and without SUM and MXR. */
static void rights(void)
{
    pages[0][0] = 0x00008067; /* ret */
    __asm__ volatile("fence.i" ::: "memory");
    for (uint64_t bits = 0; bits < 256; bits++) {
        for (unsigned n = 0; n < 4; n++) {
            last[0] = pte(pages[0], bits);
            flush();
            csr_clear(sstatus, SSTATUS_SUM | SSTATUS_MXR);
            csr_set(sstatus, (n & 1 ? SSTATUS_SUM : 0) | (n & 2 ? SSTATUS_MXR : 0));
            fold_trap(&sum, attempt(load, WINDOW));
            fold_trap(&sum, attempt(fetch, WINDOW));
            fold_trap(&sum, attempt(store, WINDOW + 8));
            fold(&sum, last[0]);
        }
    }
    csr_clear(sstatus, SSTATUS_SUM | SSTATUS_MXR);
    report_sum("paging.rights", &sum);
}

/* A superpage, a page across which accesses go, addresses that are none. */
static void shapes(void)
{
    static const uint64_t addresses[] = {
        WINDOW + PAGE - 4,    WINDOW + 0x200000 - 4, WINDOW + 0x3ffffc, 0x3fffffffffUL, 0x4000000000UL,
        0xffffffbfffffffffUL, 0xffffffc000000000UL,  0x8000000000UL,    1UL << 62,      ~7UL};

    last[0] = pte(pages[0], PTE_ALL);
    last[1] = pte(pages[1], PTE_ALL);
    last[511] = pte(pages[2], PTE_ALL & ~PTE_W);
    middle[1] = pte((void *)0x80200000, PTE_ALL & ~(PTE_W | PTE_D));
    middle[2] = pte((void *)0x80201000, PTE_ALL); /* misaligned: reserved */
    flush();
    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        fold_trap(&sum, attempt(load, addresses[i]));
        fold_trap(&sum, attempt(store, addresses[i]));
        fold_trap(&sum, attempt(fetch, addresses[i] & ~1UL));
    }
    fold_trap(&sum, attempt(load, WINDOW + 0x400000));
    for (unsigned n = 0; n < 512; n += 7)
        fold(&sum, *(volatile uint64_t *)(WINDOW + 0x200000 + n * 8));
    report_sum("paging.shapes", &sum);
}

/* Pages come in when they are touched, in an order of their own, and trade places. */
static bool bring_in(struct hart *h, uint64_t cause, uint64_t tval)
{
    uint64_t index = (tval - WINDOW) / PAGE;

    if (tval < WINDOW || index >= PAGES)
        return false;
    fold(&sum, cause);
    fold(&sum, h->pc);
    last[index] = pte(pages[index * 13 % PAGES], PTE_ALL);
    flush();
    return true;
}

static void demand(void)
{
    uint64_t *window = (uint64_t *)WINDOW;

    for (unsigned n = 0; n < 512; n++)
        last[n] = 0;
    flush();
    this_hart()->on_exception = bring_in;
    for (unsigned n = 0; n < 3000; n++) {
        unsigned index = n * 7919 % (PAGES * 512);

        window[index] += n;
        fold(&sum, window[index]);
        if (n % 100 == 99) {
            uint64_t swapped = last[n % PAGES];

            last[n % PAGES] = last[n / 2 % PAGES];
            last[n / 2 % PAGES] = swapped;
            flush();
        }
    }
    this_hart()->on_exception = NULL;
    report_sum("paging.demand", &sum);
}

/* addi a0, a0, 1 eight times; ecall; then what user mode must not do. */
static const uint32_t user_code[] = {0x00150513, 0x00150513, 0x00150513, 0x00150513, 0x00150513,
                                     0x00150513, 0x00150513, 0x00150513, 0x00000073};

static void enter_user(uint64_t address)
{
    csr_clear(sstatus, SSTATUS_SPP);
    csr_write(sepc, address);
    __asm__ volatile("mv a0, zero\nsret" ::: "a0");
}

static void user_mode(void)
{
    static const uint32_t forbidden[] = {0x10200073 /* sret */,          0x12000073 /* sfence.vma */,
                                         0x14002573 /* csrr sscratch */, 0x18051073 /* csrw satp */,
                                         0x00100073 /* ebreak */,        0x00000000};
    uint32_t *code = (uint32_t *)pages[0];

    last[0] = pte(code, PTE_ALL | PTE_U);
    last[1] = pte(pages[1], PTE_ALL);
    flush();
    for (unsigned n = 0; n < 9; n++)
        code[n] = user_code[n];
    __asm__ volatile("fence.i" ::: "memory");
    for (unsigned n = 0; n < 9; n++) {
        fold_trap(&sum, attempt(enter_user, WINDOW + n * 4));
        fold(&sum, this_hart()->x[10]);
    }
    for (unsigned n = 0; n < sizeof(forbidden) / sizeof(forbidden[0]); n++) {
        code[0] = forbidden[n];
        __asm__ volatile("fence.i" ::: "memory");
        fold_trap(&sum, attempt(enter_user, WINDOW));
    }
    fold_trap(&sum, attempt(enter_user, WINDOW + PAGE));     /* the supervisor's */
    fold_trap(&sum, attempt(enter_user, WINDOW + 2 * PAGE)); /* what demand() left there */
    fold_trap(&sum, attempt(enter_user, 0x123456789000));
    fold_trap(&sum, attempt(enter_user, csr_read(stvec))); /* where traps go, and it may not */
    report_sum("paging.user", &sum);
}

void fidelity_paging(void)
{
    root[0] = pte((void *)0, PTE_ALL);
    root[1] = pte(middle, PTE_V);
    root[2] = pte((void *)0x80000000, PTE_ALL);
    middle[0] = pte(last, PTE_V);
    csr_write(satp, 8UL << 60 | (uint64_t)root / PAGE);
    flush();
    rights();
    shapes();
    demand();
    user_mode();
    csr_write(satp, 0);
    flush();
}
