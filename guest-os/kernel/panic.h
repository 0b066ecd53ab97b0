/* SPDX-License-Identifier: MIT */
/*
 * The ends of the machine: all went well, or the kernel itself is at fault or was asked for what it cannot
 * do.
 */
#ifndef GUEST_PANIC_H
#define GUEST_PANIC_H

#include <stdint.h>

/* Stops the machine by SBI SRST, with a reason of stint/sbi.h. */
__attribute__((noreturn)) void shutdown(uint32_t reason);

/* Says why on the console, and stops the machine with reason "failure". */
__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *fmt, ...);

#endif
