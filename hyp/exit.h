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

/* Handles the exit of `v`, current on this pCPU, with that scause; counts and traces it. Called right
 * after the guest stopped, with the pCPU's time still running as the guest's. */
void handle_exit(struct pcpu *self, struct vcpu *v, uint64_t cause);

/* Looks at the interrupts pending for this pCPU, and quiets them. Returns what they were as an exit. */
enum stint_exit take_interrupts(struct pcpu *self);

#endif
