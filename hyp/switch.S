/* SPDX-License-Identifier: MIT */
/*
 * The world switch. A guest is entered by guest_enter, called like a function,
 * and stops at guest_exit, which returns from that call with scause.
 *
 * sscratch tells the two worlds apart: while a guest runs it holds the guest's
 * struct regs, in the hypervisor it is 0. No interrupt is ever taken in the
 * hypervisor (sstatus.SIE stays 0), so a trap with sscratch = 0 is a fault of
 * the hypervisor itself.
 */
#include "hyp/layout.h"
#include "hyp/riscv.h"
#include "hyp/switch.h"

/* The registers that a loop may name: all but x0 and a0, which carries the struct. */
.macro ALL_REGS op
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op x\n, REGS_X(\n)(a0)
    .endr
.endm

/* BEGIN SOLUTION 1.macros */
/* From the guest. a0 = its struct regs, sscratch = its a0. */
.macro GUEST_EXIT
    ALL_REGS sd
    csrrw   t0, sscratch, zero          /* the guest's a0 */
    csrr    t1, sepc
    csrr    t2, sstatus
    csrr    t3, hstatus
    sd      t0, REGS_X(10)(a0)
    sd      t1, REGS_PC(a0)
    sd      t2, REGS_SSTATUS(a0)
    sd      t3, REGS_HSTATUS(a0)
.endm

/* To the guest: the mirror image. a0 = its struct regs. */
.macro GUEST_ENTRY
    ld      t3, REGS_HSTATUS(a0)
    ld      t2, REGS_SSTATUS(a0)
    ld      t1, REGS_PC(a0)
    csrw    hstatus, t3
    csrw    sstatus, t2
    csrw    sepc, t1
    csrw    sscratch, a0
    ALL_REGS ld
    ld      a0, REGS_X(10)(a0)
.endm
/* END SOLUTION */

    .text
    .option arch, +h

    .global guest_enter
guest_enter:
/* BEGIN SOLUTION 1.enter */
    sd      sp, REGS_HOST_SP(a0)
    sd      ra, REGS_HOST_RA(a0)
    GUEST_ENTRY
    sret
/* END SOLUTION */

    .global guest_exit
    .balign 4                           /* stvec, direct mode */
guest_exit:
    csrrw   a0, sscratch, a0            /* a0 = the guest's struct regs, or 0 */
    beqz    a0, own_trap
/* BEGIN SOLUTION 1.exit */
    GUEST_EXIT
    ld      sp, REGS_HOST_SP(a0)
    ld      ra, REGS_HOST_RA(a0)
    ld      tp, REGS_HOST_TP(a0)
    csrr    a0, scause
    ret
/* END SOLUTION */

/*
 * The hypervisor itself trapped, which is a bug: panic_trap(regs) reports it, on the panic stack, which cannot be the
 * one that overflowed. No register is believed, neither sp nor tp.
 */
own_trap:
    la      a0, panic_regs
    ALL_REGS sd
    csrrw   t0, sscratch, zero
    csrr    t1, sepc
    sd      t0, REGS_X(10)(a0)
    sd      t1, REGS_PC(a0)
    la      sp, stacks_start + (STACK_PANIC + 1) * STACK_STRIDE
    call    panic_trap

/* The one instruction of the hypervisor that may trap: meanwhile the trap vector is guest_fetch_failed. */
    .global guest_fetch16
guest_fetch16:
    la      t0, guest_fetch_failed
    csrrw   t0, stvec, t0
    hlvx.hu a0, (a0)
    csrw    stvec, t0
    ret
    .balign 4
guest_fetch_failed:
    csrw    stvec, t0
    li      a0, -1
    ret

    .option arch, +d
.macro ALL_FP op
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op f\n, (8 * \n)(a0)
    .endr
.endm

    .global fp_save
fp_save:
    ALL_FP  fsd
    frcsr   t0
    sd      t0, 256(a0)
    ret

    .global fp_restore
fp_restore:
    ALL_FP  fld
    ld      t0, 256(a0)
    fscsr   t0
    ret
