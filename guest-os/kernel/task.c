/* SPDX-License-Identifier: MIT */
/*
 * How tasks are made, and what they tell the host.
 */
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/area.h"
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/report.h"
#include "guest-os/kernel/sched.h"
#include "guest-os/kernel/vm.h"
#include "lib/printf.h"

static struct task tasks[TASKS];
static uint32_t count;

uint32_t task_count(void)
{
    return count;
}

struct task *task_numbered(uint32_t id)
{
    return &tasks[id];
}

static void name_task(struct task *task, const char *kind)
{
    format(task->name, sizeof(task->name), "%s%u", kind, task->id);
    area_task_name(task->id, task->name);
    report_text_of_task(task->id, "name", task->name);
    report_text_of_task(task->id, "state", "running");
}

/* All but what it reports, and that the scheduler hears of it. */
static struct task *make(const char *kind, program entry, const uint64_t args[4], uint64_t cpus, bool shared)
{
    struct task *task = &tasks[count];

    if (count == TASKS)
        args_refuse("at most 32 tasks");
    task->id = count++;
    task->cpus = cpus;
    task->space = vm_make_space(task->id, shared);
    task->frame.pc = (uint64_t)entry;
    task->frame.x[REG_SP] = USER_STACK_TOP;
    for (uint32_t i = 0; i < 4; i++)
        task->frame.x[REG_A0 + i] = args[i];
    name_task(task, kind);
    return task;
}

static struct task *begin(struct task *task)
{
    account_task_init(task);
    sched_add(task);
    return task;
}

struct task *task_make(const char *kind, program entry, const uint64_t args[4], uint64_t cpus, bool shared,
                       const char *const numbers[])
{
    struct task *task = make(kind, entry, args, cpus, shared);

    for (uint32_t i = 0; numbers[i]; i++)
        task->reported[i] = report_of_task(task->id, numbers[i]);
    return begin(task);
}

struct task *task_make_helper(const char *kind, program entry, const uint64_t args[4], uint64_t cpus)
{
    struct task *task = make(kind, entry, args, cpus, false);

    task->helper = true;
    return begin(task);
}

void task_report_total(struct task *task, uint32_t index, const char *name)
{
    task->total[index] = report_number(name);
}

void task_report_for_guest(struct task *task, const char *const numbers[])
{
    for (uint32_t i = 0; numbers[i]; i++)
        task->reported[i] = report_number(numbers[i]);
}

void task_report(struct task *task, const uint64_t *values, uint32_t count)
{
    for (uint32_t i = 0; i < count && task->reported[i]; i++) {
        if (task->total[i])
            __atomic_fetch_add(task->total[i], values[i] - *task->reported[i], __ATOMIC_RELAXED);
        *task->reported[i] = values[i];
    }
}

void task_report_end(const struct task *task, const char *how)
{
    report_text_of_task(task->id, "state", how);
}
