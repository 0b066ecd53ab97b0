/* SPDX-License-Identifier: MIT */
/*
 * Who runs where. A CPU that has something to decide comes to schedule(); one that leaves tasks waiting
 * sends an interrupt to those CPUs that should take them, and they come here in turn.
 *
 * `lock` guards the queue, the states of all tasks, and the part of struct cpu that says so. It is a leaf:
 * nothing is called under it that takes another. The kernel runs with interrupts off, so no handler can
 * want it. Timers are set and interrupts sent without it: these are the moments at which whoever runs this
 * CPU may put it aside, and all the others would spin for as long as it is away.
 */
#include "guest-os/kernel/sched.h"
#include "guest-os/kernel/area.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/smp.h"
#include "guest-os/kernel/tick.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/kernel/vm.h"
#include "guest-os/policy/policy.h"
#include "lib/bitops.h"
#include "lib/spinlock.h"

static struct spinlock lock;
static struct list ready = {&ready, &ready};
static const struct policy *policy;
static uint32_t alive;   /* tasks that have not ended */
static uint32_t working; /* those of them that are no helpers */
static bool aware;       /* slices are of time that the CPU was there */

void sched_init(const struct policy *chosen)
{
    policy = chosen;
}

void sched_cpu_init(struct cpu *cpu)
{
    list_init(&cpu->sleepers);
    cpu->slice_end = NEVER;
    cpu->armed = 0;
    cpu->leaves = cpu->kicked = cpu->idle = false;
    cpu->online = true;
}

static struct task *task_at(struct list *link)
{
    return container_of(link, struct task, link);
}

static void make_ready(struct task *task)
{
    task->state = TASK_READY;
    policy->enqueue(&ready, task);
}

void sched_add(struct task *task)
{
    alive++;
    working += !task->helper;
    make_ready(task);
}

/* The first in the queue that may run on this CPU, or NULL. */
static struct task *first_for(const struct cpu *cpu)
{
    struct list *link;

    list_for_each (link, &ready)
        if (bit_test(task_at(link)->cpus, cpu->id))
            return task_at(link);
    return NULL;
}

static void wake(const struct cpu *cpu, struct task *task)
{
    list_remove(&task->link);
    area_trace(cpu->id, STINT_EV_TASK_READY, task->id, 0, 0);
    if (task->job.period)
        job_release(task);
    make_ready(task);
}

static void wake_sleepers(struct cpu *cpu, uint64_t now)
{
    while (!list_empty(&cpu->sleepers) && task_at(cpu->sleepers.next)->wake <= now)
        wake(cpu, task_at(cpu->sleepers.next));
}

/* Nobody is left whom they could help. They are found ready by schedule(), which follows. */
static void wake_helpers(const struct cpu *self)
{
    struct list *link, *after;

    for (struct cpu *cpu = cpus; cpu < cpus + CPUS; cpu++) {
        if (!cpu->online)
            continue;
        list_for_each_safe (link, after, &cpu->sleepers)
            wake(self, task_at(link));
    }
}

void sched_measure_slices(bool without_steal)
{
    aware = without_steal;
}

/* BEGIN SOLUTION 8.slice */
static void begin_slice(struct cpu *cpu, uint64_t now)
{
    uint64_t slice = policy->slice(cpu->current);

    cpu->slice_end = slice == NEVER ? NEVER : now + slice;
    cpu->slice_stolen = cpu->account.times.ns[ACCOUNT_STEAL];
}

/* What was stolen of the slice is given back. */
static void mend_slice(struct cpu *cpu)
{
    uint64_t stolen = cpu->account.times.ns[ACCOUNT_STEAL];

    if (aware && cpu->slice_end != NEVER)
        cpu->slice_end += (stolen - cpu->slice_stolen) / NS_PER_TICK;
    cpu->slice_stolen = stolen;
}
/* END SOLUTION */

/* The first in the queue takes the CPU if nobody has it, or if the slice is over, or by its rank. */
static void choose(struct cpu *cpu, uint64_t now)
{
    struct task *first = first_for(cpu);
    struct task *running = cpu->current;

    mend_slice(cpu);
    if (running && first && (now >= cpu->slice_end || policy->preempts(first, running))) {
        make_ready(running);
        running = NULL;
    }
    if (!running && first) {
        list_remove(&first->link);
        first->state = TASK_RUNNING;
        cpu->current = first;
        cpu->slice_end = NEVER;
    }
    if (!first_for(cpu))
        cpu->slice_end = NEVER;
    else if (cpu->slice_end == NEVER)
        begin_slice(cpu, now);
}

/* May the task take this CPU now, or will it in time? An idle CPU, one whose task ranks lower, or one that
 * has given its task the CPU without end because nobody was waiting. */
static bool would_give_way(const struct cpu *cpu, const struct task *task)
{
    return !cpu->current || policy->preempts(task, cpu->current) ||
           (cpu->slice_end == NEVER && policy->slice(cpu->current) != NEVER);
}

/* The CPU that should take a waiting task: an idle one, else the one whose task ranks lowest; NULL if none
 * would. */
static struct cpu *taker(const struct cpu *self, const struct task *task)
{
    struct cpu *best = NULL;

    for (struct cpu *cpu = cpus; cpu < cpus + CPUS; cpu++) {
        if (cpu == self || !cpu->online || cpu->kicked || !bit_test(task->cpus, cpu->id) ||
            !would_give_way(cpu, task))
            continue;
        if (cpu->idle)
            return cpu;
        if (!best || (best->current && cpu->current && policy->preempts(best->current, cpu->current)))
            best = cpu;
    }
    return best;
}

/* The CPUs that are to look for work, as bits: those that would do what this one leaves waiting. */
static uint64_t find_takers(const struct cpu *self, uint64_t now)
{
    uint64_t takers = 0;
    struct list *link;

    list_for_each (link, &ready) {
        struct cpu *cpu = taker(self, task_at(link));

        if (cpu) {
            cpu->kicked_at = now;
            cpu->kicked = true;
            takers |= BIT(cpu->id);
        }
    }
    return takers;
}

static void trace_change(struct cpu *cpu)
{
    if (cpu->traced != cpu->current) {
        cpu->traced = cpu->current;
        area_trace(cpu->id, STINT_EV_TASK_RUN, cpu->current ? cpu->current->id : STINT_NO_TASK, 0, 0);
    }
}

/* Decides who runs on this CPU, if anybody. Returns the CPUs that are to be kicked. */
static uint64_t decide(struct cpu *cpu)
{
    uint64_t now = time_now();
    uint64_t takers;

    tick_look(cpu, now);
    spin_lock(&lock);
    cpu->kicked = false;
    wake_sleepers(cpu, now);
    if (cpu->leaves && !cpu->current && list_empty(&cpu->sleepers))
        cpu->online = false;
    else
        choose(cpu, now);
    cpu->idle = !cpu->current;
    takers = find_takers(cpu, now);
    spin_unlock(&lock);
    trace_change(cpu);
    guest_elapsed(now);
    return takers;
}

/* Sets the timer to whatever this CPU has to do next. */
static void arm(struct cpu *cpu)
{
    uint64_t when = cpu->slice_end;

    if (!list_empty(&cpu->sleepers) && task_at(cpu->sleepers.next)->wake < when)
        when = task_at(cpu->sleepers.next)->wake;
    if (tick_next(cpu) < when)
        when = tick_next(cpu);
    if (when != cpu->armed) {
        cpu->armed = when;
        timer_set(when);
    }
}

struct task *schedule(struct cpu *cpu)
{
    for (;;) {
        uint64_t takers = decide(cpu);

        arm(cpu);
        if (takers)
            smp_kick(takers);
        if (!cpu->online)
            smp_stop();
        if (cpu->current)
            break;
        account_show(cpu->account.since);
        smp_wait(); /* a kick that came since decide() is pending, and ends it at once */
    }
    vm_enter(cpu, cpu->current->space);
    return cpu->current;
}

void sched_yield(struct cpu *cpu)
{
    spin_lock(&lock);
    make_ready(cpu->current);
    cpu->current = NULL;
    spin_unlock(&lock);
}

void sched_sleep(struct cpu *cpu, uint64_t when)
{
    struct task *task = cpu->current;
    struct list *place;

    area_trace(cpu->id, STINT_EV_TASK_SLEEP, task->id, when, 0);
    spin_lock(&lock);
    task->state = TASK_SLEEPING;
    task->wake = when;
    list_for_each (place, &cpu->sleepers)
        if (when < task_at(place)->wake)
            break;
    list_insert_before(place, &task->link);
    cpu->current = NULL;
    spin_unlock(&lock);
}

uint32_t sched_working(void)
{
    return __atomic_load_n(&working, __ATOMIC_RELAXED);
}

uint64_t sched_online(void)
{
    uint64_t online = 0;

    spin_lock(&lock);
    for (struct cpu *cpu = cpus; cpu < cpus + CPUS; cpu++)
        if (cpu->online && !cpu->leaves)
            online |= BIT(cpu->id);
    spin_unlock(&lock);
    return online;
}

void sched_retire(uint64_t set)
{
    unsigned cpu;

    spin_lock(&lock);
    for_each_bit (cpu, set)
        cpus[cpu].leaves = true;
    spin_unlock(&lock);
    smp_kick(set);
}

void sched_exit(struct cpu *cpu, uint64_t status)
{
    struct task *task = cpu->current;
    bool last;

    area_trace(cpu->id, STINT_EV_TASK_EXIT, task->id, status, 0);
    spin_lock(&lock);
    task->state = TASK_ENDED;
    cpu->current = NULL;
    last = --alive == 0;
    if (!task->helper && --working == 0)
        wake_helpers(cpu);
    spin_unlock(&lock);
    if (last)
        guest_end();
}
