/* SPDX-License-Identifier: MIT */
/*
 * Where the time goes, of each CPU and of each task, to the tick: counted at every way into the kernel and out of it.
 * Of a stretch of time what was stolen (steal.h) is charged first; the rest is what the CPU did, or what the task ran.
 *
 * A task also has the time that a kernel which knows of no steal would charge it: the whole stretch, whoever had it.
 */
#ifndef GUEST_ACCOUNT_H
#define GUEST_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include "guest-os/kernel/calls.h"

struct cpu;
struct task;
struct sbi_sta;

/* Of a CPU. Written by it alone; the others may read it at any time. */
struct account {
    const struct sbi_sta *record; /* its own, of steal */
    uint64_t since;               /* guest time up to which it is kept */
    uint64_t charged;             /* ns of steal that have been, of those told since the CPU came up */
    uint32_t sequence;            /* of the record of steal (stint/sta.h), when it was looked at last */
    bool owes;                    /* not all that it told has been charged */
    struct cpu_times times;       /* they sum to the time from when the CPU came up until `since` */
};

/* Of a task. Written by the CPU that runs it. */
struct task_account {
    uint64_t ran_ns, stolen_ns;      /* it ran; and it was the one to run when the CPU was away */
    uint64_t *blind_pct, *aware_pct; /* of the time since the machine started; in the report */
};

/* Makes the places in the report: `user_pct` and its like. */
void account_init(void);

/* The CPU, which is this one, begins to count. */
void account_cpu_init(struct cpu *cpu);

/* What this CPU has done since the last call was of that kind. */
void account(struct cpu *cpu, enum account_kind kind);

/* The same of kind ACCOUNT_USER: it ran that task. */
void account_task(struct cpu *cpu, struct task *task);

/* For those who watch: the account of any CPU, as far as it is known at guest time `now`, and of any task. */
void account_of_cpu(const struct cpu *cpu, uint64_t now, struct cpu_times *times);
void account_of_task(const struct task *task, struct task_times *times);

/* Makes the places in the report of a new task. */
void account_task_init(struct task *task);

/* Puts it all into the report: if the last time is long ago, or in any case. */
void account_show(uint64_t now);
void account_show_at_once(uint64_t now);

#endif
