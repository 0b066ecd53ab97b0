/* SPDX-License-Identifier: MIT */
/*
 * The end of the hypervisor itself: says why, with the last events of the
 * trace, and stops the machine. Cannot be entered twice.
 */
#ifndef HYP_PANIC_H
#define HYP_PANIC_H

#include "hyp/switch.h"

void panic(const char *why, ...) __attribute__((noreturn)) __attribute__((format(printf, 1, 2)));
void panic_trap(const struct regs *) __attribute__((noreturn));

#endif
