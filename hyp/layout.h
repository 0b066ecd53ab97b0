/* SPDX-License-Identifier: MIT */
/*
 * Where the linker script (stint.ld) put things.
 */
#ifndef HYP_LAYOUT_H
#define HYP_LAYOUT_H

#define STACK_BYTES  16384
#define STACK_STRIDE (4096 + STACK_BYTES) /* a guard page below each */
#define STACK_TOP(n) ((uint64_t)stacks_start + ((n) + 1) * STACK_STRIDE)
#define STACK_BOOT   0 /* the boot hart's, */
#define STACK_PANIC  8 /* and the one for reporting that another overflowed */
#define STACKS       9

#ifndef __ASSEMBLER__
#include <stdint.h>
extern char text_start[], text_end[], rodata_start[], rodata_end[], data_start[], data_end[];
extern char bss_start[], bss_end[], stacks_start[], stacks_end[], image_end[];
#endif

#endif
