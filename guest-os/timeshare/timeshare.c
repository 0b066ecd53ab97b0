/* SPDX-License-Identifier: MIT */
/*
 * A time-sharing system: round robin among tasks of several kinds.
 */
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/sched.h"
#include "guest-os/kernel/syscall.h"
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/tick.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/kernel/wall.h"
#include "guest-os/policy/policy.h"
#include "guest-os/user/programs.h"
#include "guest-os/user/work.h"
#include "lib/string.h"

#define CORRECT_NS  20000000 /* between two corrections */
#define SLICE_LEAST 20000    /* ns; below it the guest does little but switch */

static bool corrects;

static void make(const char *kind, program entry, uint64_t arg, const char *const numbers[])
{
    task_make(kind, entry, (uint64_t[4]){arg}, ALL_CPUS, false, numbers);
}

static void take_spin(const char *unused)
{
    (void)unused;
    make("spin", spin, 0, (const char *const[])SPIN_NUMBERS);
}

static void take_polite(const char *unused)
{
    (void)unused;
    make("polite", polite, 0, (const char *const[])SPIN_NUMBERS);
}

static void take_wild(const char *unused)
{
    (void)unused;
    make("wild", wild, 0, (const char *const[])WILD_NUMBERS);
}

static void take_sleep(const char *value)
{
    uint64_t ns = args_whole_time(value);

    if (!ns)
        args_refuse("a time to sleep above 0");
    make("sleep", sleeper, ticks_from_ns(ns), (const char *const[])SLEEPER_NUMBERS);
}

/* Units of work, or with a unit of time behind the number: as much work as fills that time. */
static void take_work(const char *value)
{
    const char *end;
    uint64_t number = args_number(value, &end);
    uint64_t iterations = *end ? args_iterations(args_whole_time(value)) : number * WORK_UNIT_ITERATIONS;

    if (!iterations || number > UINT64_MAX / WORK_UNIT_ITERATIONS)
        args_refuse("an amount of work above 0, such as 1000 (units of 1000 instructions) or 100ms");
    make("work", finite, iterations, (const char *const[])FINITE_NUMBERS);
}

static void take_slice(const char *value)
{
    uint64_t ns = args_whole_time(value);

    if (ns < SLICE_LEAST)
        args_refuse("a slice of at least 20us");
    rr_set_slice(ticks_from_ns(ns));
}

/* Is it the first of two words, or the other? `both` says them. */
static bool choice(const char *value, const char *first, const char *other, const char *both)
{
    if (strcmp(value, first) != 0 && strcmp(value, other) != 0)
        args_refuse(both);
    return strcmp(value, first) == 0;
}

static void take_progress(const char *value)
{
    syscall_show_progress(choice(value, "on", "off", "on or off"));
}

static void take_accounting(const char *value)
{
    sched_measure_slices(choice(value, "aware", "blind", "blind or aware"));
}

static void take_tick(const char *value)
{
    tick_start(choice(value, "replay", "coalesce", "coalesce or replay"));
}

static void take_correct(const char *value)
{
    corrects = choice(value, "on", "off", "on or off");
}

static const struct argument arguments[] = {
    {"spin", "a task that works for ever", take_spin},
    {"sleep:PERIOD", "a task that sleeps for that time, again and again", take_sleep},
    {"work:AMOUNT", "a task that works and ends: 1000 (units of 1000 instructions), or 100ms", take_work},
    {"polite", "a task that works for ever and offers its place after every unit", take_polite},
    {"wild", "a task that reads the kernel's memory, and is killed", take_wild},
    {"slice=TIME", "how long a task runs while others wait (10ms)", take_slice},
    {"accounting=blind", "a slice is time by the clock; aware: without what was stolen of it",
     take_accounting},
    {"tick=coalesce", "counts periods of 10ms, missed ones as one; replay: one by one", take_tick},
    {"correct=on", "a task that keeps the wall clock right, by what the hypervisor tells (off)",
     take_correct},
    {"progress=on", "work tasks say on the console how far they are", take_progress},
    {0},
};

static void start(void)
{
    if (!corrects)
        return;
    wall_init();
    task_make_helper("corrector", corrector, (uint64_t[4]){ticks_from_ns(CORRECT_NS)}, ALL_CPUS);
}

const struct guest guest = {
    .name = "timeshare", .policy = &policy_rr, .arguments = arguments, .start = start};
