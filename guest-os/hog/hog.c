/* SPDX-License-Identifier: MIT */
/*
 * Wants every CPU it can get, all the time: one spinning task on each, and so nothing to schedule and no
 * timer.
 */
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/task.h"
#include "guest-os/policy/policy.h"
#include "guest-os/user/programs.h"
#include "lib/bitops.h"

static const struct argument arguments[] = {{0}};

static void start(void)
{
    unsigned cpu;

    for_each_bit (cpu, guest_cpus())
        task_make("spin", spin, (uint64_t[4]){0}, BIT(cpu), false, (const char *const[])SPIN_NUMBERS);
}

const struct guest guest = {.name = "hog", .policy = &policy_rr, .arguments = arguments, .start = start};
