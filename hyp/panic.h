/* SPDX-License-Identifier: MIT */
/*
 * The end of the hypervisor itself: says why, with the last events of the
 * trace, and stops the machine. Cannot be entered twice.
 */
#ifndef HYP_PANIC_H
#define HYP_PANIC_H

#include "hyp/switch.h"

#ifdef __riscv
void panic(const char *why, ...) __attribute__((noreturn, format(printf, 1, 2)));
void panic_trap(const struct regs *) __attribute__((noreturn));
#else
void panic(const char *why, ...) __attribute__((format(printf, 1, 2))); /* unit tests */
#endif

#endif
