/* SPDX-License-Identifier: MIT */
/*
 * A guest that does wrong, in the way its argument `case=NAME` says. What must become of it stands beside the
 * name in tests/system/rogues.py.
 */
#ifndef ROGUE_H
#define ROGUE_H

#include "tests/guests/frame/frame.h"

#define UART 0x10000000UL
#define MS   10000UL /* ticks */
#define PAGE 4096UL

struct rogue_case {
    const char *name;
    void (*commit)(void); /* one that returns has survived, and the machine is shut down */
};

/* A table a subject, each ended by a row without a name. */
extern const struct rogue_case rogue_registers[], rogue_instructions[], rogue_tables[], rogue_holes[],
    rogue_devices[], rogue_traps[], rogue_calls[], rogue_areas[], rogue_harts[], rogue_storms[],
    rogue_memory[], rogue_steal[];

/* Executes one instruction, with a0 = argument, and tells what came of it. What it leaves in a0 is in *a0,
 * if a0 is not NULL. The other registers that a function may change are free for it. */
struct caught execute(uint32_t instruction, uint64_t argument, uint64_t *a0);

/* Checks that it is reflected to the guest as an illegal instruction, as on a machine without the
 * H-extension, and with the instruction as stval. */
void expect_illegal(const char *name, uint32_t instruction);

/* A page table that maps RAM and devices where they are, and nothing else. Its entries 3 to 511 are free; of
 * `low`, the table of its entry 1 (from WINDOW on), all are. */
#define WINDOW    0x40000000UL
#define PTE_V     1UL
#define PTE_R     2UL
#define PTE_W     4UL
#define PTE_X     8UL
#define PTE_U     16UL
#define PTE_AD    0xc0UL
#define PTE_LEAF  (PTE_V | PTE_R | PTE_W | PTE_X | PTE_AD)
#define SATP_SV39 (8UL << 60)

extern uint64_t tables_root[512], tables_low[512];
void tables_on(void);
void tables_off(void);
static inline uint64_t pte(uint64_t address, uint64_t bits)
{
    return address >> 12 << 10 | bits;
}

#endif
