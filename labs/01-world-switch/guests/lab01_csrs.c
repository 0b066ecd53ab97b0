/* SPDX-License-Identifier: MIT */
/*
 * Does every VCPU keep supervisor registers of its own while others run? Each round it gives them new values, uses up
 * time so that another VCPU comes in between, and looks.
 *
 * Arguments: seed=N, rounds=N, ticks=N (so long it waits each round).
 */
#include "tests/guests/frame/frame.h"

#define SIP_SSIP  (1UL << IRQ_SOFT)
#define SATP_SV39 (8UL << 60)
#define PTE_LEAF  0xcfUL /* V R W X A D */
#define GIB       30

static uint64_t tables[HARTS][512] __attribute__((aligned(4096)));

/* The registers, in the order of their numbers in the report; which of their bits get a pattern, and which are as they
 * must be for us to go on. */
enum { SSTATUS, SIE, STVEC, SSCRATCH, SEPC, SCAUSE, STVAL, SATP, SCOUNTEREN, SENVCFG, SIP, CSRS };
static const uint64_t patterned[CSRS] = {
    [SSTATUS] = SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_FS | SSTATUS_SUM | SSTATUS_MXR,
    [SIE] = 1UL << IRQ_SOFT | 1UL << IRQ_TIMER,
    [STVEC] = 0xfffff000,
    [SSCRATCH] = ~0UL,
    [SEPC] = 0x3ffffffffeUL,
    [SCAUSE] = 0x1f,
    [STVAL] = 0x3fffffffffUL,
    [SATP] = 0xffffUL << 44, /* the ASID */
    [SCOUNTEREN] = 7,
    [SENVCFG] = 1,
    [SIP] = SIP_SSIP,
};

static void read_all(uint64_t *csr)
{
    csr[SSTATUS] = csr_read(sstatus);
    csr[SIE] = csr_read(sie);
    csr[STVEC] = csr_read(stvec);
    csr[SSCRATCH] = csr_read(sscratch);
    csr[SEPC] = csr_read(sepc);
    csr[SCAUSE] = csr_read(scause);
    csr[STVAL] = csr_read(stval);
    csr[SATP] = csr_read(satp);
    csr[SCOUNTEREN] = csr_read(scounteren);
    csr[SENVCFG] = csr_read(senvcfg);
    csr[SIP] = csr_read(sip) & SIP_SSIP; /* no timer of ours is set */
}

static void write_all(const uint64_t *csr)
{
    csr_write(sstatus, csr[SSTATUS]);
    csr_write(sie, csr[SIE]);
    csr_write(stvec, csr[STVEC]);
    csr_write(sscratch, csr[SSCRATCH]);
    csr_write(sepc, csr[SEPC]);
    csr_write(scause, csr[SCAUSE]);
    csr_write(stval, csr[STVAL]);
    csr_write(satp, csr[SATP]);
    csr_write(scounteren, csr[SCOUNTEREN]);
    csr_write(senvcfg, csr[SENVCFG]);
    csr_clear(sip, SIP_SSIP);
    csr_set(sip, csr[SIP]);
}

static struct result {
    uint64_t rounds, wrong;
    uint64_t csr, got, expected; /* of the first wrong one */
    uint64_t longest_gap;        /* ticks between two looks at the clock */
} results[HARTS];

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 31) * 0x9e3779b97f4a7c15UL;
    value = (value ^ value >> 29) * 0xbf58476d1ce4e5b9UL;
    return value ^ value >> 32;
}

static void linger(struct result *result, uint64_t ticks)
{
    uint64_t begin = rdtime();

    for (uint64_t last = begin, now = begin; now - begin < ticks; last = now) {
        now = rdtime();
        if (now - last > result->longest_gap)
            result->longest_gap = now - last;
    }
}

static void compare(struct result *result, const uint64_t *seen, const uint64_t *expected)
{
    for (uint64_t n = 0; n < CSRS; n++) {
        if (seen[n] == expected[n] || result->wrong++)
            continue;
        result->csr = n;
        result->got = seen[n];
        result->expected = expected[n];
    }
}

/* No trap may come while they are in, and nobody may ask for this_hart(). */
static void play_round(struct result *result, uint64_t id, uint64_t seed)
{
    uint64_t own[CSRS], set[CSRS], expected[CSRS], seen[CSRS];

    read_all(own);
    for (uint64_t n = 0; n < CSRS; n++)
        set[n] = (own[n] & ~patterned[n]) | (mix(seed * CSRS + n) & patterned[n]);
    set[SATP] = (set[SATP] & patterned[SATP]) | SATP_SV39 | (uint64_t)tables[id] >> 12;
    write_all(set);
    read_all(expected); /* some bits a hart may not have */
    linger(result, arg_number("ticks", 2000));
    read_all(seen);
    write_all(own);
    compare(result, seen, expected);
    result->rounds++;
}

static void play(uint64_t rounds)
{
    uint64_t id = this_hart()->id, seed = mix(arg_number("seed", 1) * HARTS + id);

    for (uint64_t n = 0; n < 3; n++)
        tables[id][n] = n << GIB >> 12 << 10 | PTE_LEAF; /* all as it is without them */
    for (uint64_t round = 0; round < rounds; round++)
        play_round(&results[id], id, seed + round);
}

/* What a hart finds that nobody has used: nothing of others. */
static void look_at_birth(void)
{
    *report_number("birth.sepc") = csr_read(sepc);
    *report_number("birth.scause") = csr_read(scause);
    *report_number("birth.stval") = csr_read(stval);
    *report_number("birth.sie") = csr_read(sie);
    *report_number("birth.satp") = csr_read(satp);
}

int test_main(void)
{
    uint64_t rounds = arg_number("rounds", 100);

    look_at_birth();
    area_register();
    for (uint64_t id = 0; id < hart_count; id++)
        if (id != boot_hart)
            hart_start(id, play, rounds);
    play(rounds);
    for (uint64_t id = 0; id < hart_count; id++) {
        if (id != boot_hart && !await(&harts[id].done, 1, 60 * 10 * 1000 * 1000UL))
            return 1;
        const struct result *result = &results[id];
        *report_number("rounds") += result->rounds;
        *report_number("wrong") += result->wrong;
        if (result->longest_gap > *report_number("longest_gap"))
            *report_number("longest_gap") = result->longest_gap;
        if (!result->wrong)
            continue;
        *report_number("first_wrong.csr") = result->csr;
        *report_number("first_wrong.got") = result->got;
        *report_number("first_wrong.expected") = result->expected;
    }
    return 0;
}
