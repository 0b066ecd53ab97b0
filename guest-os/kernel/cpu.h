/* SPDX-License-Identifier: MIT */
/*
 * What the kernel keeps for each hart. While the kernel runs, tp points to the
 * hart's own; interrupts are off all that time, so nothing moves it.
 */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

#define CPUS        32   /* harts at most, numbered by their hart ids; sets of them are bits of a word */
#define STACK_BYTES 8192 /* a hart's stack, the lower half of which is its guard */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>
#include "guest-os/kernel/account.h"
#include "lib/list.h"

#define NEVER UINT64_MAX /* as a time: no timer */

struct cpu {
    /* Its own. */
    uint32_t id;          /* hart id; index in cpus[] and of its event ring */
    uint64_t space;       /* satp in force */
    uint64_t armed;       /* guest time to which its timer is set */
    struct task *traced;  /* what the trace says that runs here */
    struct list sleepers; /* tasks that went to sleep here, the first to wake first */
    struct account account;

    /* Guarded by the scheduler's lock (sched.c). */
    bool online;           /* its loop has begun, and has not ended */
    bool leaves;           /* stops as soon as it has no task and none that sleeps */
    bool idle;             /* has no task: waits for an interrupt, or is about to */
    bool kicked;           /* was sent an interrupt and has not scheduled since, */
    uint64_t kicked_at;    /* and when: guest time */
    struct task *current;  /* runs here, or NULL */
    uint64_t slice_end;    /* guest time, or NEVER: nobody else waits */
    uint64_t slice_stolen; /* ns stolen from this CPU ever, up to which slice_end has been mended */
};

extern struct cpu cpus[CPUS];

static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;

    __asm__ volatile("mv %0, tp" : "=r"(cpu));
    return cpu;
}

#endif
#endif
