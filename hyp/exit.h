/* SPDX-License-Identifier: MIT */
/*
 * Why a guest stopped, and what is done about it.
 */
#ifndef HYP_EXIT_H
#define HYP_EXIT_H

#include <stdint.h>
#include <stint/shared.h>

struct pcpu;
struct vcpu;

/* An enum stint_exit, as wide as a register. */
typedef uint64_t exit_class;

/* Does what the exit of the VCPU that is current on this pCPU asks for, and returns under which class it is
 * counted. Stepping over the instruction is the handler's business. */
typedef exit_class (*exit_handler)(struct vcpu *);

#define EXIT_SLOTS 64

/* By scause: exceptions in the lower half, interrupts, whose scause has the top bit, in the upper one. */
#define EXIT_SLOT(cause) (((cause) & 31) | (cause) >> 63 << 5)

extern const exit_handler exit_handlers[EXIT_SLOTS];

static inline exit_class handle_exit(struct vcpu *v, uint64_t cause)
{
    return exit_handlers[EXIT_SLOT(cause)](v);
}

/* Looks at the interrupts pending for this pCPU, and quiets them. Returns what they were as an exit. */
exit_class take_interrupts(struct pcpu *self);

#endif
