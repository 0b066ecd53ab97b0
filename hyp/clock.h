/* SPDX-License-Identifier: MIT */
/*
 * Timers of a pCPU, and host time in ticks and nanoseconds.
 */
#ifndef HYP_CLOCK_H
#define HYP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/list.h"

struct pcpu;

#define CLOCK_NEVER UINT64_MAX
#define NAP_BOUND   1000000 /* naps, ten seconds, after which a wait for another pCPU has failed */

/* A deadline on one pCPU. `fire` is called by that pCPU, no lock held, once, at or after it. */
struct timer {
    struct list link;  /* in pcpu->timers, in order of deadline; self-linked while not armed */
    uint64_t deadline; /* host ticks */
    struct pcpu *pcpu; /* where it is, or was last, armed; NULL: never */
    void (*fire)(struct timer *);
};

/* Once, with the machine's timer frequency; refuses (panics) one that is not a divisor of 1 GHz. */
void clock_init(uint32_t timebase_hz);

extern uint64_t clock_ns_per_tick;

static inline uint64_t ticks_to_ns(uint64_t ticks)
{
    return ticks * clock_ns_per_tick;
}

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Rounded up, and CLOCK_NEVER for what does not fit. */
uint64_t ns_to_ticks(uint64_t ns);

void timer_init(struct timer *, void (*fire)(struct timer *));

/* Arm on this pCPU; armed already: move. */
void timer_arm(struct pcpu *self, struct timer *, uint64_t deadline);

/* From any pCPU; a timer that is about to fire is armed no more. */
bool timer_is_armed(const struct timer *);

/* From any pCPU. Returns once it is not armed; `fire` may be under way on its pCPU. */
void timer_cancel(struct timer *);

/* Sets the hardware timer to what is next. The last thing to do before a guest runs or the pCPU sleeps. */
void clock_program(const struct pcpu *self);

/* The VCPU on this pCPU is to exit at `when`, or earlier; until clock_program the last thing. */
void clock_come_back(struct pcpu *self, uint64_t when);

/* For loops that wait for another pCPU: sleeps some microseconds, so that under instruction counting the other
 * one has its turn. Kicks that come meanwhile are dropped: who kicks has set `attention` before. The caller
 * sets the timer again afterwards. */
void clock_nap(void);

/* The slice of the VCPU on this pCPU ends after `ns` from `now`; SCHED_FOREVER: no end. */
void clock_set_slice(struct pcpu *self, uint64_t now, uint64_t ns);

/* No VCPU runs here: no beat is needed, and the scheduler is asked again after `ns` from `now`; SCHED_FOREVER:
 * when somebody says so. */
void clock_set_idle(struct pcpu *self, uint64_t now, uint64_t ns);

/* The pCPU's timer interrupt: fires what is due. Returns true where none of it was: a mere beat. */
bool clock_interrupt(struct pcpu *self);

/* Nothing is armed here, and no slice ends. */
bool clock_is_quiet(struct pcpu *);

#endif
