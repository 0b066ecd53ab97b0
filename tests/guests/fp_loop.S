/* SPDX-License-Identifier: MIT */
/*
 * Floating point registers in and out of a block, with time and exits between.
 */
#include "tests/guests/blocks.h"

.option arch, +d

.text
/* Loads f0 to f31 and fcsr from the block's pattern. */
.global fp_load
fp_load:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
            17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fld     f\n, BLOCK_PATTERN + \n * 8(a0)
    .endr
    ld      t0, BLOCK_PATTERN + 32 * 8(a0)
    fscsr   t0
    ret

/* Stores them to the block's seen. */
.global fp_store
fp_store:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
            17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fsd     f\n, BLOCK_SEEN + \n * 8(a0)
    .endr
    frcsr   t0
    sd      t0, BLOCK_SEEN + 32 * 8(a0)
    ret

/* Three exits, and time for a preemption. */
.global fp_linger
fp_linger:
    li      t0, UART_SCRATCH
    .rept 3
    sb      a0, 0(t0)
    .rept 32
    nop
    .endr
    .endr
    ret

/* One FP instruction that changes nothing. */
.global fp_touch
fp_touch:
    fmv.d   f0, f0
    ret
