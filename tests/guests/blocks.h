/* SPDX-License-Identifier: MIT */
/*
 * What regs_loop.S and fp_loop.S know of their blocks; regs.c and fp.c check it.
 */
#ifndef TEST_BLOCKS_H
#define TEST_BLOCKS_H

#define BLOCK_SAVED   0        /* ra, sp, gp, tp, s0 to s11, sscratch: the caller's */
#define BLOCK_PATTERN (17 * 8) /* 32 registers, and for FP fcsr */
#define BLOCK_SEEN    ((17 + 33) * 8)

#define UART_SCRATCH 0x10000007

#endif
