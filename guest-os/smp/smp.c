/* SPDX-License-Identifier: MIT */
/*
 * One lock, and on every CPU a task that wants it.
 */
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/balloon.h"
#include "guest-os/kernel/cpu.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/policy/policy.h"
#include "guest-os/user/lock.h"
#include "guest-os/user/programs.h"
#include "lib/bitops.h"
#include "lib/string.h"

static uint64_t inside_ns = 20000, outside_ns = 80000, rounds, patience = 200;
static uint64_t look_ns = 100000000; /* between two looks of the balloon */
static enum lock_kind lock;
static bool moves, balloon;

static void take_inside(const char *value)
{
    inside_ns = args_whole_time(value);
}

static void take_outside(const char *value)
{
    outside_ns = args_whole_time(value);
}

static void take_rounds(const char *value)
{
    rounds = args_whole_number(value);
    if (!rounds)
        args_refuse("a number of rounds above 0");
}

static void take_lock(const char *value)
{
    static const char *const kinds[] = {[LOCK_PLAIN] = "plain", [LOCK_TICKET] = "ticket", [LOCK_PV] = "pv"};

    for (lock = LOCK_PLAIN; lock <= LOCK_PV; lock++)
        if (strcmp(value, kinds[lock]) == 0)
            return;
    args_refuse("plain, ticket or pv");
}

static void take_patience(const char *value)
{
    patience = args_whole_number(value);
    if (patience > UINT32_MAX)
        args_refuse("a number of attempts below 4294967296");
}

static bool on_or_off(const char *value)
{
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        args_refuse("on or off");
    return strcmp(value, "on") == 0;
}

static void take_move(const char *value)
{
    moves = on_or_off(value);
}

static void take_balloon(const char *value)
{
    balloon = on_or_off(value);
}

static void take_look(const char *value)
{
    look_ns = args_whole_time(value);
    if (look_ns < 1000000)
        args_refuse("a time of at least 1ms");
}

static const struct argument arguments[] = {
    {"inside=TIME", "how much work each does with the lock (20us)", take_inside},
    {"outside=TIME", "how much work each does between, on average (80us)", take_outside},
    {"rounds=N", "each takes the lock so often and ends (never)", take_rounds},
    {"lock=KIND", "plain, ticket or pv: see user/lock.h (plain)", take_lock},
    {"patience=N", "pv: how often it tries before it sleeps (200)", take_patience},
    {"move=on", "tasks go to whatever CPU is free, and give way after each round (off)", take_move},
    {"balloon=on", "stop the VCPUs that the guest has no time for; with move=on (off)", take_balloon},
    {"look=TIME", "the balloon looks so often (100ms)", take_look},
    {0},
};

static void start_ballooner(void)
{
    uint64_t args[4] = {ticks_from_ns(look_ns)};

    balloon_init();
    task_make_helper("balloon", ballooner, args, guest_cpus() & -guest_cpus());
}

/* Tasks that move have no slices: they give way where they have no lock. */
static void start(void)
{
    static const char *const numbers[] = LOCKER_NUMBERS;
    unsigned cpu;

    if (moves && lock == LOCK_PV)
        args_refuse("another lock with move=on: lock=pv has to know its CPU");
    if (balloon && !moves)
        args_refuse("move=on with balloon=on: a task that stays would end with its CPU");
    if (moves)
        rr_set_slice(NEVER);
    if (balloon)
        start_ballooner();
    for_each_bit (cpu, guest_cpus()) {
        uint64_t args[4] = {args_iterations(inside_ns), args_iterations(outside_ns), rounds,
                            LOCKER_WHO(cpu + 1, lock, moves, patience)};
        struct task *task = task_make("locker", locker, args, moves ? ALL_CPUS : BIT(cpu), true, numbers);

        for (uint32_t i = 0; numbers[i]; i++)
            task_report_total(task, i, numbers[i]);
    }
}

const struct guest guest = {.name = "smp", .policy = &policy_rr, .arguments = arguments, .start = start};
