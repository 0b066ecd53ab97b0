/* SPDX-License-Identifier: MIT */
/*
 * Traps, and the way out of a piece of code that trapped.
 *
 * sscratch holds the hart's struct hart, and so does tp while no test changes it. A trap keeps the registers
 * there and runs on a stack of its own: whatever the code did to sp and tp, the handler has its own.
 */
#include "tests/guests/frame/offsets.h"

.text
.balign 4
.global trap_vector
trap_vector:
    csrrw   tp, sscratch, tp
    sd      x1, HART_X + 1 * 8(tp)
    sd      x2, HART_X + 2 * 8(tp)
    sd      x3, HART_X + 3 * 8(tp)
    .irp n, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, \
            19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd      x\n, HART_X + \n * 8(tp)
    .endr
    csrr    t0, sscratch
    sd      t0, HART_X + 4 * 8(tp)
    csrw    sscratch, tp
    csrr    t0, sepc
    sd      t0, HART_PC(tp)
    csrr    t0, sstatus
    sd      t0, HART_STATUS(tp)
    ld      sp, HART_TRAP_SP(tp)
    mv      a0, tp
    csrr    a1, scause
    csrr    a2, stval
    call    frame_trap

    ld      t0, HART_PC(tp)
    csrw    sepc, t0
    ld      t0, HART_STATUS(tp)
    csrw    sstatus, t0
    .irp n, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, \
            18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld      x\n, HART_X + \n * 8(tp)
    .endr
    ld      tp, HART_X + 4 * 8(tp)
    sret

/* bool frame_try(void (*code)(uint64_t), uint64_t argument): true if it trapped. */
.global frame_try
frame_try:
    csrr    tp, sscratch
    sd      ra, HART_RESUME + 0 * 8(tp)
    sd      sp, HART_RESUME + 1 * 8(tp)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    sd      s\n, HART_RESUME + (2 + \n) * 8(tp)
    .endr
    csrr    t0, sstatus
    sd      t0, HART_RESUME + 14 * 8(tp)
    li      t0, 1
    sd      t0, HART_TRYING(tp)
    mv      t0, a0
    mv      a0, a1
    jalr    t0
    csrr    tp, sscratch
    sd      zero, HART_TRYING(tp)
    ld      ra, HART_RESUME(tp)
    ld      sp, HART_RESUME + 1 * 8(tp)
    li      a0, 0
    ret

/* From the trap handler: frame_try returns true. */
.global frame_unwind
frame_unwind:
    csrr    tp, sscratch
    sd      zero, HART_TRYING(tp)
    ld      t0, HART_RESUME + 14 * 8(tp)
    csrw    sstatus, t0
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ld      s\n, HART_RESUME + (2 + \n) * 8(tp)
    .endr
    ld      ra, HART_RESUME(tp)
    ld      sp, HART_RESUME + 1 * 8(tp)
    li      a0, 1
    ret
