/* SPDX-License-Identifier: MIT */
/*
 * Periodic work: a job is released at the beginning of every period and has to be done by its end. A task
 * that is late starts its next job at once, and no job is left out.
 */
#ifndef GUEST_JOB_H
#define GUEST_JOB_H

#include <stdbool.h>
#include <stdint.h>

struct task;

struct job {
    uint64_t period;   /* ticks; 0: the task has no jobs */
    uint64_t release;  /* guest time of the job that runs, or of the next while the task sleeps */
    uint64_t deadline; /* release + period; other CPUs may read it at any time */
    uint64_t number;   /* jobs done so far */
    uint64_t most;     /* after so many the task is told to end; 0: never */
    uint64_t *jobs, *missed, *late_max_ns; /* in the report */
};

/* The task is a periodic one, whose first job is released at that guest time. Boot hart only. */
void job_begin(struct task *task, uint64_t period, uint64_t most, uint64_t release);

/* The time of release has come: to be called as the task becomes ready. Scheduler's lock held. */
void job_release(struct task *task);

/* The task says that its job is done. Counts it, in time or late, and turns to the next one: false if there
 * is none. */
bool job_done(struct task *task);

#endif
