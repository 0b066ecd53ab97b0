/* SPDX-License-Identifier: MIT */
/*
 * A VM's clock: what its guest sees of the time in which it has no pCPU.
 *
 *   real     guest time is host time less a constant
 *   virtual  it stands still while some VCPU of the VM waits for a pCPU and none of them runs
 *   catchup  as virtual; and while it is behind, it is stepped forward when a VCPU enters and no sibling runs, or when
 *            the timer of one that sleeps comes and none runs, by (rate - 1) times what has passed since the last
 *            step: it goes `rate` times as fast
 *
 * Guest time is `time` plus htimedelta, one for all VCPUs of the VM (Privileged spec, "htimedelta"). It only changes
 * while none of them runs, but the one that is about to enter; so it never goes backwards on any of them, nor from
 * one to another.
 */
#ifndef HYP_GUEST_CLOCK_H
#define HYP_GUEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/spinlock.h"

struct vcpu;
struct vm;
struct pcpu;

struct guest_clock {
    bool moves;    /* it is not `real`; constant */
    uint64_t rate; /* how fast it catches up; 1: it does not; constant */
    struct spinlock
        lock; /* for all that follows; taken with no other lock held, timer locks inside. If the clock
                             moves it guards htimedelta and the timers of blocked VCPUs, too */
    uint32_t running, waiting; /* VCPUs that run, and that wait for a pCPU */
    uint64_t left;             /* host ticks: when a VCPU left its pCPU last */
    uint64_t frozen;           /* host ticks: since when it stands still; 0: it does not */
    uint64_t behind;           /* ticks: how much earlier it is than if it were real */
    uint64_t stepped;          /* guest ticks: the last step */
};

/* The VM starts: its time is 0. No VCPU is online. */
void guest_clock_start(struct vm *, uint64_t now);

/* A VCPU's change of runstate at host time `now`; for a clock that moves. */

/* It was blocked or offline, and waits for a pCPU now. */
void guest_clock_wait(struct vcpu *, uint64_t now);
/* It waited, and runs now. Sets this hart's htimedelta. */
void guest_clock_enter(struct vcpu *, uint64_t now);
/* It ran, and waits; or it blocks, or goes away. */
void guest_clock_leave(struct vcpu *, uint64_t now, bool waits);

/* The VCPU, which runs on this pCPU, is about to go on: if the clock is behind and catches up, it is stepped, and the
 * pCPU is told to come back for the next step. */
void guest_clock_catch_up(struct pcpu *self, struct vcpu *, uint64_t now);

/* The timer of a blocked VCPU: armed for the earliest time at which its deadline can come by this clock, and not a
 * wake-up after all if that has moved. */
void guest_clock_arm(struct pcpu *self, struct vcpu *);
bool guest_clock_is_due(struct pcpu *self, struct vcpu *, uint64_t now);

/* Host time at which the blocked VCPU's own timer wakes it if the clock goes on and is not stepped, or CLOCK_NEVER. */
uint64_t guest_clock_deadline(const struct vcpu *);

#endif
