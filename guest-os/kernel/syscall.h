/* SPDX-License-Identifier: MIT */
/*
 * System calls: see calls.h for what each one means.
 */
#ifndef GUEST_SYSCALL_H
#define GUEST_SYSCALL_H

#include <stdbool.h>

struct task;

/* The task, which runs on this CPU, has made one. True: schedule() must be asked who goes on. */
bool syscall(struct task *task);

/* Whether `work` tasks say on the console how far they are. */
void syscall_show_progress(bool on);

#endif
