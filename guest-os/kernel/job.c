/* SPDX-License-Identifier: MIT */
/*
 * Periodic jobs: their deadlines, and how well they were kept.
 */
#include "guest-os/kernel/job.h"
#include "guest-os/kernel/area.h"
#include "guest-os/kernel/report.h"
#include "guest-os/kernel/sched.h"
#include "guest-os/kernel/timer.h"
#include "lib/spinlock.h"

/* Over all tasks; `lock` is a leaf. */
static struct spinlock lock;
static uint64_t *jobs, *missed, *late_max_ns;

void job_begin(struct task *task, uint64_t period, uint64_t most, uint64_t release)
{
    jobs = report_number("jobs");
    missed = report_number("missed");
    late_max_ns = report_number("late_max_ns");
    task->job = (struct job){
        .period = period,
        .release = release,
        .most = most,
        .jobs = report_of_task(task->id, "jobs"),
        .missed = report_of_task(task->id, "missed"),
        .late_max_ns = report_of_task(task->id, "late_max_ns"),
    };
    job_release(task);
}

void job_release(struct task *task)
{
    struct job *job = &task->job;

    job->deadline = job->release + job->period;
    area_trace(this_cpu()->id, STINT_EV_JOB_RELEASE, task->id, job->number, job->deadline);
}

static void keep_greatest(uint64_t *greatest, uint64_t value)
{
    if (value > *greatest)
        *greatest = value;
}

static void count(const struct job *job, uint64_t late)
{
    spin_lock(&lock);
    *job->jobs += 1;
    *jobs += 1;
    *job->missed += late > 0;
    *missed += late > 0;
    keep_greatest(job->late_max_ns, late * NS_PER_TICK);
    keep_greatest(late_max_ns, late * NS_PER_TICK);
    spin_unlock(&lock);
}

bool job_done(struct task *task)
{
    struct job *job = &task->job;
    uint64_t now = time_now();
    uint64_t late = now > job->deadline ? now - job->deadline : 0;

    area_trace(this_cpu()->id, STINT_EV_JOB_DONE, task->id, job->number, late);
    count(job, late);
    job->number++;
    if (job->number == job->most)
        return false;
    job->release += job->period;
    if (job->release > now)
        sched_sleep(this_cpu(), job->release);
    else
        job_release(task);
    return true;
}
