/* SPDX-License-Identifier: MIT */
/*
 * Where harts come in: the boot hart at the first byte of the image, the others at start_other, by
 * hart_start() in frame.c. The MMU and interrupts are off.
 */
#include "tests/guests/frame/offsets.h"

.section .text.entry, "ax"
.global _start
_start:                         # a0: hart id, a1: device tree
    lla     sp, stacks
    li      t0, STACK_BYTES
    addi    t1, a0, 1           # stacks grow down: from the end of its own
    mul     t0, t0, t1
    add     sp, sp, t0
    call    frame_begin         # does not return

.global start_other
start_other:                    # a0: hart id, a1: its struct hart
    lla     sp, stacks
    li      t0, STACK_BYTES
    addi    t1, a0, 1
    mul     t0, t0, t1
    add     sp, sp, t0
    mv      a0, a1
    call    frame_begin_other   # does not return
