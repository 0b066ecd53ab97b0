/* SPDX-License-Identifier: MIT */
/*
 * Sleeps in WFI until its timer, many times, and counts what it executes behind each WFI. At the end a task of its
 * tries WFI in user mode, where nobody may wait.
 *
 * Arguments: naps=N, ticks=N each, nonce=N.
 */
#include "tests/guests/frame/frame.h"

#define PAGE      4096UL
#define PTE_LEAF  0xcfUL
#define PTE_USER  0x10UL
#define PTE_V     1UL
#define USER_CODE 0x40000000UL

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t middle[512] __attribute__((aligned(4096)));
static uint64_t last[512] __attribute__((aligned(4096)));
static const uint32_t user_code[]
    __attribute__((aligned(4096))) = {0x10500073 /* wfi */, 0x00000073 /* ecall */};

static volatile uint64_t taken; /* timer interrupts */

static void on_timer(IGNORED struct hart *h, uint64_t irq)
{
    csr_write(stimecmp, ~0UL);
    taken += irq == IRQ_TIMER;
}

/* Returns how many of the three instructions behind the WFI were executed; 100 more if a register has changed. */
static uint64_t wait(uint64_t nonce)
{
    register uint64_t steps __asm__("s2") = 0;
    register uint64_t a2 __asm__("a2") = nonce;

    __asm__ volatile("wfi\n"
                     "addi  s2, s2, 1\n"
                     ".option push\n.option rvc\nc.addi s2, 1\n.option pop\n"
                     "addi  s2, s2, 1"
                     : "+r"(steps), "+r"(a2)::"memory");
    return steps + (a2 == nonce ? 0 : 100);
}

static void nap(uint64_t ticks, uint64_t nonce)
{
    uint64_t before = taken, due = rdtime() + ticks;

    csr_write(stimecmp, due);
    csr_set(sstatus, SSTATUS_SIE);
    while (taken == before) {
        *report_number("steps") += wait(nonce);
        ++*report_number("waits");
    }
    csr_clear(sstatus, SSTATUS_SIE);
}

static void enter_user(uint64_t address)
{
    csr_clear(sstatus, SSTATUS_SPP);
    csr_write(sepc, address);
    __asm__ volatile("sret");
}

static void wait_in_user_mode(void)
{
    root[1] = (uint64_t)middle >> 12 << 10 | PTE_V;
    root[2] = 2UL << 28 | PTE_LEAF;
    middle[0] = (uint64_t)last >> 12 << 10 | PTE_V;
    last[0] = (uint64_t)user_code >> 12 << 10 | PTE_LEAF | PTE_USER;
    csr_write(satp, 8UL << 60 | (uint64_t)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
    struct caught caught = attempt(enter_user, USER_CODE);
    *report_number("user.cause") = caught.cause;
    *report_number("user.at") = caught.pc - USER_CODE;
}

int test_main(void)
{
    uint64_t naps = arg_number("naps", 1), ticks = arg_number("ticks", 10000), nonce = arg_number("nonce", 0);

    this_hart()->on_interrupt = on_timer;
    csr_write(stimecmp, ~0UL);
    csr_set(sie, 1UL << IRQ_TIMER);
    for (uint64_t n = 0; n < naps; n++) {
        nap(ticks, nonce);
        *report_number("naps") = n + 1;
    }
    csr_write(sie, 0);
    if (arg_number("user", 0))
        wait_in_user_mode();
    *report_number("done") = 1;
    csr_write(stimecmp, ~0UL >> 1);
    for (;;) /* shutting down would be an SBI call */
        __asm__ volatile("wfi");
}
