/* SPDX-License-Identifier: MIT */
/*
 * Rogues at the UART. The accesses that end a guest are in holes.c, with its address; those here must work.
 */
#include "tests/rogue/rogue.h"

#define SCRATCH (UART + 7)

/* Registers that hold nothing of importance, in every width that fits there, and in the short forms. */
static void all_widths(void)
{
    uint64_t value = 0;

    __asm__ volatile("sb %1, 7(%2)\nlbu %0, 7(%2)" : "=&r"(value) : "r"(0x5a), "r"(UART));
    check("uart.byte", value, 0x5a);
    __asm__ volatile("sb %1, 7(%2)\nlb %0, 7(%2)" : "=&r"(value) : "r"(0xa5), "r"(UART));
    check("uart.signed_byte", value, 0xffffffffffffffa5);
    __asm__ volatile("lh %0, 2(%1)\nlhu %0, 2(%1)" : "=&r"(value) : "r"(UART));
    check("uart.half", value & 0xff, 1); /* no interrupt pending */
    __asm__ volatile("lw %0, 4(%1)\nlwu %0, 4(%1)" : "=&r"(value) : "r"(UART));
    __asm__ volatile("ld %0, 0(%1)" : "=&r"(value) : "r"(UART));
    __asm__ volatile("sh zero, 4(%0)\nsw zero, 4(%0)" ::"r"(UART));
    __asm__ volatile("mv a0, %1\nc.lw a1, 4(a0)\nc.sw a1, 4(a0)\nc.ld a1, 0(a0)\nmv %0, a1"
                     : "=&r"(value)
                     : "r"(UART)
                     : "a0", "a1");
}

/* Loads whose value goes nowhere, or into the stack pointer. */
static void odd_registers(void)
{
    uint64_t value, before, after;

    *(volatile uint8_t *)SCRATCH = 0x77;
    __asm__ volatile("lbu zero, 7(%1)\nmv %0, zero" : "=&r"(value) : "r"(UART));
    check("uart.to_zero", value, 0);
    __asm__ volatile("mv   %1, sp\n"
                     "mv   t1, sp\n"
                     "lbu  sp, 7(%3)\n"
                     "mv   %0, sp\n"
                     "mv   sp, t1\n"
                     "mv   %2, sp"
                     : "=&r"(value), "=&r"(before), "=&r"(after)
                     : "r"(UART)
                     : "t1");
    check("uart.to_sp", value, 0x77);
    check("uart.sp_back", after, before);
}

static uint64_t tables_code[512] __attribute__((aligned(4096)));

/* The hypervisor may have to read the instruction, from a page that may only be executed. */
static void execute_only(void)
{
    static uint32_t page[1024] __attribute__((aligned(4096)));

    *(volatile uint8_t *)SCRATCH = 0x3c;
    page[0] = 0x00754503; /* lbu a0, 7(a0) */
    page[1] = 0x00008067;
    __asm__ volatile("fence.i" ::: "memory");
    tables_code[0] = pte((uint64_t)page, PTE_V | PTE_X | PTE_AD);
    tables_low[0] = pte((uint64_t)tables_code, PTE_V);
    tables_on();
    check("uart.execute_only", ((uint64_t (*)(uint64_t))WINDOW)(UART), 0x3c);
    tables_off();
}

/* The page that holds the instruction ends in its middle. */
static void instruction_across_pages(void)
{
    static uint16_t pages[4096] __attribute__((aligned(4096)));
    uint16_t *code = &pages[2047];

    *(volatile uint8_t *)SCRATCH = 0x66;
    code[0] = 0x4503; /* lbu a0, 7(a0) */
    code[1] = 0x0075;
    code[2] = 0x8082; /* ret */
    __asm__ volatile("fence.i" ::: "memory");
    check("uart.across_pages", ((uint64_t (*)(uint64_t))(uintptr_t)code)(UART), 0x66);
}

/* By the time that the hypervisor may want to read the instruction, its page may not be executed any more. */
static void code_gone(uint64_t window)
{
    ((uint64_t (*)(uint64_t, uint64_t *, uint64_t))window)(UART, &tables_code[0], 0);
}

static void instruction_gone(void)
{
    static uint32_t page[1024] __attribute__((aligned(4096)));

    page[0] = 0x00c5b023; /* sd a2, 0(a1) */
    page[1] = 0x00754503; /* lbu a0, 7(a0) */
    page[2] = 0x00008067;
    __asm__ volatile("fence.i" ::: "memory");
    tables_code[0] = pte((uint64_t)page, PTE_V | PTE_X | PTE_AD);
    tables_low[0] = pte((uint64_t)tables_code, PTE_V);
    tables_on();
    check("uart.code_gone", attempt(code_gone, WINDOW).cause, CAUSE_FETCH_PAGE);
    tables_off();
}

/* All its registers with all values. */
static void scramble(void)
{
    volatile uint8_t *uart = (volatile uint8_t *)UART;

    for (unsigned n = 1; n < 8; n++)
        for (unsigned value = 0; value < 256; value++) {
            uart[n] = (uint8_t)value;
            uart[n];
        }
    uart[3] = 0x03;
    uart[7] = 0x42;
    check("uart.scratch", uart[7], 0x42);
}

/* One line without end, then words that would clear a screen and speak in another guest's name. */
static void forge(void)
{
    static const char words[] =
        "\r[neighbour] forged\n[neighbour] forged\n\x1b[2J\x1b[H\x1b]0;title\x07\b\b\b\b[neighbour] "
        "forged\x9b\x85\xff\x00\r\n";
    volatile uint8_t *uart = (volatile uint8_t *)UART;

    for (unsigned n = 0; n < 5000; n++)
        *uart = 'x';
    for (unsigned n = 0; n < sizeof(words); n++)
        *uart = (uint8_t)words[n];
    for (unsigned n = 0; n < 256; n++)
        *uart = (uint8_t)n;
    for (unsigned n = 0; n < sizeof(words); n++)
        sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, words[n], 0, 0);
    sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, sizeof(words), (long)words, 0);
}

const struct rogue_case rogue_devices[] = {
    {"uart_all_widths", all_widths},
    {"uart_odd_registers", odd_registers},
    {"uart_execute_only", execute_only},
    {"uart_across_pages", instruction_across_pages},
    {"uart_code_gone", instruction_gone},
    {"uart_scramble", scramble},
    {"console_forge", forge},
    {0},
};
