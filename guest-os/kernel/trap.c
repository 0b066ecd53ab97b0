/* SPDX-License-Identifier: MIT */
/*
 * Traps of tasks: interrupts, system calls, and mistakes, which cost the task its life and nobody else. A
 * trap of the kernel itself is explained, and ends the machine.
 */
#include "guest-os/kernel/trap.h"
#include <stdint.h>
#include "guest-os/kernel/console.h"
#include "guest-os/kernel/csr.h"
#include "guest-os/kernel/panic.h"
#include "guest-os/kernel/sbi.h"
#include "guest-os/kernel/sched.h"
#include "guest-os/kernel/smp.h"
#include "guest-os/kernel/syscall.h"
#include "guest-os/kernel/vm.h"
#include "lib/bitops.h"

extern char trap_entry[]; /* trap.S */
__attribute__((noreturn)) void trap_from_kernel(uint64_t sp);

/* Privileged specification, table "Supervisor cause register (scause) values". */
static const char *const causes[] = {
    [0] = "jumped to a misaligned address",
    [1] = "executed where there is no memory",
    [2] = "executed an illegal instruction",
    [3] = "executed a breakpoint",
    [4] = "loaded from a misaligned address",
    [5] = "loaded where there is no memory",
    [6] = "stored to a misaligned address",
    [7] = "stored where there is no memory",
    [8] = "made a system call",
    [9] = "made an SBI call that nobody took",
    [12] = "executed from a page that it may not execute",
    [13] = "loaded from a page that it may not read",
    [15] = "stored to a page that it may not write",
};

static const char *cause_in_words(uint64_t cause)
{
    if (cause & CAUSE_INTERRUPT)
        return "was interrupted, though interrupts are off";
    if (cause < sizeof(causes) / sizeof(causes[0]) && causes[cause])
        return causes[cause];
    return "met an exception that the specification reserves";
}

void trap_init(void)
{
    csr_write(sscratch, 0);
    csr_write(stvec, trap_entry);
    csr_write(scounteren, SCOUNTEREN_TIME);
    csr_write(sie, BIT(INTERRUPT_SOFT) | BIT(INTERRUPT_TIMER));
    csr_clear(sstatus, SSTATUS_SPP | SSTATUS_SUM | SSTATUS_FS); /* sret goes to user mode, */
    csr_set(sstatus, SSTATUS_SPIE);                             /* with interrupts */
}

static void kill(struct task *task, uint64_t cause, uint64_t value)
{
    say("%s is killed: it %s (scause %llu, sepc 0x%llx, stval 0x%llx)", task->name, cause_in_words(cause),
        (unsigned long long)cause, (unsigned long long)task->frame.pc, (unsigned long long)value);
    task_report_end(task, "killed");
    sched_exit(this_cpu(), UINT64_MAX);
}

bool trap_handle(struct task *task)
{
    uint64_t cause = csr_read(scause);

    switch (cause) {
    case CAUSE_INTERRUPT | INTERRUPT_SOFT: smp_kicked(); return true;
    case CAUSE_INTERRUPT | INTERRUPT_TIMER: /* pending until schedule() sets it anew */ return true;
    case CAUSE_USER_CALL: task->frame.pc += 4; return syscall(task);
    default: kill(task, cause, csr_read(stval)); return true;
    }
}

/* From trap.S, on another stack: the kernel itself has trapped. `sp` is what its stack pointer was. */
void trap_from_kernel(uint64_t sp)
{
    static uint32_t crashes;
    const struct cpu *cpu = this_cpu();
    uint64_t cause = csr_read(scause), value = csr_read(stval);

    /* Again, while it told of the first crash, or on another hart? */
    if (__atomic_fetch_add(&crashes, 1, __ATOMIC_RELAXED))
        shutdown(SBI_SRST_REASON_FAILURE);
    say("the kernel has crashed on hart %u: it %s (scause 0x%llx)", cpu->id, cause_in_words(cause),
        (unsigned long long)cause);
    say("  sepc 0x%llx  stval 0x%llx  sp 0x%llx  task %s", (unsigned long long)csr_read(sepc),
        (unsigned long long)value, (unsigned long long)sp, cpu->current ? cpu->current->name : "none");
    if (vm_in_stack_guard(value))
        say("  stval is in the guard page below a stack: the stack has overflowed");
    shutdown(SBI_SRST_REASON_FAILURE);
}
