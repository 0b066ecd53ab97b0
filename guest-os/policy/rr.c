/* SPDX-License-Identifier: MIT */
/*
 * Round robin: first come, first served, and back to the end of the queue when the slice is over.
 */
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/policy/policy.h"

static uint64_t slice = 10 * 1000 * 1000 / NS_PER_TICK;

void rr_set_slice(uint64_t ticks)
{
    slice = ticks;
}

static void rr_enqueue(struct list *ready, struct task *task)
{
    list_push_back(ready, &task->link);
}

/* Who wakes up waits like everybody else. */
static bool rr_preempts(const struct task *waiting, const struct task *running)
{
    (void)waiting;
    (void)running;
    return false;
}

static uint64_t rr_slice(const struct task *task)
{
    (void)task;
    return slice;
}

const struct policy policy_rr = {
    .name = "rr",
    .enqueue = rr_enqueue,
    .preempts = rr_preempts,
    .slice = rr_slice,
};
