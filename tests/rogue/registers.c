/* SPDX-License-Identifier: MIT */
/*
 * Rogues that reach for control registers.
 */
#include "tests/rogue/rogue.h"

#define CSRR(csr)  (0x00002573U | (uint32_t)(csr) << 20) /* csrrs a0, csr, x0 */
#define CSRW(csr)  (0x00051073U | (uint32_t)(csr) << 20) /* csrrw x0, csr, a0 */
#define CSRS(csr)  (0x00052073U | (uint32_t)(csr) << 20)
#define CSRC(csr)  (0x00053073U | (uint32_t)(csr) << 20)
#define CSRRW(csr) (0x00051573U | (uint32_t)(csr) << 20) /* csrrw a0, csr, a0 */

#define PRIVILEGE(csr) ((csr) >> 8 & 3) /* 0: user, 1: supervisor, 2: hypervisor, 3: machine */

static void count(uint64_t *good, uint64_t *illegal, struct caught caught)
{
    if (caught.cause == CAUSE_NONE)
        ++*good;
    else if (caught.cause == CAUSE_ILLEGAL)
        ++*illegal;
    else
        check("csr.other_trap", caught.cause, CAUSE_ILLEGAL);
}

/* Every number there is. Those of a higher privilege must all be illegal. */
static void read_all(void)
{
    uint64_t *good = report_number("good"), *illegal = report_number("illegal");

    for (uint32_t csr = 0; csr < 4096; csr++) {
        struct caught caught = execute(CSRR(csr), 0, NULL);

        count(good, illegal, caught);
        if (PRIVILEGE(csr) > 1)
            check("csr.privileged_read", caught.cause, CAUSE_ILLEGAL);
    }
}

/* Writes garbage and puts back what was there. */
static void write_all(void)
{
    static const uint64_t garbage[] = {~0UL, 0, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa};
    uint64_t *good = report_number("good"), *illegal = report_number("illegal");

    for (uint32_t csr = 0; csr < 4096; csr++) {
        uint64_t old;

        if (csr == 0x140 || csr == 0x180) /* sscratch is the frame's own; satp has cases of its own */
            continue;
        for (unsigned i = 0; i < 4; i++) {
            struct caught caught = execute(CSRRW(csr), garbage[i], &old);

            count(good, illegal, caught);
            if (caught.cause == CAUSE_NONE)
                execute(CSRW(csr), old, NULL);
            if (PRIVILEGE(csr) > 1)
                check("csr.privileged_write", caught.cause, CAUSE_ILLEGAL);
        }
    }
}

/* Those that Stint itself lives by, in all four ways. */
static void hypervisor_registers(void)
{
    static const uint16_t registers[] = {
        0x600 /* hstatus */,    0x602 /* hedeleg */,    0x603 /* hideleg */,   0x604 /* hie */,
        0x605 /* htimedelta */, 0x606 /* hcounteren */, 0x607 /* hgeie */,     0x60a /* henvcfg */,
        0x643 /* htval */,      0x644 /* hip */,        0x645 /* hvip */,      0x64a /* htinst */,
        0xe12 /* hgeip */,      0x680 /* hgatp */,      0x6a8 /* hcontext */,  0x200 /* vsstatus */,
        0x204 /* vsie */,       0x205 /* vstvec */,     0x240 /* vsscratch */, 0x241 /* vsepc */,
        0x242 /* vscause */,    0x243 /* vstval */,     0x244 /* vsip */,      0x24d /* vstimecmp */,
        0x280 /* vsatp */,      0x300 /* mstatus */,    0x302 /* medeleg */,   0x304 /* mie */,
        0x305 /* mtvec */,      0x340 /* mscratch */,   0x3a0 /* pmpcfg0 */,   0x3b0 /* pmpaddr0 */,
        0x7a0 /* tselect */,    0x7b0 /* dcsr */,       0xf14 /* mhartid */,
    };

    for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        expect_illegal("csr.read", CSRR(registers[i]));
        expect_illegal("csr.write", CSRW(registers[i]));
        expect_illegal("csr.set", CSRS(registers[i]));
        expect_illegal("csr.clear", CSRC(registers[i]));
    }
}

/* Counters and the clock are there to be read. */
static void write_clock(void)
{
    expect_illegal("clock.cycle", CSRW(0xc00));
    expect_illegal("clock.time", CSRW(0xc01));
    expect_illegal("clock.instret", CSRW(0xc02));
    check("clock.time_read", execute(CSRR(0xc01), 0, NULL).cause, CAUSE_NONE);
}

/* Bits of sstatus that are not the guest's, or that name what the machine does not have. */
static void status_games(void)
{
    const uint64_t uxl = 3UL << 32, vs = 3UL << 9, xs = 3UL << 15, spvp = 1UL << 8, mprv = 1UL << 17,
                   tvm = 7UL << 20, mpv = 3UL << 38, mpp = 3UL << 11, mie = 0x88;
    uint64_t before = csr_read(sstatus);

    csr_set(sstatus, mprv | tvm | mpv | mpp | mie);
    check("status.machine_bits", csr_read(sstatus) & (mprv | tvm | mpv | mpp | mie), 0);
    csr_write(sstatus, before & ~uxl); /* user mode is never entered with these */
    csr_set(sstatus, uxl);
    csr_write(sstatus, before);
    csr_set(sstatus, xs | vs);
    check("status.xs_vs", csr_read(sstatus) & (xs | vs), 0);
    csr_set(sstatus, spvp | SSTATUS_FS | SSTATUS_SUM | SSTATUS_MXR);
    check("status.own_bits", csr_read(sstatus) & (spvp | SSTATUS_FS), spvp | SSTATUS_FS);
    csr_write(sstatus, ~0UL & ~SSTATUS_SIE);
    csr_write(sstatus, before);
    check("status.restored", csr_read(sstatus), before);
}

/* Interrupts that the guest may not have, raised and enabled by itself. */
static void interrupt_bits(void)
{
    uint64_t most = 1UL << IRQ_SOFT | 1UL << IRQ_TIMER | 1UL << 9;

    csr_write(sie, ~0UL);
    check("interrupts.enabled", csr_read(sie) & ~most & ~(1UL << 13), 0);
    csr_write(sip, ~0UL);
    check("interrupts.pending", csr_read(sip) & ~(1UL << IRQ_SOFT) & ~(1UL << 13), 0);
    csr_write(sip, 0);
    csr_write(sie, 0);
    check("interrupts.none", csr_read(sip) & ~(1UL << 13), 0);
}

const struct rogue_case rogue_registers[] = {
    {"csr_read_all", read_all},
    {"csr_write_all", write_all},
    {"csr_hypervisor", hypervisor_registers},
    {"csr_write_clock", write_clock},
    {"status_games", status_games},
    {"interrupt_bits", interrupt_bits},
    {0},
};
