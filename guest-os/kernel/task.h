/* SPDX-License-Identifier: MIT */
/*
 * Tasks: programs in user mode (VU-mode under a hypervisor), each in an address space of its own. All are
 * made by the boot hart before the other harts come up; the scheduler (sched.h) moves them between their
 * states.
 */
#ifndef GUEST_TASK_H
#define GUEST_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include "guest-os/kernel/account.h"
#include "guest-os/kernel/calls.h"
#include "guest-os/kernel/frame.h"
#include "guest-os/kernel/job.h"
#include "lib/list.h"

#define TASKS    32 /* at most: the report has room for eight values of each */
#define ALL_CPUS UINT64_MAX

struct task {
    struct frame frame;
    struct list link;      /* in the queue while READY, in its CPU's sleepers while SLEEPING */
    enum task_state state; /* it and the link: guarded by the scheduler's lock; the frame: by who runs it */
    uint64_t wake;         /* guest time at which SLEEPING ends */

    /* Constant. */
    uint32_t id;
    bool helper; /* is there for the others only, and ends when they have */
    char name[TASK_NAME];
    uint64_t cpus;  /* bit n: may run on CPU n */
    uint64_t space; /* see vm.h */

    struct job job;
    struct task_account account;
    uint64_t *reported[CALL_REPORT_MOST]; /* the places of its numbers in the report; NULL: it has no more */
    uint64_t *total[CALL_REPORT_MOST];    /* of the sum of that number over all tasks, or NULL */
};

/* A program is named by its address in user space, and gets up to four numbers. */
typedef void (*program)();

/*
 * A new task, ready to run. Its name is `kind` and its number. `cpus`: where it may run; `shared`: it has
 * the shared page. `numbers` names what it reports, in the order of CALL_REPORT and ended by NULL: `work`
 * becomes "tasks.N.work".
 */
struct task *task_make(const char *kind, program entry, const uint64_t args[4], uint64_t cpus, bool shared,
                       const char *const numbers[]);

/* A helper, in the same way. It reports nothing, and has to ask CALL_NEEDED or its like whenever it has slept. */
struct task *task_make_helper(const char *kind, program entry, const uint64_t args[4], uint64_t cpus);

/* The sum over all tasks of their number `index` is to be reported under this name. Before the other harts
 * come up. */
void task_report_total(struct task *task, uint32_t index, const char *name);

/* Its numbers are not its own but the guest's, under these names, ended by NULL: whoever reports last is right. Before
 * the other harts come up. */
void task_report_for_guest(struct task *task, const char *const numbers[]);

/* New values for the first `count` of its numbers, at most CALL_REPORT_MOST. The task runs on this CPU. */
void task_report(struct task *task, const uint64_t *values, uint32_t count);

/* The task is over, in the report; `how` is one word. */
void task_report_end(const struct task *task, const char *how);

uint32_t task_count(void);
struct task *task_numbered(uint32_t id);

#endif
