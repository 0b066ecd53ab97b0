/* SPDX-License-Identifier: MIT */
/*
 * The loop of a pCPU.
 */
#ifndef HYP_RUN_H
#define HYP_RUN_H

#include <stint/shared.h>

struct pcpu;

/* Runs guests on this pCPU until the machine ends. */
void run_loop(struct pcpu *self) __attribute__((noreturn));

/* The current VCPU leaves this pCPU and its run queue: it is `next` (BLOCKED or OFFLINE) from now on. */
void run_give_up(struct pcpu *self, enum stint_runstate next);

#endif
