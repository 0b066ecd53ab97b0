/* SPDX-License-Identifier: MIT */
/*
 * Counting time, and the percentages that people know from `sar` and `top`.
 */
#include "guest-os/kernel/account.h"
#include "guest-os/kernel/area.h"
#include "guest-os/kernel/cpu.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/report.h"
#include "guest-os/kernel/steal.h"
#include "guest-os/kernel/task.h"
#include "guest-os/kernel/timer.h"
#include "lib/bitops.h"
#include "lib/string.h"

#define SHOW_TICKS (10 * 1000 * 1000 / NS_PER_TICK) /* between two looks at the numbers of everybody */

static uint64_t began; /* guest time */
static uint64_t next_show;
static uint32_t showing; /* some CPU is at it */
static uint64_t *pct[ACCOUNT_KINDS], *stolen_ns;

void account_init(void)
{
    static const char *const names[] = {[ACCOUNT_USER] = "user_pct",
                                        [ACCOUNT_SYSTEM] = "system_pct",
                                        [ACCOUNT_STEAL] = "steal_pct",
                                        [ACCOUNT_IDLE] = "idle_pct"};

    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
        pct[kind] = report_number(names[kind]);
    stolen_ns = report_number("stolen_ns");
}

void account_cpu_init(struct cpu *cpu)
{
    cpu->account.record = &steal_page.of[cpu->id];
    cpu->account.since = time_now();
    cpu->account.charged = cpu->account.sequence = 0;
    if (!began)
        began = cpu->account.since;
}

void account_task_init(struct task *task)
{
    task->account.blind_pct = report_of_task(task->id, "top_blind_pct");
    task->account.aware_pct = report_of_task(task->id, "top_aware_pct");
}

/* BEGIN SOLUTION 8.charge */
/* What was stolen of the time that passed. Steal that is told but did not fit in is left for the next time: the CPU was
 * away between the look at the clock and this one. */
static uint64_t charge_stolen(struct account *account, enum account_kind kind, uint64_t passed)
{
    uint64_t steal;

    account->sequence = __atomic_load_n(&account->record->sequence, __ATOMIC_RELAXED);
    steal = sbi_sta_steal(account->record) - account->charged;
    account->owes = steal > passed;
    if (account->owes)
        steal = passed;
    account->charged += steal;
    account->times.ns[ACCOUNT_STEAL] += steal;
    account->times.stolen[kind] += steal;
    return steal;
}

/* Returns the ns that were not stolen. Nothing is, mostly, and then the record has not been written. */
static inline uint64_t charge(struct cpu *cpu, enum account_kind kind)
{
    struct account *account = &cpu->account;
    uint64_t now = time_now(), passed = (now - account->since) * NS_PER_TICK;

    account->since = now;
    if (__atomic_load_n(&account->record->sequence, __ATOMIC_RELAXED) != account->sequence || account->owes)
        passed -= charge_stolen(account, kind, passed);
    account->times.ns[kind] += passed;
    return passed;
}
/* END SOLUTION */

void account(struct cpu *cpu, enum account_kind kind)
{
    charge(cpu, kind);
}

/* BEGIN SOLUTION 8.task */
void account_task(struct cpu *cpu, struct task *task)
{
    const uint64_t *steal = &cpu->account.times.ns[ACCOUNT_STEAL];
    uint64_t stolen = *steal;

    task->account.ran_ns += charge(cpu, ACCOUNT_USER);
    task->account.stolen_ns += *steal - stolen;
}
/* END SOLUTION */

static uint64_t percent(uint64_t part, uint64_t whole)
{
    return whole ? (part * 100 + whole / 2) / whole : 0;
}

/* Of one that waits the account has not been brought up to date since it began to. If it has been woken and is still
 * away, it waited until its timer or a kick woke it. */
static uint64_t waited_ns(const struct cpu *cpu, uint64_t now)
{
    uint64_t until = now;

    if (!cpu->online || !cpu->idle)
        return 0;
    if (cpu->account.record->preempted) {
        until = cpu->kicked && cpu->kicked_at < cpu->armed ? cpu->kicked_at : cpu->armed;
        if (until > now)
            return 0;
    }
    return until > cpu->account.since ? (until - cpu->account.since) * NS_PER_TICK : 0;
}

void account_of_cpu(const struct cpu *cpu, uint64_t now, struct cpu_times *times)
{
    *times = cpu->account.times;
    times->ns[ACCOUNT_IDLE] += waited_ns(cpu, now);
}

void account_of_task(const struct task *task, struct task_times *times)
{
    times->ran_ns = task->account.ran_ns;
    times->stolen_ns = task->account.stolen_ns;
    times->state = task->state;
    memcpy(times->name, task->name, sizeof(times->name));
}

static void show_cpus(uint64_t now)
{
    uint64_t ns[ACCOUNT_KINDS] = {0}, whole = 0;
    unsigned id;

    for_each_bit (id, guest_cpus()) {
        struct cpu_times times;

        account_of_cpu(&cpus[id], now, &times);
        for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
            ns[kind] += times.ns[kind];
    }
    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
        whole += ns[kind];
    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
        *pct[kind] = percent(ns[kind], whole);
    *stolen_ns = ns[ACCOUNT_STEAL];
}

void account_show_at_once(uint64_t now)
{
    uint64_t whole = (now - began) * NS_PER_TICK;

    if (__atomic_exchange_n(&showing, 1, __ATOMIC_ACQUIRE))
        return;
    next_show = now + SHOW_TICKS;
    show_cpus(now);
    for (uint32_t id = 0; id < task_count(); id++) {
        const struct task_account *task = &task_numbered(id)->account;

        /* BEGIN SOLUTION 8.tops */
        *task->blind_pct = percent(task->ran_ns + task->stolen_ns, whole);
        *task->aware_pct = percent(task->ran_ns, whole);
        /* END SOLUTION */
    }
    __atomic_store_n(&showing, 0, __ATOMIC_RELEASE);
}

void account_show(uint64_t now)
{
    if (now >= next_show)
        account_show_at_once(now);
}
