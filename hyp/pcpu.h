/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor keeps of each pCPU. In the hypervisor, tp points to the
 * struct of the pCPU that executes.
 */
#ifndef HYP_PCPU_H
#define HYP_PCPU_H

#include <stdbool.h>
#include <stdint.h>
#include <stint/shared.h>
#include "hyp/riscv.h"
#include "lib/list.h"
#include "lib/spinlock.h"

struct vcpu;
struct vm;

struct pcpu {
    uint64_t trap_save[2];          /* first: PCPU_TRAP_SAVE of switch.S */
    uint32_t id, hart;
    uint64_t stack_top;             /* boot.S knows where this is */

    /* Accounting. */
    struct stint_pcpu_stats *stats; /* in the shared region */
    uint64_t since;                 /* host ticks; what passed since then belongs to stats->state */

    /* Who runs. */
    struct vcpu *current;           /* NULL: nobody, or about to idle */
    bool ask_scheduler;             /* set by anyone, then a kick; cleared by this pCPU when it asks */
    uint64_t charged;               /* pcpu_vcpu_ticks up to which the scheduler was told */
    enum vcpu_wish { WISH_NONE, WISH_BLOCK, WISH_YIELD, WISH_OFFLINE } wish; /* of `current`, by its last exit; then
                                       ask_scheduler is set */

    /* What the hart's registers hold. */
    struct vcpu *loaded;            /* VS CSRs: the VCPU that came in last */
    struct vcpu *fp_owner;          /* f0-f31: whose they are, live or saved; NULL: nobody's */
    struct vcpu *last_of_vm[STINT_MAX_VMS]; /* who of each VMID ran here last: stale translations are his */

    /* The trace ring, owned by this pCPU. */
    struct stint_event *ring;       /* NULL: trace off */
    uint64_t ring_mask;
    struct stint_event *exit_event; /* the record of the last exit, whose length is not known yet; never NULL */
    struct stint_event no_event;

    /* Timers (clock.c). */
    struct spinlock timer_lock;     /* guards the list; taken with no other lock held but a VM's */
    struct list timers;
    uint64_t slice_end, beat_end, armed; /* host ticks; armed: what stimecmp holds */

    bool started, ended;
};

extern struct pcpu pcpus[STINT_MAX_PCPUS];
extern uint32_t pcpu_count;

static inline struct pcpu *pcpu_self(void)
{
    register struct pcpu *tp asm("tp");
    asm volatile("" : "=r"(tp));
    return tp;
}

/* The time up to now belonged to `last`, from now on it belongs to `next`. On its own pCPU. */
static inline void pcpu_account(struct pcpu *p, enum stint_pcpu_state last, enum stint_pcpu_state next)
{
    uint64_t now = rdtime();
    p->stats->ticks[last] += now - p->since;
    p->stats->state = next;
    p->since = now;
}

/* Ticks so far in which some VCPU ran here or was worked for. Up to p->since. */
static inline uint64_t pcpu_vcpu_ticks(const struct pcpu *p)
{
    return p->stats->ticks[STINT_PCPU_GUEST] + p->stats->ticks[STINT_PCPU_HYP_VCPU];
}

/* Sends pCPU `id` an interrupt, which ends its guest's run or its idling. Not to oneself. */
void pcpu_kick(uint32_t id);

/* Asks pCPU `id` to look again who should run; SCHED_NO_PCPU: nobody to ask. */
void pcpu_ask(uint32_t id);

/* Starts all harts but this one; returns when all are in pcpu_loop's company. */
void pcpu_start_others(void);

/* This pCPU's accounting begins, at machine.start_time. */
void pcpu_begin(struct pcpu *self);

/* Sets up this hart's trap vector, delegation and counters, and where its accounting begins. */
void pcpu_init_hart(struct pcpu *p);

#endif
