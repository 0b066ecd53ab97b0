/* SPDX-License-Identifier: MIT */
/*
 * Page tables, and the pages they are made of (Privileged specification, "Sv39").
 * The kernel's tables are part of every space: their upper levels are shared, not copied.
 */
#include "guest-os/kernel/vm.h"
#include "guest-os/kernel/csr.h"
#include "guest-os/kernel/panic.h"
#include "guest-os/kernel/steal.h"
#include "guest-os/kernel/task.h"
#include "lib/string.h"

#define PTE_V    (1UL << 0)
#define PTE_R    (1UL << 1)
#define PTE_W    (1UL << 2)
#define PTE_X    (1UL << 3)
#define PTE_U    (1UL << 4)
#define PTE_G    (1UL << 5)
#define PTE_A    (1UL << 6) /* set at once, with D: the hardware may want software to do it */
#define PTE_D    (1UL << 7)
#define PTE_LEAF (PTE_R | PTE_W | PTE_X)

#define KERNEL_LEAF (PTE_V | PTE_G | PTE_A | PTE_D)
#define USER_LEAF   (PTE_V | PTE_U | PTE_A | PTE_D)

#define UART          0x10000000UL
#define LEVELS        3
#define ADDRESS_LIMIT (1UL << 38) /* the lower half of Sv39; all we use */

/* The linker script's, in the order of addresses; all but the last two are page-aligned. */
extern char kernel_text[], kernel_text_end[], kernel_rodata_end[], kernel_data[];
extern char stacks[], stacks_end[], kernel_end[], kernel_limit[];
extern char user_text[], user_text_end[], user_text_image[];

static struct page_table kernel_root __attribute__((section(".bss.pages"), aligned(PAGE_BYTES)));
static char *next_page = kernel_end;
static char *shared_page; /* NULL: nobody has asked for it yet */
static bool asids;        /* the hart tells as many spaces apart as there may be tasks */

/* A page of zeros, the kernel's for ever. */
static void *page_alloc(void)
{
    char *page = next_page;

    if (page == kernel_limit)
        panic("out of memory for page tables and stacks of tasks");
    next_page += PAGE_BYTES;
    return page;
}

static struct page_table *table_of(uint64_t pte)
{
    return (struct page_table *)(pte >> 10 << 12);
}

static uint64_t pte_of(const void *page, uint64_t flags)
{
    return (uint64_t)page >> 12 << 10 | flags;
}

/* Where the entry for `address` is, on the level of 4 KiB pages; NULL if there is no table yet and none is
 * to be made. */
static uint64_t *walk(struct page_table *table, uint64_t address, bool make)
{
    for (int level = LEVELS - 1;; level--) {
        uint64_t *pte = &table->entry[address >> (12 + 9 * level) & 511];

        if (level == 0)
            return pte;
        if (!*pte && !make)
            return NULL;
        if (!*pte)
            *pte = pte_of(page_alloc(), PTE_V);
        table = table_of(*pte);
    }
}

static void map(struct page_table *root, uint64_t address, const void *from, const void *end, uint64_t flags)
{
    for (const char *page = from; page < (const char *)end; page += PAGE_BYTES, address += PAGE_BYTES)
        *walk(root, address, true) = pte_of(page, flags);
}

static void map_kernel(const void *from, const void *end, uint64_t flags)
{
    map(&kernel_root, (uint64_t)from, from, end, KERNEL_LEAF | flags);
}

void vm_init(void)
{
    map_kernel(kernel_text, kernel_text_end, PTE_R | PTE_X);
    map_kernel(kernel_text_end, kernel_rodata_end, PTE_R);
    map_kernel(kernel_data, stacks, PTE_R | PTE_W);
    for (char *stack = stacks; stack < stacks_end; stack += STACK_BYTES)
        map_kernel(stack + STACK_BYTES / 2, stack + STACK_BYTES, PTE_R | PTE_W);
    map_kernel(stacks_end, kernel_limit, PTE_R | PTE_W);
    map_kernel((void *)UART, (void *)(UART + PAGE_BYTES), PTE_R | PTE_W);
}

static uint64_t satp_of(const struct page_table *root, uint64_t asid)
{
    return SATP_SV39 | asid << SATP_ASID_SHIFT | (uint64_t)root >> 12;
}

static struct page_table *root_of(uint64_t space)
{
    return (struct page_table *)((space & ~(SATP_SV39 | SATP_ASID_MASK)) << 12);
}

void vm_on(struct cpu *cpu)
{
    /* Bits of the ASID that the hart does not have read as 0. */
    csr_write(satp, satp_of(&kernel_root, SATP_ASID_MASK >> SATP_ASID_SHIFT));
    asids = (csr_read(satp) & SATP_ASID_MASK) >> SATP_ASID_SHIFT >= TASKS;
    cpu->space = satp_of(&kernel_root, 0);
    csr_write(satp, cpu->space);
    __asm__ volatile("sfence.vma" ::: "memory");
}

uint64_t vm_make_space(uint32_t task, bool shared)
{
    struct page_table *root = page_alloc();
    char *stack = page_alloc();

    *root = kernel_root;
    map(root, (uint64_t)user_text, user_text_image, user_text_image + (user_text_end - user_text),
        USER_LEAF | PTE_R | PTE_X);
    map(root, USER_STEAL, &steal_page, &steal_page + 1, USER_LEAF | PTE_R);
    map(root, USER_STACK, stack, stack + PAGE_BYTES, USER_LEAF | PTE_R | PTE_W);
    if (shared) {
        if (!shared_page)
            shared_page = page_alloc();
        map(root, USER_SHARED, shared_page, shared_page + PAGE_BYTES, USER_LEAF | PTE_R | PTE_W);
    }
    return satp_of(root, task + 1);
}

void vm_enter(struct cpu *cpu, uint64_t space)
{
    if (cpu->space == space)
        return;
    cpu->space = space;
    csr_write(satp, space);
    if (!asids)
        __asm__ volatile("sfence.vma" ::: "memory");
}

/* May the task do that, PTE_R or PTE_W, with all of it? */
static bool user_may(uint64_t space, uint64_t access, uint64_t from, uint64_t bytes)
{
    access |= PTE_V | PTE_U;
    if (from > ADDRESS_LIMIT || bytes > ADDRESS_LIMIT - from)
        return false;
    for (uint64_t page = from & -PAGE_BYTES; page < from + bytes; page += PAGE_BYTES) {
        const uint64_t *pte = walk(root_of(space), page, false);

        if (!pte || (*pte & access) != access)
            return false;
    }
    return true;
}

bool vm_copy_from_user(uint64_t space, void *to, uint64_t from, uint64_t bytes)
{
    if (!user_may(space, PTE_R, from, bytes))
        return false;
    csr_set(sstatus, SSTATUS_SUM);
    memcpy(to, (const void *)from, bytes);
    csr_clear(sstatus, SSTATUS_SUM);
    return true;
}

bool vm_copy_to_user(uint64_t space, uint64_t to, const void *from, uint64_t bytes)
{
    if (!user_may(space, PTE_W, to, bytes))
        return false;
    csr_set(sstatus, SSTATUS_SUM);
    memcpy((void *)to, from, bytes);
    csr_clear(sstatus, SSTATUS_SUM);
    return true;
}

bool vm_in_stack_guard(uint64_t address)
{
    uint64_t offset = address - (uint64_t)stacks;

    return offset < CPUS * STACK_BYTES && offset % STACK_BYTES < STACK_BYTES / 2;
}
