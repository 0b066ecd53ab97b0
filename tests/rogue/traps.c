/* SPDX-License-Identifier: MIT */
/*
 * Rogues whose stack, program counter or trap vector is nowhere.
 */
#include "tests/rogue/rogue.h"

static uint64_t zeros[512] __attribute__((aligned(4096)));

static void set_vector(uint64_t address)
{
    csr_write(stvec, address);
    __asm__ volatile(".word 0"); /* illegal */
}

/* The handler begins with an instruction that is illegal too. */
static void vector_illegal(void)
{
    set_vector((uint64_t)zeros);
}

static void vector_void(void)
{
    set_vector(0);
}

static void vector_uart(void)
{
    set_vector(UART);
}

static void vector_after_ram(void)
{
    set_vector(ram_end);
}

/* Not mapped by the guest: the fetch faults, and so does the fetch of its handler, for ever. */
static void vector_unmapped(void)
{
    tables_on();
    set_vector(1UL << 37);
}

/* Not executable. */
static void vector_data(void)
{
    static uint64_t table[512] __attribute__((aligned(4096)));

    table[0] = pte((uint64_t)zeros, PTE_V | PTE_R | PTE_W | PTE_AD);
    tables_low[0] = pte((uint64_t)table, PTE_V);
    tables_on();
    set_vector(WINDOW);
}

/* A handler that faults, but not at once: one step further each time it would be too clever to watch for. It
 * has no end, and gets no more than its share. */
__attribute__((naked, aligned(4))) static void late_handler(void)
{
    __asm__(".option push\n.option norvc\nnop\nnop\n.word 0\n.option pop");
}

static void vector_late(void)
{
    set_vector((uint64_t)late_handler);
}

/* Handlers whose first instruction traps, in ways that are the guest's own business. */
__attribute__((naked, aligned(4))) static void breaking_handler(void)
{
    __asm__("ebreak");
}

static void vector_break(void)
{
    set_vector((uint64_t)breaking_handler);
}

__attribute__((naked, aligned(4))) static void loading_handler(void)
{
    __asm__("lui t0, 0x7ffff\n"
            "ld  t0, 0(t0)");
}

static void vector_load(void)
{
    tables_on();
    set_vector((uint64_t)loading_handler);
}

/* Its very first instruction faults in the guest's tables: not one is ever carried out, so that where time is the
 * count of instructions it would stand still. */
__attribute__((naked, aligned(4))) static void storing_handler(void)
{
    __asm__("sd zero, -8(zero)");
}

static void vector_store(void)
{
    tables_on();
    set_vector((uint64_t)storing_handler);
}

/* Handlers that return to where the trap came from: the same trap for ever. */
__attribute__((naked, aligned(4))) static void vain_handler(void)
{
    __asm__("sret");
}

static void vector_vain(void)
{
    set_vector((uint64_t)vain_handler);
}

__attribute__((naked, aligned(4))) static void pushing_handler(void)
{
    __asm__("sd ra, -8(sp)\n"
            "sret");
}

static void stack_void(void)
{
    csr_write(stvec, pushing_handler);
    __asm__ volatile("li sp, 0x1000\n.word 0");
}

static void stack_below_ram(void)
{
    csr_write(stvec, pushing_handler);
    __asm__ volatile("li sp, 0x80000000\n.word 0");
}

static void pc_void(void)
{
    __asm__ volatile("jr zero");
}

static void pc_far(void)
{
    __asm__ volatile("jr %0" ::"r"(~1UL));
}

/* Deeper and deeper, over its own image and out of RAM. */
static void recursion(void)
{
    __asm__ volatile("1: addi sp, sp, -512\n"
                     "sd   ra, 0(sp)\n"
                     "jal  1b");
}

static void sret_void(void)
{
    csr_set(sstatus, SSTATUS_SPP);
    csr_write(sepc, 0x1000);
    __asm__ volatile("sret");
}

/* Every exception, again and again, and none of them the hypervisor's business. */
static void trap_illegal(IGNORED uint64_t argument)
{
    __asm__ volatile(".word 0");
}

static void trap_break(IGNORED uint64_t argument)
{
    __asm__ volatile("ebreak");
}

static void trap_misaligned(uint64_t address)
{
    __asm__ volatile("lr.d zero, (%0)" ::"r"(address) : "memory");
}

static void many_traps(void)
{
    uint64_t *done = report_number("traps");

    for (unsigned n = 0; n < 500; n++, *done += 3) {
        check("trap.illegal", attempt(trap_illegal, 0).cause, CAUSE_ILLEGAL);
        check("trap.break", attempt(trap_break, 0).cause, CAUSE_BREAKPOINT);
        uint64_t lr = attempt(trap_misaligned, (uint64_t)zeros + 1).cause;
        check("trap.lr", lr == CAUSE_LOAD_MISALIGNED || lr == CAUSE_LOAD_ACCESS, true);
    }
}

const struct rogue_case rogue_traps[] = {
    {"vector_illegal", vector_illegal},
    {"vector_void", vector_void},
    {"vector_uart", vector_uart},
    {"vector_after_ram", vector_after_ram},
    {"vector_unmapped", vector_unmapped},
    {"vector_data", vector_data},
    {"vector_break", vector_break},
    {"vector_load", vector_load},
    {"vector_store", vector_store},
    {"vector_late", vector_late},
    {"vector_vain", vector_vain},
    {"stack_void", stack_void},
    {"stack_below_ram", stack_below_ram},
    {"pc_void", pc_void},
    {"pc_far", pc_far},
    {"recursion", recursion},
    {"sret_void", sret_void},
    {"many_traps", many_traps},
    {0},
};
