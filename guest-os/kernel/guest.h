/* SPDX-License-Identifier: MIT */
/*
 * A guest OS is this kernel and one `struct guest`: what it is called, how it schedules, what it can be
 * asked to do.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <stdint.h>

struct policy;
struct argument;

struct guest {
    const char *name;
    const struct policy *policy;
    const struct argument *arguments; /* see args.h; ends with a NULL form */

    /* All arguments have been taken: makes the tasks that they did not make. NULL: nothing is left to do. */
    void (*start)(void);
};

/* Every image has one. */
extern const struct guest guest;

/* The CPUs there are: bit n is the one of number n. */
uint64_t guest_cpus(void);

/* It is `now`, for the report. */
void guest_elapsed(uint64_t now);

/* Nothing is left to do: ends the machine. */
__attribute__((noreturn)) void guest_end(void);

#endif
