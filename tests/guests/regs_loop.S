/* SPDX-License-Identifier: MIT */
/*
 * Rounds in which all 31 registers hold a pattern while the hypervisor comes and goes. Only sscratch knows
 * where the block is; no trap is expected.
 */
#include "tests/guests/blocks.h"

.macro BEGIN_ROUND
    sd      ra, BLOCK_SAVED + 0 * 8(a0)
    sd      sp, BLOCK_SAVED + 1 * 8(a0)
    sd      gp, BLOCK_SAVED + 2 * 8(a0)
    sd      tp, BLOCK_SAVED + 3 * 8(a0)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    sd      s\n, BLOCK_SAVED + (4 + \n) * 8(a0)
    .endr
    csrr    t0, sscratch
    sd      t0, BLOCK_SAVED + 16 * 8(a0)
    csrw    sscratch, a0
    mv      x31, a0
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
            17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld      x\n, BLOCK_PATTERN + \n * 8(x31)
    .endr
.endm

.macro END_ROUND
    csrrw   x31, sscratch, x31
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
            17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    sd      x\n, BLOCK_SEEN + \n * 8(x31)
    .endr
    csrr    x1, sscratch
    sd      x1, BLOCK_SEEN + 31 * 8(x31)
    ld      t0, BLOCK_SAVED + 16 * 8(x31)
    csrw    sscratch, t0
    mv      a0, x31
    ld      ra, BLOCK_SAVED + 0 * 8(a0)
    ld      sp, BLOCK_SAVED + 1 * 8(a0)
    ld      gp, BLOCK_SAVED + 2 * 8(a0)
    ld      tp, BLOCK_SAVED + 3 * 8(a0)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ld      s\n, BLOCK_SAVED + (4 + \n) * 8(a0)
    .endr
    ret
.endm

.macro LINGER
    .rept 32
    nop
    .endr
.endm

.text
/* Three exits for a device. x5 holds the address of the UART's scratch register, x7 the low byte of x6: the
 * load brings back what is there already. */
.global regs_round_device
regs_round_device:
    BEGIN_ROUND
    LINGER
    sb      x6, 0(x5)
    LINGER
    lbu     x7, 0(x5)
    LINGER
    sb      x6, 0(x5)
    END_ROUND

/* Three SBI calls, with x16 and x17 for get_spec_version. */
.global regs_round_call
regs_round_call:
    BEGIN_ROUND
    LINGER
    ecall
    LINGER
    ecall
    LINGER
    ecall
    END_ROUND
