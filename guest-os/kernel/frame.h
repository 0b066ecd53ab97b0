/* SPDX-License-Identifier: MIT */
/*
 * The registers of a task while it does not run. trap.S counts on these offsets.
 */
#ifndef GUEST_FRAME_H
#define GUEST_FRAME_H

#define FRAME_A0        80
#define FRAME_PC        256
#define FRAME_KERNEL_SP 264

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

enum { REG_SP = 2, REG_A0 = 10, REG_A1 = 11, REG_A2 = 12, REG_A3 = 13, REG_A7 = 17 };

struct frame {
    uint64_t x[32]; /* x[0] is not used */
    uint64_t pc;
    uint64_t kernel_sp; /* where the kernel goes on at the task's next trap */
};

_Static_assert(offsetof(struct frame, x[REG_A0]) == FRAME_A0, "trap.S counts on it");
_Static_assert(offsetof(struct frame, pc) == FRAME_PC, "trap.S counts on it");
_Static_assert(offsetof(struct frame, kernel_sp) == FRAME_KERNEL_SP, "trap.S counts on it");

/* Runs the task of this frame, in the address space in force, until its next trap; scause and stval say
 * which. */
void user_run(struct frame *frame);

#endif
#endif
