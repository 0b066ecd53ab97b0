/* SPDX-License-Identifier: MIT */
/*
 * Guest time, and a hart's one timer. Times are ticks of 100 ns since the machine's own zero.
 */
#ifndef GUEST_TIMER_H
#define GUEST_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include "guest-os/kernel/calls.h"

/* `sstc`: the harts have stimecmp. Otherwise SBI is asked. */
void timer_init(bool sstc);

/* This hart is interrupted when guest time reaches `when`; NEVER (cpu.h): not at all. Replaces what was set
 * before. */
void timer_set(uint64_t when);

static inline uint64_t time_now(void)
{
    uint64_t time;

    __asm__ volatile("rdtime %0" : "=r"(time));
    return time;
}

static inline uint64_t ticks_from_ns(uint64_t ns)
{
    return (ns + NS_PER_TICK - 1) / NS_PER_TICK;
}

#endif
