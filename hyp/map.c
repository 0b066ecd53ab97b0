/* SPDX-License-Identifier: MIT */
/*
 * Sv39, identity. Text executes and is not written, constants are only read, nothing
 * else executes; the pages below the stacks are missing, so that an overflow
 * faults, and so is everything that is neither RAM nor the UART, page zero first of all.
 */
#include "hyp/map.h"
#include "hyp/gstage.h"
#include "hyp/layout.h"
#include "hyp/page.h"
#include "hyp/riscv.h"
#include "lib/bitops.h"

#define MEGAPAGE   (2UL << 20)
#define UART_BASE  0x10000000UL
#define PTE_GLOBAL 32UL

enum { READ = PTE_R, READ_EXECUTE = PTE_R | PTE_X, READ_WRITE = PTE_R | PTE_W };

static uint64_t *root;

static uint64_t *next_table(uint64_t *pte)
{
    if (!(*pte & PTE_V))
        *pte = (uint64_t)boot_alloc(PAGE_SIZE, PAGE_SIZE) >> PAGE_SHIFT << PTE_PPN_SHIFT | PTE_V;
    return (uint64_t *)pte_page(*pte);
}

static void map(uint64_t start, uint64_t end, uint64_t rights)
{
    while (start < end) {
        uint64_t bits = PTE_V | PTE_A | PTE_D | PTE_GLOBAL | rights;
        uint64_t *middle = next_table(&root[start >> 30 & 511]);
        bool large = is_aligned(start, MEGAPAGE) && end - start >= MEGAPAGE;
        uint64_t *pte = &middle[start >> 21 & 511];
        if (!large)
            pte = &next_table(pte)[start >> 12 & 511];
        *pte = start >> PAGE_SHIFT << PTE_PPN_SHIFT | bits;
        start += large ? MEGAPAGE : PAGE_SIZE;
    }
}

void map_init(uint64_t ram_end)
{
    root = boot_alloc(PAGE_SIZE, PAGE_SIZE);
    map(UART_BASE, UART_BASE + PAGE_SIZE, READ_WRITE);
    map((uint64_t)text_start, (uint64_t)text_end, READ_EXECUTE);
    map((uint64_t)rodata_start, (uint64_t)rodata_end, READ);
    map((uint64_t)data_start, (uint64_t)data_end, READ_WRITE);
    for (uint32_t n = 0; n < STACKS; n++)
        map(STACK_TOP(n) - STACK_BYTES, STACK_TOP(n), READ_WRITE);
    map((uint64_t)image_end, ram_end, READ_WRITE);
}

void map_enable(void)
{
    csr_write(satp, SATP_SV39 | (uint64_t)root >> PAGE_SHIFT);
    sfence_vma_all();
}
