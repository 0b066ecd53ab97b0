/* SPDX-License-Identifier: MIT */
/*
 * Loops of seven instructions, the one that exits among them. Each takes a0 rounds and returns in a0 the
 * instructions from the first round's first to the last round's last, and one for reading instret.
 */
#include <stint/sbi.h>

#define UART 0x10000000
#define LSR  5                          /* line status; bit 5: the transmitter is empty */

.macro BEGIN
    mv      t5, a0
    csrr    t6, instret
.endm

.macro END
    csrr    a0, instret
    sub     a0, a0, t6
    ret
.endm

/* Its calls change a0 and a1 alone. */
.macro CALL_LOOP extension, function, argument
    li      t3, \argument
    li      t4, \extension
    BEGIN
1:  mv      a0, t3                      /* 1 */
    li      a1, 0                       /* 2 */
    li      a6, \function               /* 3 */
    mv      a7, t4                      /* 4 */
    ecall                               /* 5 */
    addi    t5, t5, -1                  /* 6 */
    bnez    t5, 1b                      /* 7 */
    END
.endm

.text
.global null_sbi_loop
null_sbi_loop:
    CALL_LOOP SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0

.global set_timer_loop
set_timer_loop:                         /* for a time some 29,000 years away */
    CALL_LOOP SBI_EXT_TIME, SBI_TIME_SET_TIMER, 1 << 63

/* As a driver waits to send. */
.global uart_read_loop
uart_read_loop:
    li      t4, 0
    BEGIN
1:  li      t3, UART                    /* 1 */
    lbu     a1, LSR(t3)                 /* 2 */
    andi    a1, a1, 1 << 5              /* 3 */
    beqz    a1, 1b                      /* 4 */
    add     t4, t4, a1                  /* 5 */
    addi    t5, t5, -1                  /* 6 */
    bnez    t5, 1b                      /* 7 */
    END
