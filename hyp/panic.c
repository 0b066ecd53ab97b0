/* SPDX-License-Identifier: MIT */
/*
 * When the hypervisor itself fails: what it knows goes to the shared region
 * and the console, then the machine is turned off. Nothing here takes a lock,
 * allocates, or believes a pointer that could be wrong; a second failure meanwhile turns the machine
 * off at once.
 */
#include "hyp/panic.h"
#include <stdarg.h>
#include "hyp/console.h"
#include "hyp/layout.h"
#include "hyp/machine.h"
#include "hyp/pcpu.h"
#include "lib/printf.h"
#include "lib/spinlock.h"
#include "lib/string.h"

#define LAST_EVENTS 8

struct regs panic_regs; /* switch.S saves them here */

static uint32_t panicking;

static const char *const register_names[32] = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

static const char *const event_names[] = {"-",     "exit", "run",   "leave", "wake", "migrate",
                                          "fence", "vm",   "delta", "kick",  "vcpu"};

static void line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void line(const char *fmt, ...)
{
    char text[160];
    va_list args;
    va_start(args, fmt);
    vformat(text, sizeof(text), fmt, args);
    va_end(args);
    console_print_raw(text);
}

static void begin(void)
{
    if (__atomic_exchange_n(&panicking, 1, __ATOMIC_SEQ_CST))
        machine_off();
}

static bool is_pcpu(const struct pcpu *p)
{
    for (uint32_t id = 0; id < STINT_MAX_PCPUS; id++)
        if (p == &pcpus[id])
            return true;
    return false;
}

static void print_last_events(void)
{
    struct pcpu *self = pcpu_self();
    if (!is_pcpu(self) || !self->stats || !self->ring)
        return;
    uint64_t head = self->stats->trace_head;
    line("the last events of pCPU %u:\n", self->id);
    for (uint64_t n = head > LAST_EVENTS ? head - LAST_EVENTS : 0; n < head; n++) {
        const struct stint_event *e = &self->ring[n & self->ring_mask];
        const char *name = e->type < sizeof(event_names) / sizeof(event_names[0]) ? event_names[e->type]
                                                                                  : "?";
        line("  %12lu  %-7s vcpu %u  arg %u  0x%lx 0x%lx\n", e->time, name, e->vcpu, e->arg, e->a, e->b);
    }
}

static void print_registers(const struct regs *regs)
{
    for (int n = 1; n < 32; n++)
        line("%4s %016lx%s", register_names[n], regs->x[n], n % 4 == 3 ? "\n" : "  ");
    line("\n");
}

static void finish(void) __attribute__((noreturn));
static void finish(void)
{
    print_last_events();
    if (machine.shared) {
        machine.shared->end = STINT_END_PANIC;
        machine.shared->end_time = rdtime();
        memcpy(machine.shared->magic, STINT_SHARED_MAGIC, sizeof(machine.shared->magic));
    }
    machine_off();
}

void panic(const char *why, ...)
{
    char text[256];
    va_list args;
    begin();
    va_start(args, why);
    vformat(text, sizeof(text), why, args);
    va_end(args);
    line("\n[stint] PANIC: %s\n", text);
    if (machine.shared)
        strlcpy(machine.shared->message, text, sizeof(machine.shared->message));
    finish();
}

static const char *meaning(uint64_t cause, uint64_t address)
{
    uint64_t sp = panic_regs.x[2];
    if (address >= (uint64_t)stacks_start && address < (uint64_t)stacks_end && address < sp + STACK_STRIDE)
        return "a stack overflowed";
    switch (cause) {
    case CAUSE_FETCH_PAGE: return "a jump to where no code is";
    case CAUSE_LOAD_PAGE: return "a read where nothing is mapped";
    case CAUSE_STORE_PAGE: return "a write where nothing is mapped, or where only reading is allowed";
    case CAUSE_ILLEGAL: return "an illegal instruction";
    case CAUSE_BREAKPOINT: return "a breakpoint";
    default: return "a trap in the hypervisor";
    }
}

void panic_trap(const struct regs *regs)
{
    uint64_t cause = csr_read(scause), address = csr_read(stval);
    begin();
    line("\n[stint] PANIC: %s: scause %lu, at pc 0x%lx, address 0x%lx\n", meaning(cause, address), cause,
         regs->pc, address);
    line("Find the line with: riscv64-unknown-elf-addr2line -e build/hyp/stint.elf 0x%lx\n", regs->pc);
    print_registers(regs);
    if (machine.shared)
        format(machine.shared->message, sizeof(machine.shared->message), "%s at pc 0x%lx, address 0x%lx",
               meaning(cause, address), regs->pc, address);
    finish();
}

void spin_stuck(struct spinlock *lock)
{
    panic("the lock at %p was not to be had: ticket %u is served, %u were drawn", (void *)lock, lock->serving,
          lock->next);
}
