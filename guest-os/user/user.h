/* SPDX-License-Identifier: MIT */
/*
 * What programs of tasks can do. They run in user mode, in pages of their own, and share nothing with the
 * kernel but kernel/calls.h: the linker refuses a program that names anything of the kernel's.
 *
 * A program has a stack and no other data; constants lie with its code. It ends by exit().
 */
#ifndef USER_USER_H
#define USER_USER_H

#include <stdint.h>
#include "guest-os/kernel/calls.h"

static inline int64_t call(enum call number, uint64_t arg0, uint64_t arg1)
{
    register uint64_t a0 __asm__("a0") = arg0;
    register uint64_t a1 __asm__("a1") = arg1;
    register uint64_t a7 __asm__("a7") = number;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
    return (int64_t)a0;
}

__attribute__((noreturn)) static inline void exit(uint64_t status)
{
    call(CALL_EXIT, status, 0);
    __builtin_unreachable();
}

static inline void yield(void)
{
    call(CALL_YIELD, 0, 0);
}

static inline void sleep_until(uint64_t ticks)
{
    call(CALL_SLEEP, ticks, 0);
}

static inline void write(const char *text, uint64_t length)
{
    call(CALL_WRITE, (uint64_t)text, length);
}

static inline void report(const uint64_t *values, uint64_t count)
{
    call(CALL_REPORT, (uint64_t)values, count);
}

/* Guest time in ticks. */
static inline uint64_t now(void)
{
    uint64_t time;

    __asm__ volatile("rdtime %0" : "=r"(time));
    return time;
}

#endif
