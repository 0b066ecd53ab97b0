/* SPDX-License-Identifier: MIT */
/*
 * What a policy decides: the order in which ready tasks run, and for how long. One file each, plain C.
 * All is called with the scheduler's lock held (guest-os/kernel/sched.c).
 */
#ifndef GUEST_POLICY_H
#define GUEST_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/list.h"

struct task;

struct policy {
    const char *name;

    /* The task has become ready, or lost its CPU: put it in its place among those that wait. */
    void (*enqueue)(struct list *ready, struct task *task);

    /* Must `running` leave its CPU at once because `waiting` is ready? */
    bool (*preempts)(const struct task *waiting, const struct task *running);

    /* For how many ticks may the task run while others wait? NEVER (cpu.h): until it stops or is preempted.
     * */
    uint64_t (*slice)(const struct task *task);
};

/* Round robin. Everybody gets the same slice. */
extern const struct policy policy_rr;
void rr_set_slice(uint64_t ticks); /* instead of the 10 ms it has at first */

/* Earliest deadline first. Tasks without jobs have no deadline and run when no others want to. */
extern const struct policy policy_edf;

#endif
