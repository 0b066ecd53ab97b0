/* SPDX-License-Identifier: MIT */
/*
 * Loads and stores, taken apart: which register, how wide, which way.
 */
#ifndef HYP_DECODE_H
#define HYP_DECODE_H

#include <stdbool.h>
#include <stdint.h>

struct access {
    bool store;
    bool sign;       /* a load that extends the sign */
    uint32_t width;  /* bytes: 1, 2, 4 or 8 */
    uint32_t reg;    /* x0 to x31: loaded, or stored */
    uint32_t length; /* of the instruction: 2 or 4 */
};

/* An instruction as it stands in memory; the upper half is ignored for a compressed one. False: not a
 * plain load or store of an integer register. */
bool decode_instruction(uint32_t instruction, struct access *);

/* What hardware may leave in htinst instead (Privileged spec, "Transformed Instruction or
 * Pseudoinstruction for mtinst or htinst"): 0 tells nothing; then, and where it is no load or store: false. */
bool decode_htinst(uint64_t htinst, struct access *);

/* htinst says: the access that failed was one to the guest's page tables, not one of an instruction. */
static inline bool htinst_is_page_walk(uint64_t htinst)
{
    return htinst == 0x3000 || htinst == 0x3020;
}

#endif
