/* SPDX-License-Identifier: MIT */
/*
 * VCPU ballooning by steal time.
 */
#include "guest-os/kernel/balloon.h"
#include "guest-os/kernel/area.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/sched.h"
#include "guest-os/kernel/smp.h"
#include "guest-os/kernel/steal.h"
#include "guest-os/kernel/timer.h"
#include "lib/bitops.h"

#define DOUBT_PCT    25 /* of a CPU: the steal of who is away is told late, so a look may err by as much */
#define PATIENCE_MAX 16 /* looks between two trials */

static uint64_t last;                /* guest time of the last look; 0: there was none */
static uint64_t stolen_then[CPUS];   /* ns, at the last look */
static uint32_t patience = 1, quiet; /* looks to wait for before a trial, and looks waited */
static bool trial;                   /* the last look started a CPU */
static uint64_t *online_now, *least, *stops, *starts, *usable_pct;

void balloon_init(void)
{
    online_now = report_number("online");
    least = report_number("least");
    stops = report_number("stops");
    starts = report_number("starts");
    usable_pct = report_number("usable_pct");
    *least = bit_count(guest_cpus());
}

/* What the CPUs of the set were left with in `ns`, together, in percent of one. */
static uint64_t measure(uint64_t set, uint64_t ns)
{
    uint64_t left = 0;
    unsigned cpu;

    for_each_bit (cpu, set) {
        uint64_t stolen = steal_ns(cpu), taken = stolen - stolen_then[cpu];

        left += taken < ns ? ns - taken : 0;
        stolen_then[cpu] = stolen;
    }
    return left * 100 / ns;
}

static uint64_t whole_cpus(uint64_t pct)
{
    return pct > DOUBT_PCT ? (pct - DOUBT_PCT + 99) / 100 : 1;
}

/* Stops the highest. */
static void stop(uint64_t online, uint64_t count)
{
    uint64_t set = 0;

    for (; count; count--)
        set |= BIT(bit_highest(online & ~set));
    *stops += bit_count(set);
    sched_retire(set);
}

/* Starts the lowest of those that have stopped, if one has. */
static bool start_one(void)
{
    unsigned cpu;

    for_each_bit (cpu, guest_cpus())
        if (!__atomic_load_n(&cpus[cpu].online, __ATOMIC_ACQUIRE)) {
            stolen_then[cpu] = 0;
            smp_start_others(BIT(cpu));
            *starts += 1;
            return true;
        }
    return false;
}

static void adapt(uint64_t online, uint64_t usable)
{
    uint32_t count = bit_count(online);
    uint64_t keep = whole_cpus(usable);

    if (keep < count) {
        if (trial)
            patience = patience < PATIENCE_MAX ? 2 * patience : PATIENCE_MAX;
        trial = false;
        quiet = 0;
        stop(online, count - keep);
        return;
    }
    if (trial)
        patience = 1;
    trial = false;
    if (usable + DOUBT_PCT < 100 * count || ++quiet < patience)
        return;
    quiet = 0;
    trial = start_one();
}

void balloon_look(void)
{
    uint64_t now = time_now(), online = sched_online();
    uint64_t ns = last && now > last ? (now - last) * NS_PER_TICK : 0;

    last = now;
    if (!ns) {
        measure(online, 1);
        return;
    }
    *usable_pct = measure(online, ns);
    adapt(online, *usable_pct);
    *online_now = bit_count(sched_online());
    if (*online_now < *least)
        *least = *online_now;
}
