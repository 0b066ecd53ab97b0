/* SPDX-License-Identifier: MIT */
/*
 * Why a task stopped.
 */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#include <stdbool.h>

struct task;

/* This hart takes its traps at trap_entry (trap.S) from now on. */
void trap_init(void);

/* Handles the trap with which user_run() returned. True: schedule() must be asked who goes on. */
bool trap_handle(struct task *task);

#endif
