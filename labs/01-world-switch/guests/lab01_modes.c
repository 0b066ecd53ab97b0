/* SPDX-License-Identifier: MIT */
/*
 * Does the hypervisor know in which mode we were? It is made to read the instructions with which we reach for the UART,
 * as the kernel from pages that tasks may not use, and as a task from pages that the kernel may not execute.
 *
 * Arguments: seed=N, rounds=N.
 */
#include "tests/guests/frame/frame.h"

#define WINDOW    0x40000000UL
#define CODE      WINDOW
#define UART      (WINDOW + 0x1000)
#define PTE_V     1UL
#define PTE_LEAF  0xcfUL /* V R W X A D */
#define PTE_U     16UL
#define SATP_SV39 (8UL << 60)
#define SCRATCH   7

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t middle[512] __attribute__((aligned(4096)));
static uint64_t last[512] __attribute__((aligned(4096)));
static uint32_t code[1024] __attribute__((aligned(4096)));

static uint64_t pte(uint64_t address, uint64_t bits)
{
    return address >> 12 << 10 | bits;
}

static void tables_on(void)
{
    root[0] = pte(0, PTE_LEAF);
    root[1] = pte((uint64_t)middle, PTE_V);
    root[2] = pte(2UL << 30, PTE_LEAF);
    middle[0] = pte((uint64_t)last, PTE_V);
    last[0] = pte((uint64_t)code, PTE_LEAF | PTE_U);
    last[1] = pte(0x10000000, PTE_LEAF | PTE_U);
    code[0] = 0x00c583a3; /* sb a2, 7(a1) */
    code[1] = 0x0075c503; /* lbu a0, 7(a1) */
    __asm__ volatile("fence.i" ::: "memory");
    csr_write(satp, SATP_SV39 | (uint64_t)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* As a task, until its third instruction traps. */
static void enter_task(uint64_t byte)
{
    register uint64_t a1 __asm__("a1") = UART;
    register uint64_t a2 __asm__("a2") = byte;

    csr_clear(sstatus, SSTATUS_SPP);
    csr_write(sepc, CODE);
    __asm__ volatile("mv a0, zero\nsret" ::"r"(a1), "r"(a2));
}

static void play_task(uint64_t byte, uint32_t instruction, uint64_t cause)
{
    code[2] = instruction;
    __asm__ volatile("fence.i" ::: "memory");
    struct caught caught = attempt(enter_task, byte);
    check("task.byte", this_hart()->x[10], byte);
    check("task.cause", caught.cause, cause);
    check("task.pc", caught.pc, CODE + 8);
    check("task.mode", this_hart()->status & SSTATUS_SPP, 0);
}

static void play_kernel(uint64_t byte)
{
    volatile uint8_t *scratch = (volatile uint8_t *)(0x10000000UL + SCRATCH);

    *scratch = (uint8_t)byte;
    check("kernel.byte", *scratch, byte);
}

int test_main(void)
{
    uint64_t seed = arg_number("seed", 1), rounds = arg_number("rounds", 100);

    area_register();
    tables_on();
    for (uint64_t n = 0; n < rounds; n++) {
        report_text("doing", "as a kernel");
        play_kernel((seed + n) * 7 & 0xff);
        report_text("doing", "as a task");
        play_task((seed + n) * 13 & 0xff, 0x00000073 /* ecall */, CAUSE_ECALL_U);
        play_task((seed + n) * 17 & 0xff, 0x14002573 /* csrr a0, sscratch */, CAUSE_ILLEGAL);
        *report_number("rounds") = n + 1;
    }
    report_text("doing", "the end");
    return 0;
}
