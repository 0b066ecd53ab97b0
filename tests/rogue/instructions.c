/* SPDX-License-Identifier: MIT */
/*
 * Rogues that execute what is not for them.
 */
#include "tests/rogue/rogue.h"

static void fences(void)
{
    expect_illegal("hfence.vvma", 0x22000073);
    expect_illegal("hfence.vvma_a0", 0x22a50073);
    expect_illegal("hfence.gvma", 0x62000073);
    expect_illegal("hfence.gvma_a0", 0x62a50073);
    expect_illegal("hinval.vvma", 0x26000073);
    expect_illegal("hinval.gvma", 0x66000073);
}

/* hlv.b bu h hu w wu d, hlvx.hu wu, hsv.b h w d, of a0. */
static void hypervisor_loads(void)
{
    static const uint32_t instructions[] = {0x60054573, 0x60154573, 0x64054573, 0x64154573, 0x68054573,
                                            0x68154573, 0x6c054573, 0x64354573, 0x68354573, 0x62a54073,
                                            0x66a54073, 0x6aa54073, 0x6ea54073};

    for (unsigned i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++)
        expect_illegal("hlv_hsv", instructions[i]);
}

static void returns(void)
{
    expect_illegal("mret", 0x30200073);
    expect_illegal("uret", 0x00200073);
    expect_illegal("dret", 0x7b200073);
    expect_illegal("mnret", 0x70200073);
    expect_illegal("reserved_system", 0x10400073);
}

static void to_user(uint64_t instruction)
{
    static uint32_t page[1024] __attribute__((aligned(4096)));

    page[0] = (uint32_t)instruction;
    page[1] = 0x00000073; /* ecall */
    __asm__ volatile("fence.i" ::: "memory");
    csr_clear(sstatus, SSTATUS_SPP);
    csr_write(sepc, page);
    __asm__ volatile("sret");
}

/* Its own user mode is no way around: what is privileged is illegal there. */
static void user_mode(void)
{
    static const uint32_t instructions[] = {0x10500073 /* wfi */,          0x10200073 /* sret */,
                                            0x12000073 /* sfence.vma */,   0x62000073 /* hfence.gvma */,
                                            0x22000073 /* hfence.vvma */,  0x60054573 /* hlv.b */,
                                            0x10002573 /* csrr sstatus */, 0x60002573 /* csrr hstatus */,
                                            0x18051073 /* csrw satp */,    0x14d51073 /* csrw stimecmp */};

    for (unsigned i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
        struct caught caught = attempt(to_user, instructions[i]);

        check("user.illegal", caught.cause, CAUSE_ILLEGAL);
        check("user.tval", caught.tval, instructions[i]);
        check("user.from_user", this_hart()->status & SSTATUS_SPP, 0);
    }
    check("user.ecall", attempt(to_user, 0x00000013 /* nop */).cause, CAUSE_ECALL_U);
}

/* The machine has no vectors, whatever sstatus.VS was set to. */
static void vectors(void)
{
    csr_set(sstatus, 3UL << 9);
    expect_illegal("vsetvli", 0x0d057557);
    expect_illegal("vle8.v", 0x02050007);
    expect_illegal("vse8.v", 0x02050027);
    expect_illegal("vadd.vv", 0x02110057);
    expect_illegal("csrr vl", 0xc2002573);
}

/* Cache blocks and the like: there or not, as hardware has them, but never more than that. */
static void cache_blocks(void)
{
    static uint8_t block[64] __attribute__((aligned(64)));
    static const uint32_t instructions[] = {
        0x0005200f /* cbo.inval */,       0x0015200f /* cbo.clean */,  0x0025200f /* cbo.flush */,
        0x0045200f /* cbo.zero */,        0x16a00073 /* sinval.vma */, 0x18000073 /* sfence.w.inval */,
        0x18100073 /* sfence.inval.ir */, 0x01d00073 /* wrs.sto */,    0x0100000f /* pause */};

    for (unsigned i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
        uint64_t cause = execute(instructions[i], (uint64_t)block, NULL).cause;

        check("cbo", cause == CAUSE_NONE || cause == CAUSE_ILLEGAL, true);
    }
}

/* The words by which a debugger's host would open files for the guest. */
static void semihosting_call(IGNORED uint64_t argument)
{
    __asm__ volatile(".balign 16\n"
                     ".option push\n"
                     ".option norvc\n"
                     "li   a0, 1\n" /* open */
                     "lla  a1, 1f\n"
                     "slli zero, zero, 0x1f\n"
                     "ebreak\n"
                     "srai zero, zero, 7\n"
                     "j    2f\n"
                     ".balign 8\n"
                     "1: .dword 1b, 4, 8\n"
                     ".option pop\n"
                     "2:" ::
                         : "a0", "a1", "memory");
}

static void semihosting(void)
{
    check("semihosting", attempt(semihosting_call, 0).cause, CAUSE_BREAKPOINT);
}

/* Words that nobody chose. Most trap; some do harm, to whom may only be this guest. */
static void random_words(void)
{
    uint64_t *executed = report_number("executed"), seed = arg_number("seed", 1);

    for (unsigned n = 0; n < 4000; n++) {
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
        execute((uint32_t)(seed >> 32) | 3, seed, NULL);
        ++*executed;
    }
}

/* Writes over code that runs, and does not say so. */
static void self_modifying(void)
{
    static uint32_t page[1024] __attribute__((aligned(4096)));
    uint64_t sum = 0;

    for (uint32_t n = 0; n < 2000; n++) {
        ((volatile uint32_t *)page)[0] = 0x00000513 | n << 20; /* li a0, n */
        ((volatile uint32_t *)page)[1] = 0x00008067;           /* ret */
        sum += ((uint64_t (*)(void))(uintptr_t)page)();
    }
    *report_number("sum") = sum;
}

const struct rogue_case rogue_instructions[] = {
    {"hypervisor_fences", fences},
    {"hypervisor_loads", hypervisor_loads},
    {"privileged_returns", returns},
    {"user_mode", user_mode},
    {"vectors", vectors},
    {"cache_blocks", cache_blocks},
    {"semihosting", semihosting},
    {"random_words", random_words},
    {"self_modifying", self_modifying},
    {0},
};
