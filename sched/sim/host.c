/* SPDX-License-Identifier: MIT */
/*
 * See host.h.
 */
#include "sched/sim/host.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CANNOT_RUN = 2, IS_WRONG = 3 };

void host_refuse(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    exit(CANNOT_RUN);
}

void host_must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "the simulator has failed: %s\n", what);
    exit(IS_WRONG);
}

void *host_memory(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);

    if (!memory)
        host_refuse("no memory for %zu times %zu bytes", count, size);
    return memory;
}

void *host_more(void *old, size_t count, size_t size)
{
    void *memory = reallocarray(old, count, size);

    if (!memory)
        host_refuse("no memory for %zu times %zu bytes", count, size);
    return memory;
}

void host_free(void *memory)
{
    free(memory);
}
