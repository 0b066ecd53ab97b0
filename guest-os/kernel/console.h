/* SPDX-License-Identifier: MIT */
/*
 * Text for people. By SBI DBCN, one call a line, where the firmware has it; by the polled UART otherwise.
 * Nothing that is measured goes this way: that is what the area is for.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stdint.h>

#define SAY_LENGTH 200 /* characters of a line; what is longer is cut */

void console_init(void);

/* Writes the line and its end. */
__attribute__((format(printf, 1, 2))) void say(const char *fmt, ...);

/* Writes text of the kernel's memory as it is. */
void console_write(const char *text, uint64_t length);

#endif
