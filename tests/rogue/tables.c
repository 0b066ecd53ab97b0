/* SPDX-License-Identifier: MIT */
/*
 * Rogues with page tables that lead astray.
 */
#include "tests/rogue/rogue.h"

uint64_t tables_root[512] __attribute__((aligned(4096)));
uint64_t tables_low[512] __attribute__((aligned(4096)));

static void set_satp(uint64_t value)
{
    csr_write(satp, value);
    __asm__ volatile("sfence.vma" ::: "memory");
}

void tables_on(void)
{
    tables_root[0] = pte(0, PTE_LEAF);
    tables_root[1] = pte((uint64_t)tables_low, PTE_V);
    tables_root[2] = pte(2UL << 30, PTE_LEAF);
    set_satp(SATP_SV39 | (uint64_t)tables_root / PAGE);
}

void tables_off(void)
{
    set_satp(0);
}

static void load(uint64_t address)
{
    *(volatile uint8_t *)address;
}

/* Modes that do not exist must change nothing. */
static void satp_modes(void)
{
    for (uint64_t mode = 1; mode < 16; mode++) {
        if (mode >= 8 && mode <= 10) /* Sv39, Sv48, Sv57 */
            continue;
        csr_write(satp, mode << 60 | 0xffffUL << 44 | 0x123456);
        check("satp.mode", csr_read(satp), 0);
    }
}

static void satp_void(void)
{
    set_satp(SATP_SV39 | (1UL << 43));
}

static void satp_far(void)
{
    set_satp(SATP_SV39 | (ram_end + (1UL << 32)) / PAGE);
}

static void satp_uart(void)
{
    set_satp(SATP_SV39 | UART / PAGE);
}

static void satp_plic(void)
{
    set_satp(SATP_SV39 | 0xc000000 / PAGE);
}

static void satp_sv57_void(void)
{
    set_satp(10UL << 60 | 0x7fffffff);
}

/* A root of zeros: nothing is mapped, not even the trap handler. */
static void satp_zeros(void)
{
    set_satp(SATP_SV39 | (uint64_t)tables_root / PAGE);
}

/* ASIDs one after the other, each with the same tables. */
static void satp_asids(void)
{
    tables_on();
    for (uint64_t asid = 0; asid < 65536; asid += 13)
        csr_write(satp, SATP_SV39 | asid << 44 | (uint64_t)tables_root / PAGE);
    tables_off();
}

/* An entry of the last level of a walk leads to `entry`. */
static void follow(uint64_t entry)
{
    tables_low[0] = entry;
    tables_on();
    load(WINDOW);
}

static void table_void(void)
{
    follow(pte(1UL << 55, PTE_V));
}

static void table_uart(void)
{
    follow(pte(UART, PTE_V));
}

static void table_after_ram(void)
{
    follow(pte(ram_end, PTE_V));
}

static void leaf_hole(void)
{
    follow(pte(0x0e000000, PTE_LEAF));
}

static void leaf_after_ram(void)
{
    follow(pte((ram_end + 0x1fffff) & ~0x1fffffUL, PTE_LEAF));
}

/* Beyond the 41 bits of a guest physical address. */
static void leaf_wide(void)
{
    follow(pte(1UL << 41, PTE_LEAF));
}

static void leaf_widest(void)
{
    follow(pte(((1UL << 56) - 1) & ~0x1fffffUL, PTE_LEAF));
}

static void touch(uint64_t address)
{
    *(volatile uint64_t *)address = *(volatile uint64_t *)address;
}

/* Entries that the specification reserves are page faults of the guest's own. */
static void reserved_entries(void)
{
    static const uint64_t bits[] = {
        PTE_V | PTE_W | PTE_AD, /* writable, not readable */
        PTE_V | PTE_W | PTE_X | PTE_AD,
        PTE_LEAF | 1UL << 54, /* reserved */
        PTE_LEAF | 1UL << 60,
        PTE_LEAF | 3UL << 61, /* PBMT, reserved and not there */
        PTE_LEAF | 1UL << 63, /* a NAPOT superpage */
        PTE_V | PTE_AD,       /* a table with A and D */
        PTE_LEAF & ~PTE_V,
    };

    for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        tables_low[0] = pte(0x80000000, bits[i]);
        tables_on();
        struct caught caught = attempt(touch, WINDOW);
        check("pte.reserved", caught.cause, CAUSE_LOAD_PAGE);
        check("pte.tval", caught.tval, WINDOW);
    }
    tables_low[0] = pte(0x80001000, PTE_LEAF); /* a superpage that is not aligned */
    tables_on();
    check("pte.misaligned", attempt(touch, WINDOW).cause, CAUSE_LOAD_PAGE);
    check("pte.not_canonical", attempt(touch, 1UL << 39).cause, CAUSE_LOAD_PAGE);
    tables_off();
}

/* Tables that are their own tables. */
static void recursive(void)
{
    tables_root[511] = pte((uint64_t)tables_root, PTE_V);
    tables_on();
    struct caught caught = attempt(touch, ~0xfffUL);
    check("pte.recursive", caught.cause, CAUSE_LOAD_PAGE);
    tables_off();
}

static void execute_data(uint64_t address)
{
    ((void (*)(void))address)();
}

/* Pages that must not be executed, read or written are not. */
static void rights(void)
{
    static uint64_t data[512] __attribute__((aligned(4096)));
    static uint64_t table[512] __attribute__((aligned(4096)));

    tables_low[0] = pte((uint64_t)table, PTE_V);
    table[0] = pte((uint64_t)data, PTE_V | PTE_R | PTE_W | PTE_AD);
    tables_on();
    check("rights.execute", attempt(execute_data, WINDOW).cause, CAUSE_FETCH_PAGE);
    table[0] = pte((uint64_t)data, PTE_V | PTE_X | PTE_AD);
    tables_on();
    check("rights.read", attempt(touch, WINDOW).cause, CAUSE_LOAD_PAGE);
    table[0] = pte((uint64_t)data, PTE_V | PTE_R | PTE_AD);
    tables_on();
    check("rights.write", attempt(touch, WINDOW).cause, CAUSE_STORE_PAGE);
    table[0] = pte((uint64_t)data, PTE_LEAF | PTE_U);
    tables_on();
    check("rights.user_page", attempt(touch, WINDOW).cause, CAUSE_LOAD_PAGE);
    tables_off();
}

const struct rogue_case rogue_tables[] = {
    {"satp_modes", satp_modes},
    {"satp_void", satp_void},
    {"satp_far", satp_far},
    {"satp_uart", satp_uart},
    {"satp_plic", satp_plic},
    {"satp_sv57_void", satp_sv57_void},
    {"satp_zeros", satp_zeros},
    {"satp_asids", satp_asids},
    {"table_void", table_void},
    {"table_uart", table_uart},
    {"table_after_ram", table_after_ram},
    {"leaf_hole", leaf_hole},
    {"leaf_after_ram", leaf_after_ram},
    {"leaf_wide", leaf_wide},
    {"leaf_widest", leaf_widest},
    {"pte_reserved", reserved_entries},
    {"pte_recursive", recursive},
    {"pte_rights", rights},
    {0},
};
