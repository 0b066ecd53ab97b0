/* SPDX-License-Identifier: MIT */
/*
 * The kernel's accounting (guest-os/kernel/account.c), fed with prepared records instead of a hypervisor's: what it
 * makes of each stretch of time can be said to the microsecond. Arguments, all of them us: spent, stolen, more; see
 * the steps below. What each step has changed is in the report, in ns.
 */
#include "guest-os/kernel/account.h"
#include "guest-os/kernel/cpu.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/steal.h"
#include "guest-os/kernel/task.h"
#include "lib/printf.h"
#include "tests/guests/frame/frame.h"

#define US_TICKS 10      /* of a microsecond */
#define SECOND   1000000 /* us */
#define STEPS    16      /* at most */

/* ---- What account.c wants of the rest of the kernel ---- */

struct cpu cpus[CPUS];
struct steal_page steal_page;
static struct task tasks[2];

uint64_t guest_cpus(void)
{
    return 3;
}

uint32_t task_count(void)
{
    return 2;
}

struct task *task_numbered(uint32_t id)
{
    return &tasks[id];
}

/* ---- Steps ---- */

/* All that an account has, to see what a step changes of it. */
struct sums {
    uint64_t ran, stolen_of_task;
    struct cpu_times times;
};

/* What is done. It is told when all is: to tell takes longer than a short step. */
static struct done {
    const char *step;
    struct sums before, now;
} done[STEPS];
static uint32_t steps;

static struct sums sums_of(uint32_t id)
{
    return (struct sums){.ran = tasks[id].account.ran_ns,
                         .stolen_of_task = tasks[id].account.stolen_ns,
                         .times = cpus[id].account.times};
}

static void tell(const char *step, const char *what, uint64_t before, uint64_t now)
{
    char name[40];

    format(name, sizeof(name), "%s.%s", step, what);
    *report_signed(name) = (int64_t)(now - before);
}

static void tell_changes(const struct done *done)
{
    static const char *const kinds[] = {[ACCOUNT_USER] = "user",
                                        [ACCOUNT_SYSTEM] = "system",
                                        [ACCOUNT_STEAL] = "steal",
                                        [ACCOUNT_IDLE] = "idle"};
    static const char *const stolen[] = {[ACCOUNT_USER] = "stolen_user",
                                         [ACCOUNT_SYSTEM] = "stolen_system",
                                         [ACCOUNT_STEAL] = "stolen_steal",
                                         [ACCOUNT_IDLE] = "stolen_idle"};
    const struct sums *before = &done->before, *now = &done->now;

    tell(done->step, "ran", before->ran, now->ran);
    tell(done->step, "stolen_of_task", before->stolen_of_task, now->stolen_of_task);
    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++) {
        tell(done->step, kinds[kind], before->times.ns[kind], now->times.ns[kind]);
        tell(done->step, stolen[kind], before->times.stolen[kind], now->times.stolen[kind]);
    }
}

/* So many ns more were stolen from that CPU, as a hypervisor says it. */
static void steal(uint32_t id, uint64_t ns)
{
    struct sbi_sta *record = &steal_page.of[id];

    __atomic_store_n(&record->sequence, record->sequence + 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&record->steal, record->steal + ns, __ATOMIC_SEQ_CST);
    __atomic_store_n(&record->sequence, record->sequence + 1, __ATOMIC_SEQ_CST);
}

/* Time passes, and of it some is stolen; then the account is asked, for the CPU's task or for the kind. */
static void step(const char *name, uint32_t id, enum account_kind kind, uint64_t us, uint64_t stolen_us)
{
    struct sums before = sums_of(id);

    spin_until(cpus[id].account.since + us * US_TICKS);
    if (stolen_us)
        steal(id, stolen_us * 1000);
    if (kind == ACCOUNT_USER)
        account_task(&cpus[id], &tasks[id]);
    else
        account(&cpus[id], kind);
    done[steps++] = (struct done){.step = name, .before = before, .now = sums_of(id)};
}

/* To spin so long would take the host long, too. sstatus.SIE is off: the timer ends a WFI, and nobody takes it. */
static void sleep_until(uint64_t when)
{
    csr_set(sie, 1UL << IRQ_TIMER);
    csr_write(stimecmp, when);
    while (rdtime() < when)
        __asm__ volatile("wfi");
    csr_write(stimecmp, ~0UL);
}

static void begin(uint32_t id)
{
    tasks[id].id = id;
    cpus[id].id = id;
    account_cpu_init(&cpus[id]);
    account_task_init(&tasks[id]);
}

int test_main(void)
{
    uint64_t spent = arg_number("spent", 1000), stolen = arg_number("stolen", 300),
             more = arg_number("more", 200);

    area_register();
    account_init();
    begin(0);
    step("quiet", 0, ACCOUNT_USER, spent, 0);
    step("robbed", 0, ACCOUNT_USER, spent, stolen);
    step("again", 0, ACCOUNT_USER, spent, stolen);
    step("kernel", 0, ACCOUNT_SYSTEM, spent, stolen);
    step("waits", 0, ACCOUNT_IDLE, spent, stolen);
    step("sleeps", 0, ACCOUNT_IDLE, spent, 0);
    sleep_until(cpus[0].account.since + 6UL * SECOND * US_TICKS);
    step("long", 0, ACCOUNT_USER, 6UL * SECOND + spent, 5UL * SECOND);
    step("late", 0, ACCOUNT_USER, stolen, stolen + spent + more); /* more is told than time has passed, */
    step("still", 0, ACCOUNT_USER, spent, 0);                     /* also more than passes now, */
    step("rest", 0, ACCOUNT_USER, spent, 0);                      /* the rest is still owed, */
    step("paid", 0, ACCOUNT_USER, spent, 0);                      /* and now it is paid */
    begin(1);
    steal(0, 5000000); /* from another CPU */
    step("other", 1, ACCOUNT_USER, spent, more);
    for (uint32_t i = 0; i < steps; i++)
        tell_changes(&done[i]);
    return 0;
}
