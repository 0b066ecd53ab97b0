/* SPDX-License-Identifier: MIT */
/*
 * A deterministic program that computes, traps, changes its page tables and talks to its devices, and
 * reports what it saw. Under Stint and on the bare firmware the report must be the same: nothing that
 * depends on time stands in it.
 */
#include "tests/guests/fidelity.h"

void report_sum(const char *name, const struct sum *sum)
{
    *report_number(name) = sum->value ^ sum->count;
}

static const uint64_t numbers[] = {0,
                                   1,
                                   2,
                                   3,
                                   7,
                                   10,
                                   0x7f,
                                   0x80,
                                   0xff,
                                   0x8000,
                                   0xffff,
                                   0x7fffffff,
                                   0x80000000,
                                   0xffffffff,
                                   0x100000000,
                                   0x7fffffffffffffff,
                                   0x8000000000000000,
                                   0xfffffffffffffffe,
                                   0xffffffffffffffff,
                                   0x123456789abcdef0};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

#define OP(sum, name, a, b)                                                    \
    do {                                                                       \
        uint64_t result_;                                                      \
        __asm__ volatile(name " %0, %1, %2" : "=r"(result_) : "r"(a), "r"(b)); \
        fold(sum, result_);                                                    \
    } while (0)

static void arithmetic(void)
{
    struct sum sum = {0};

    for (unsigned i = 0; i < NUMBERS; i++)
        for (unsigned j = 0; j < NUMBERS; j++) {
            uint64_t a = numbers[i], b = numbers[j];

            OP(&sum, "add", a, b);
            OP(&sum, "subw", a, b);
            OP(&sum, "sll", a, b);
            OP(&sum, "sra", a, b);
            OP(&sum, "srlw", a, b);
            OP(&sum, "slt", a, b);
            OP(&sum, "sltu", a, b);
            OP(&sum, "mul", a, b);
            OP(&sum, "mulh", a, b);
            OP(&sum, "mulhsu", a, b);
            OP(&sum, "mulhu", a, b);
            OP(&sum, "div", a, b);
            OP(&sum, "divu", a, b);
            OP(&sum, "rem", a, b);
            OP(&sum, "remu", a, b);
            OP(&sum, "divw", a, b);
            OP(&sum, "remuw", a, b);
        }
    report_sum("arithmetic", &sum);
}

#define AMO(sum, name, word, value)                                                             \
    do {                                                                                        \
        uint64_t old_;                                                                          \
        __asm__ volatile(name " %0, %2, (%1)" : "=r"(old_) : "r"(word), "r"(value) : "memory"); \
        fold(sum, old_);                                                                        \
        fold(sum, *(word));                                                                     \
    } while (0)

static void atomics(void)
{
    struct sum sum = {0};
    uint64_t word = 0x0123456789abcdef, failed;

    for (unsigned i = 0; i < NUMBERS; i++) {
        AMO(&sum, "amoadd.d", &word, numbers[i]);
        AMO(&sum, "amoswap.w", &word, numbers[i]);
        AMO(&sum, "amoxor.d.aqrl", &word, numbers[i]);
        AMO(&sum, "amomin.d", &word, numbers[i]);
        AMO(&sum, "amomaxu.w", &word, numbers[i]);
        AMO(&sum, "amoor.w", &word, numbers[i]);
    }
    __asm__ volatile("lr.d t0, (%1)\nsc.d %0, t0, (%1)" : "=&r"(failed) : "r"(&word) : "t0", "memory");
    fold(&sum, failed);
    report_sum("atomics", &sum);
}

static void loads_and_stores(void)
{
    static uint8_t bytes[64] __attribute__((aligned(64)));
    struct sum sum = {0};

    for (unsigned n = 0; n < sizeof(bytes); n++)
        bytes[n] = (uint8_t)(n * 37 + 0x81);
    for (unsigned n = 0; n < 48; n++) { /* misaligned too */
        uint64_t at = (uint64_t)bytes + n, value;

        __asm__ volatile("lb %0, (%1)" : "=r"(value) : "r"(at));
        fold(&sum, value);
        __asm__ volatile("lhu %0, (%1)" : "=r"(value) : "r"(at));
        fold(&sum, value);
        __asm__ volatile("lw %0, (%1)" : "=r"(value) : "r"(at));
        fold(&sum, value);
        __asm__ volatile("ld %0, (%1)" : "=r"(value) : "r"(at));
        fold(&sum, value);
        __asm__ volatile("sh %0, 3(%1)" ::"r"(value * 3), "r"(at) : "memory");
        __asm__ volatile("sd %0, 8(%1)" ::"r"(value * 5), "r"(at) : "memory");
    }
    report_sum("loads_and_stores", &sum);
}

static void floating_point(void)
{
    struct sum sum = {0};
    uint64_t bits, flags;

    csr_set(sstatus, SSTATUS_FS);
    for (unsigned i = 0; i < NUMBERS; i++)
        for (unsigned j = 0; j < NUMBERS; j++) {
            __asm__ volatile(".option push\n"
                             ".option arch, +d\n"
                             "fscsr  zero\n"
                             "fcvt.d.l ft0, %2\n"
                             "fmv.d.x  ft1, %3\n"
                             "fmul.d ft2, ft0, ft1\n"
                             "fadd.d ft2, ft2, ft0\n"
                             "fdiv.d ft3, ft2, ft1\n"
                             "fsqrt.d ft4, ft3\n"
                             "fadd.d ft2, ft2, ft4\n"
                             "fmv.x.d %0, ft2\n"
                             "frcsr  %1\n"
                             ".option pop"
                             : "=r"(bits), "=r"(flags)
                             : "r"(numbers[i]), "r"(numbers[j]));
            fold(&sum, bits);
            fold(&sum, flags);
        }
    fold(&sum, csr_read(sstatus) & SSTATUS_FS);
    csr_clear(sstatus, SSTATUS_FS);
    report_sum("floating_point", &sum);
}

static void illegal(IGNORED uint64_t argument)
{
    __asm__ volatile(".word 0");
}

static void breakpoint(IGNORED uint64_t argument)
{
    __asm__ volatile("ebreak");
}

static void compressed_breakpoint(IGNORED uint64_t argument)
{
    __asm__ volatile("c.ebreak");
}

static void reserved_at(uint64_t address)
{
    __asm__ volatile("lr.d t0, (%0)" ::"r"(address) : "t0", "memory");
}

static void read_machine_csr(IGNORED uint64_t argument)
{
    __asm__ volatile("csrr t0, mstatus" ::: "t0");
}

static void use_fp(IGNORED uint64_t argument)
{
    __asm__ volatile(".option push\n.option arch, +d\nfmv.d.x f0, zero\n.option pop");
}

static void traps(void)
{
    static uint64_t word;
    struct sum sum = {0};

    for (unsigned n = 0; n < 100; n++) {
        fold_trap(&sum, attempt(illegal, 0));
        fold_trap(&sum, attempt(breakpoint, 0));
        fold_trap(&sum, attempt(compressed_breakpoint, 0));
        fold_trap(&sum, attempt(reserved_at, (uint64_t)&word + 1));
        fold_trap(&sum, attempt(read_machine_csr, 0));
        fold_trap(&sum, attempt(use_fp, 0));
    }
    report_sum("traps", &sum);
}

/* Order and results of the firmware's calls, and the UART's registers. */
static void outside(void)
{
    volatile uint8_t *uart = (volatile uint8_t *)0x10000000;
    struct sum sum = {0};

    for (long extension = SBI_EXT_TIME; extension; extension = 0)
        fold(&sum, (uint64_t)sbi_call(extension, SBI_TIME_SET_TIMER, -1, 0, 0).error);
    fold(&sum, (uint64_t)sbi_call(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0, 0, 0).value);
    fold(&sum, (uint64_t)sbi_call(SBI_EXT_BASE, 99, 0, 0, 0).error);
    fold(&sum, (uint64_t)sbi_call(0x0a000000, 0, 0, 0, 0).error);
    fold(&sum, (uint64_t)sbi_call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, (long)boot_hart, 0, 0).value);
    fold(&sum, (uint64_t)sbi_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, 3, 0, 0).error);
    uart[7] = 0x5a;
    fold(&sum, uart[7]);
    fold(&sum, uart[5] & 0x61);
    fold(&sum, uart[2] & 0x0f);
    report_sum("outside", &sum);
}

/* Interrupts that the program itself makes happen: exactly one each, at the very instruction. */
static struct sum taken;

static void on_interrupt(struct hart *h, uint64_t irq)
{
    fold(&taken, irq);
    fold(&taken, h->pc);
    fold(&taken, h->status);
    if (irq == IRQ_TIMER)
        csr_write(stimecmp, ~0UL);
    csr_clear(sip, 1UL << IRQ_SOFT);
}

static void interrupts(void)
{
    this_hart()->on_interrupt = on_interrupt;
    csr_write(sie, 1UL << IRQ_SOFT | 1UL << IRQ_TIMER);
    for (unsigned n = 0; n < 50; n++) {
        csr_write(stimecmp, n % 2 ? 0 : ~0UL);
        csr_set(sip, n % 3 ? 1UL << IRQ_SOFT : 0);
        fold(&taken, csr_read(sip));
        csr_set(sstatus, SSTATUS_SIE);
        csr_clear(sstatus, SSTATUS_SIE);
        fold(&taken, csr_read(sip));
    }
    csr_write(sie, 0);
    this_hart()->on_interrupt = NULL;
    report_sum("interrupts", &taken);
}

int test_main(void)
{
    area_register();
    arithmetic();
    atomics();
    loads_and_stores();
    floating_point();
    traps();
    fidelity_registers();
    fidelity_paging();
    interrupts();
    outside();
    return 0;
}
