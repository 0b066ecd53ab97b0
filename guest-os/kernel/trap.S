/* SPDX-License-Identifier: MIT */
/*
 * Into a task and out again. user_run() enters the task and returns, like any
 * function, at its next trap. So a hart needs one stack and a task none: a task is
 * its struct frame.
 *
 * sscratch says where a trap comes from: it holds the frame of the task that runs, and
 * 0 while the kernel does. The kernel runs with interrupts off, so a trap from there is
 * a mistake of the kernel, and its end.
 */
#include "guest-os/kernel/frame.h"
#include "guest-os/kernel/csr.h"

/* The registers of the task but a0, which holds the frame's address, and x0. */
.macro FOR_TASK_REGISTERS op
    \op     x1, (1 * 8)(a0)
    \op     x2, (2 * 8)(a0)
    \op     x3, (3 * 8)(a0)
    \op     x4, (4 * 8)(a0)
    \op     x5, (5 * 8)(a0)
    \op     x6, (6 * 8)(a0)
    \op     x7, (7 * 8)(a0)
    \op     x8, (8 * 8)(a0)
    \op     x9, (9 * 8)(a0)
    \op     x11, (11 * 8)(a0)
    \op     x12, (12 * 8)(a0)
    \op     x13, (13 * 8)(a0)
    \op     x14, (14 * 8)(a0)
    \op     x15, (15 * 8)(a0)
    \op     x16, (16 * 8)(a0)
    \op     x17, (17 * 8)(a0)
    \op     x18, (18 * 8)(a0)
    \op     x19, (19 * 8)(a0)
    \op     x20, (20 * 8)(a0)
    \op     x21, (21 * 8)(a0)
    \op     x22, (22 * 8)(a0)
    \op     x23, (23 * 8)(a0)
    \op     x24, (24 * 8)(a0)
    \op     x25, (25 * 8)(a0)
    \op     x26, (26 * 8)(a0)
    \op     x27, (27 * 8)(a0)
    \op     x28, (28 * 8)(a0)
    \op     x29, (29 * 8)(a0)
    \op     x30, (30 * 8)(a0)
    \op     x31, (31 * 8)(a0)
.endm

/* What a C function expects to find again (RISC-V calling convention), and tp, which is this_cpu(). */
.macro FOR_KERNEL_REGISTERS op
    \op     ra, (0 * 8)(sp)
    \op     tp, (1 * 8)(sp)
    \op     s0, (2 * 8)(sp)
    \op     s1, (3 * 8)(sp)
    \op     s2, (4 * 8)(sp)
    \op     s3, (5 * 8)(sp)
    \op     s4, (6 * 8)(sp)
    \op     s5, (7 * 8)(sp)
    \op     s6, (8 * 8)(sp)
    \op     s7, (9 * 8)(sp)
    \op     s8, (10 * 8)(sp)
    \op     s9, (11 * 8)(sp)
    \op     s10, (12 * 8)(sp)
    \op     s11, (13 * 8)(sp)
.endm
#define KERNEL_BYTES (14 * 8)

.section .text

/* void user_run(struct frame *frame): sstatus.SPP must be 0. */
.global user_run
user_run:
    addi    sp, sp, -KERNEL_BYTES
    FOR_KERNEL_REGISTERS sd
    sd      sp, FRAME_KERNEL_SP(a0)
    ld      t0, FRAME_PC(a0)
    csrw    sepc, t0
    csrw    sscratch, a0
    FOR_TASK_REGISTERS ld
    ld      a0, FRAME_A0(a0)
    sret

/* All traps come here: stvec. */
.global trap_entry
.balign 4
trap_entry:
    csrrw   a0, sscratch, a0
    beqz    a0, from_kernel
    FOR_TASK_REGISTERS sd
    csrrw   t0, sscratch, x0    # the task's a0; from here on the kernel runs
    sd      t0, FRAME_A0(a0)
    csrr    t0, sepc
    sd      t0, FRAME_PC(a0)
    ld      sp, FRAME_KERNEL_SP(a0)
    FOR_KERNEL_REGISTERS ld
    addi    sp, sp, KERNEL_BYTES
    ret                         # from user_run()

from_kernel:                    # its stack may be the very reason: take another
    csrrw   a0, sscratch, a0
    mv      a0, sp
    lla     sp, crash_stack_end
    call    trap_from_kernel    # does not return

.section .bss.stacks, "aw", @nobits
.balign 16
    .skip   2048
crash_stack_end:
