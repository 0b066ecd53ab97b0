/* SPDX-License-Identifier: MIT */
/*
 * From OpenSBI to C. Harts arrive in HS-mode with paging off, interrupts off,
 * a0 = hart id; a1 = the device tree for the one that OpenSBI boots, the struct pcpu for those that
 * pcpu_start_others starts.
 */
#include "hyp/layout.h"

    .section .text.boot, "ax"
    .global _start
_start:
    csrr    a2, instret
    la      t0, bss_start
    la      t1, bss_end
1:  sd      zero, 0(t0)
    addi    t0, t0, 8
    bltu    t0, t1, 1b
    la      sp, stacks_start + STACK_STRIDE
    la      tp, pcpus
    csrw    sscratch, zero
    la      t0, guest_exit
    csrw    stvec, t0
    call    main

    .global _start_other
_start_other:
    mv      tp, a1
    ld      sp, 8(a1)               /* pcpu->stack_top */
    csrw    sscratch, zero
    la      t0, guest_exit
    csrw    stvec, t0
    mv      a0, a1
    call    pcpu_main
