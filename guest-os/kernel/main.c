/* SPDX-License-Identifier: MIT */
/*
 * From the first instruction in C to the first task, and the loop in which each CPU spends its life.
 */
#include "guest-os/kernel/account.h"
#include "guest-os/kernel/area.h"
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/console.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/machine.h"
#include "guest-os/kernel/panic.h"
#include "guest-os/kernel/sbi.h"
#include "guest-os/kernel/sched.h"
#include "guest-os/kernel/smp.h"
#include "guest-os/kernel/steal.h"
#include "guest-os/kernel/timer.h"
#include "guest-os/kernel/trap.h"
#include "guest-os/kernel/vm.h"
#include "guest-os/kernel/watch.h"
#include "guest-os/policy/policy.h"
#include "lib/bitops.h"

/* From entry.S, each on its hart's own stack. */
__attribute__((noreturn)) void kernel_main(uint64_t hart, const void *tree);
__attribute__((noreturn)) void kernel_main_other(struct cpu *cpu);
__attribute__((noreturn)) void too_many_harts(uint64_t hart);

struct cpu cpus[CPUS];
static struct machine machine;
static uint64_t started; /* guest time */
static uint64_t *elapsed_ns;

static void set_this_cpu(struct cpu *cpu)
{
    __asm__ volatile("mv tp, %0" ::"r"(cpu));
}

__attribute__((noreturn)) static void cpu_loop(struct cpu *cpu)
{
    for (;;) {
        struct task *task = schedule(cpu);

        do {
            account(cpu, ACCOUNT_SYSTEM);
            user_run(&task->frame);
            account_task(cpu, task);
        } while (!trap_handle(task));
    }
}

static void start_guest(void)
{
    sched_init(guest.policy);
    args_read(machine.args, watch_arguments);
    if (guest.start)
        guest.start();
    if (!sched_working())
        args_refuse("at least one task");
    say("%s: %u task%s on %u CPU%s, policy %s", guest.name, task_count(), task_count() == 1 ? "" : "s",
        bit_count(machine.harts), bit_count(machine.harts) == 1 ? "" : "s", guest.policy->name);
}

void kernel_main(uint64_t hart, const void *tree)
{
    struct cpu *cpu = &cpus[hart];

    set_this_cpu(cpu);
    cpu->id = (uint32_t)hart;
    started = time_now();
    trap_init();
    console_init();
    machine_read(&machine, tree);
    timer_init(machine.sstc);
    vm_init();
    vm_on(cpu);
    area_init(bit_highest(machine.harts) + 1);
    area_register();
    elapsed_ns = report_number("elapsed_ns");
    account_init();
    steal_init(cpu);
    account_cpu_init(cpu);
    sched_cpu_init(cpu);
    start_guest();
    smp_start_others(machine.harts);
    cpu_loop(cpu);
}

void kernel_main_other(struct cpu *cpu)
{
    set_this_cpu(cpu);
    cpu->id = (uint32_t)(cpu - cpus);
    trap_init();
    vm_on(cpu);
    steal_init(cpu);
    account_cpu_init(cpu);
    sched_cpu_init(cpu);
    cpu_loop(cpu);
}

void too_many_harts(uint64_t hart)
{
    console_init();
    panic("the boot hart has id %llu; this kernel knows those below %d", (unsigned long long)hart, CPUS);
}

uint64_t guest_cpus(void)
{
    return machine.harts;
}

void guest_elapsed(uint64_t now)
{
    *elapsed_ns = (now - started) * NS_PER_TICK;
}

void guest_end(void)
{
    uint64_t now = time_now();

    guest_elapsed(now);
    account(this_cpu(), ACCOUNT_SYSTEM);
    account_show_at_once(now);
    say("%s: all tasks have ended", guest.name);
    shutdown(SBI_SRST_REASON_NONE);
}
