/* SPDX-License-Identifier: MIT */
/*
 * What the frame's assembly knows of struct hart; frame.c checks it.
 */
#ifndef FRAME_OFFSETS_H
#define FRAME_OFFSETS_H

#define HARTS       32
#define STACK_BYTES 8192

#define HART_X       0 /* x0 to x31 at the trap */
#define HART_PC      (32 * 8)
#define HART_STATUS  (33 * 8)
#define HART_TRAP_SP (34 * 8)
#define HART_TRYING  (35 * 8)
#define HART_RESUME  (36 * 8) /* ra, sp, s0 to s11, sstatus: where a try goes on */

#endif
