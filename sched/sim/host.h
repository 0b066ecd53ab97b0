/* SPDX-License-Identifier: MIT */
/*
 * What the simulator wants of its host: memory, and ways to end when something is not as it must be.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed; ends the program when there is none. */
void *host_memory(size_t count, size_t size);

/* More of what host_memory gave; what is new is not zeroed. */
void *host_more(void *old, size_t count, size_t size);
void host_free(void *);

/* Ends the program with the message, exit code 2: it cannot run. */
void host_refuse(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Ends the program with the message, exit code 3, unless it holds: the simulator or a scheduler is wrong. */
void host_must(bool holds, const char *what);

#endif
