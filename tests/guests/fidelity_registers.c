/* SPDX-License-Identifier: MIT */
/*
 * Fidelity of the supervisor's control registers: what each keeps of what is written to it.
 */
#include "tests/guests/fidelity.h"

static const uint64_t patterns[] = {
    0, ~0UL, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0x0123456789abcdef, 0x80200000, 3, 1UL << 63};
#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

#define PLAY(name, mask)                             \
    do {                                             \
        struct sum sum_ = {0};                       \
        uint64_t before_ = csr_read(name);           \
        for (unsigned i_ = 0; i_ < PATTERNS; i_++) { \
            csr_write(name, patterns[i_] & (mask));  \
            fold(&sum_, csr_read(name));             \
        }                                            \
        csr_write(name, before_);                    \
        fold(&sum_, csr_read(name) == before_);      \
        report_sum("registers." #name, &sum_);       \
    } while (0)

/* satp keeps a mode it has and refuses the others whole. Written with ASIDs and page numbers that fit, in a
 * mode that is never used: it is put back before the next fetch could need it. */
static void address_spaces(void)
{
    struct sum sum = {0};

    for (uint64_t mode = 1; mode < 16; mode++) {
        if (mode >= 8 && mode <= 10)
            continue;
        csr_write(satp, mode << 60 | 0x1234);
        fold(&sum, csr_read(satp));
    }
    report_sum("registers.satp", &sum);
}

void fidelity_registers(void)
{
    uint64_t scratch = csr_read(sscratch);

    PLAY(sepc, ~0UL);
    PLAY(scause, ~0UL);
    PLAY(stval, ~0UL);
    PLAY(scounteren, ~0UL);
    PLAY(sie, 1UL << IRQ_SOFT | 1UL << IRQ_TIMER);
    PLAY(sstatus, ~(SSTATUS_SIE | 3UL << 32)); /* UXL is left alone */
    PLAY(stvec, ~2UL);
    PLAY(stimecmp, ~0UL);
    csr_write(stimecmp, ~0UL);
    struct sum sum = {0};
    for (unsigned i = 0; i < PATTERNS; i++) {
        csr_write(sscratch, patterns[i]);
        fold(&sum, csr_read(sscratch));
    }
    csr_write(sscratch, scratch);
    report_sum("registers.sscratch", &sum);
    address_spaces();
}
