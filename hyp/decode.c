/* SPDX-License-Identifier: MIT */
/*
 * Decoding of loads and stores (Unprivileged spec, "RV32/64G Instruction Set
 * Listings" and "C" Extension).
 */
#include "hyp/decode.h"

#define OPCODE_LOAD  0x03
#define OPCODE_STORE 0x23

static uint32_t bits(uint32_t word, int high, int low)
{
    return word >> low & ((1U << (high - low + 1)) - 1);
}

static bool decode_full(uint32_t insn, struct access *a)
{
    uint32_t opcode = bits(insn, 6, 0), funct3 = bits(insn, 14, 12);
    a->length = 4;
    a->width = 1U << (funct3 & 3);
    if (opcode == OPCODE_LOAD && funct3 != 7) { /* lb lh lw ld lbu lhu lwu */
        a->store = false;
        a->sign = funct3 < 4;
        a->reg = bits(insn, 11, 7);
        return true;
    }
    if (opcode == OPCODE_STORE && funct3 < 4) { /* sb sh sw sd */
        a->store = true;
        a->sign = false;
        a->reg = bits(insn, 24, 20);
        return true;
    }
    return false;
}

/* The integer loads and stores of C, RV64: quadrant 0 with a register of x8-x15, quadrant 2 by way of sp. */
static bool decode_compressed(uint32_t insn, struct access *a)
{
    uint32_t quadrant = bits(insn, 1, 0), funct3 = bits(insn, 15, 13);
    if (quadrant == 1 || (funct3 & 3) < 2) /* 2: word, 3: doubleword; 0 and 1 are something else, or FP */
        return false;
    a->length = 2;
    a->store = funct3 >= 4;
    a->width = (funct3 & 3) == 2 ? 4 : 8;
    a->sign = !a->store;
    if (quadrant == 0)
        a->reg = 8 + bits(insn, 4, 2);
    else
        a->reg = a->store ? bits(insn, 6, 2) : bits(insn, 11, 7);
    return quadrant == 0 || a->store || a->reg != 0; /* c.lwsp and c.ldsp to x0 are reserved */
}

bool decode_instruction(uint32_t instruction, struct access *a)
{
    return (instruction & 3) == 3 ? decode_full(instruction, a) : decode_compressed(instruction, a);
}

/* A transformed instruction is the full form of what was executed; bit 1 is clear if that was compressed. */
bool decode_htinst(uint64_t htinst, struct access *a)
{
    if (!(htinst & 1) || !decode_full((uint32_t)htinst | 2, a))
        return false;
    a->length = htinst & 2 ? 4 : 2;
    return true;
}
