/* SPDX-License-Identifier: MIT */
/*
 * Where harts come in, with the MMU and interrupts off (SBI specification, HSM
 * "hart start"). The boot hart, which may have any id, enters at the lowest address
 * of the image; the others at `entry_other`, when start_others() (smp.c) asks for it.
 *
 * Nothing is cleared here: memory is zero at first.
 */
#include "guest-os/kernel/cpu.h"

.section .text.entry, "ax"
.global _start
_start:                         # a0: hart id, a1: device tree
    li      t0, CPUS
    bgeu    a0, t0, 1f
    lla     sp, stacks
    addi    t0, a0, 1           # stacks grow down: from the end of its own
    li      t1, STACK_BYTES
    mul     t0, t0, t1
    add     sp, sp, t0
    call    kernel_main         # does not return

1:  lla     sp, stacks + STACK_BYTES
    call    too_many_harts      # nor does this

.global entry_other
entry_other:                    # a0: hart id, below CPUS; a1: its struct cpu
    lla     sp, stacks
    addi    t0, a0, 1
    li      t1, STACK_BYTES
    mul     t0, t0, t1
    add     sp, sp, t0
    mv      a0, a1
    call    kernel_main_other   # does not return
