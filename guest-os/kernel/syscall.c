/* SPDX-License-Identifier: MIT */
/*
 * System calls: a table, and one function each. What a task hands in is believed only after a check.
 */
#include "guest-os/kernel/syscall.h"
#include "guest-os/kernel/account.h"
#include "guest-os/kernel/area.h"
#include "guest-os/kernel/balloon.h"
#include "guest-os/kernel/console.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/sbi.h"
#include "guest-os/kernel/sched.h"
#include "guest-os/kernel/smp.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/kernel/vm.h"
#include "guest-os/kernel/wall.h"
#include "lib/bitops.h"

/*
 * Arguments are those of calls.h. The result of a call is in the task's a0 before anything makes the task
 * ready: from then on another CPU may run it. Returns whether schedule() must follow.
 */
typedef bool call_handler(struct task *task, uint64_t a0, uint64_t a1);

static bool show_progress;

void syscall_show_progress(bool on)
{
    show_progress = on;
}

static bool result(struct task *task, int64_t value)
{
    task->frame.x[REG_A0] = (uint64_t)value;
    return false;
}

static bool call_exit(struct task *task, uint64_t status, uint64_t unused)
{
    (void)unused;
    task_report_end(task, "done");
    sched_exit(this_cpu(), status);
    return true;
}

static bool call_yield(struct task *task, uint64_t unused, uint64_t unused2)
{
    (void)unused;
    (void)unused2;
    result(task, 0);
    sched_yield(this_cpu());
    return true;
}

static bool call_sleep(struct task *task, uint64_t until, uint64_t unused)
{
    (void)unused;
    result(task, 0);
    if (until <= time_now())
        return false;
    sched_sleep(this_cpu(), until);
    return true;
}

static bool call_write(struct task *task, uint64_t text, uint64_t length)
{
    char copy[CALL_WRITE_MOST];

    if (length > sizeof(copy))
        return result(task, CALL_BAD);
    if (!vm_copy_from_user(task->space, copy, text, length))
        return result(task, CALL_NOT_YOURS);
    console_write(copy, length);
    return result(task, 0);
}

static bool call_report(struct task *task, uint64_t values, uint64_t count)
{
    uint64_t copy[CALL_REPORT_MOST], now = time_now();

    if (count > CALL_REPORT_MOST)
        return result(task, CALL_BAD);
    if (!vm_copy_from_user(task->space, copy, values, count * sizeof(copy[0])))
        return result(task, CALL_NOT_YOURS);
    task_report(task, copy, (uint32_t)count);
    guest_elapsed(now);
    account_show(now);
    return result(task, 0);
}

static bool call_progress(struct task *task, uint64_t done, uint64_t percent)
{
    area_trace(this_cpu()->id, STINT_EV_PROGRESS, task->id, done, 0);
    if (show_progress)
        say("%s %3llu%%", task->name, (unsigned long long)percent);
    return result(task, 0);
}

static bool call_next_job(struct task *task, uint64_t unused, uint64_t unused2)
{
    (void)unused;
    (void)unused2;
    if (!task->job.period)
        return result(task, CALL_BAD);
    result(task, 1);
    if (!job_done(task))
        return result(task, 0);
    return true;
}

static bool call_locked(struct task *task, uint64_t spins, uint64_t ticks)
{
    area_trace(this_cpu()->id, STINT_EV_LOCK, 0, spins, ticks);
    return result(task, 0);
}

/* Where there is no hypervisor of ours nobody wants it. */
static bool call_offer(struct task *task, uint64_t unused, uint64_t unused2)
{
    (void)unused;
    (void)unused2;
    sbi_call(SBI_EXT_STINT, STINT_YIELD, 0, 0, 0);
    return result(task, 0);
}

/* Interrupts are off here: one that is sent from now on is pending, and the CPU does not wait at all. */
static bool call_halt(struct task *task, uint64_t address, uint64_t unused)
{
    uint64_t set;

    (void)unused;
    if (!vm_copy_from_user(task->space, &set, address, sizeof(set)))
        return result(task, CALL_NOT_YOURS);
    result(task, 0);
    if (!bit_test(set, this_cpu()->id))
        return false;
    smp_wait();
    return true;
}

static bool call_kick(struct task *task, uint64_t set, uint64_t unused)
{
    (void)unused;
    if (set & ~guest_cpus())
        return result(task, CALL_BAD);
    smp_kick(set);
    return result(task, 0);
}

static bool call_balloon(struct task *task, uint64_t unused, uint64_t unused2)
{
    (void)unused;
    (void)unused2;
    balloon_look();
    return result(task, sched_working() > 0);
}

static bool call_wall_time(struct task *task, uint64_t unused, uint64_t unused2)
{
    struct sbi_result host = sbi_call(SBI_EXT_STINT, STINT_WALL_TIME, 0, 0, 0);

    (void)unused;
    (void)unused2;
    return result(task, host.error == SBI_SUCCESS ? host.value : (int64_t)(time_now() * NS_PER_TICK));
}

static bool call_correct(struct task *task, uint64_t unused, uint64_t unused2)
{
    (void)unused;
    (void)unused2;
    wall_correct();
    return result(task, sched_working() > 0);
}

static bool answer(struct task *task, uint64_t address, const void *from, uint64_t bytes)
{
    return result(task, vm_copy_to_user(task->space, address, from, bytes) ? 0 : CALL_NOT_YOURS);
}

static bool call_cpu_times(struct task *task, uint64_t cpu, uint64_t address)
{
    struct cpu_times times;

    if (cpu >= CPUS || !bit_test(guest_cpus(), (unsigned)cpu))
        return result(task, CALL_BAD);
    account_of_cpu(&cpus[cpu], time_now(), &times);
    return answer(task, address, &times, sizeof(times));
}

static bool call_task_times(struct task *task, uint64_t number, uint64_t address)
{
    struct task_times times;

    if (number >= task_count())
        return result(task, CALL_BAD);
    account_of_task(task_numbered((uint32_t)number), &times);
    return answer(task, address, &times, sizeof(times));
}

static bool call_needed(struct task *task, uint64_t unused, uint64_t unused2)
{
    (void)unused;
    (void)unused2;
    return result(task, sched_working() > 0);
}

static call_handler *const calls[CALLS] = {
    [CALL_EXIT] = call_exit,           [CALL_YIELD] = call_yield,
    [CALL_SLEEP] = call_sleep,         [CALL_WRITE] = call_write,
    [CALL_REPORT] = call_report,       [CALL_PROGRESS] = call_progress,
    [CALL_NEXT_JOB] = call_next_job,   [CALL_LOCKED] = call_locked,
    [CALL_OFFER] = call_offer,         [CALL_HALT] = call_halt,
    [CALL_KICK] = call_kick,           [CALL_BALLOON] = call_balloon,
    [CALL_WALL_TIME] = call_wall_time, [CALL_CORRECT] = call_correct,
    [CALL_CPU_TIMES] = call_cpu_times, [CALL_TASK_TIMES] = call_task_times,
    [CALL_NEEDED] = call_needed,
};

bool syscall(struct task *task)
{
    uint64_t number = task->frame.x[REG_A7];

    if (number >= CALLS)
        return result(task, CALL_UNKNOWN);
    return calls[number](task, task->frame.x[REG_A0], task->frame.x[REG_A1]);
}
