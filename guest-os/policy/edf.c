/* SPDX-License-Identifier: MIT */
/*
 * Earliest deadline first. On one CPU that is never taken away, all deadlines are met if the sum of budget
 * / period over the tasks is at most 1 (Liu and Layland, 1973). Under a hypervisor the CPU is taken away.
 */
#include "guest-os/kernel/cpu.h"
#include "guest-os/kernel/task.h"
#include "guest-os/policy/policy.h"

static uint64_t deadline(const struct task *task)
{
    return task->job.period ? task->job.deadline : NEVER;
}

/* Behind those with the same deadline. */
static void edf_enqueue(struct list *ready, struct task *task)
{
    struct list *place;

    list_for_each (place, ready)
        if (deadline(task) < deadline(container_of(place, struct task, link)))
            break;
    list_insert_before(place, &task->link);
}

static bool edf_preempts(const struct task *waiting, const struct task *running)
{
    return deadline(waiting) < deadline(running);
}

static uint64_t edf_slice(const struct task *task)
{
    (void)task;
    return NEVER;
}

const struct policy policy_edf = {
    .name = "edf",
    .enqueue = edf_enqueue,
    .preempts = edf_preempts,
    .slice = edf_slice,
};
