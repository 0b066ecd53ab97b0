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
    uint32_t id, hart;
    uint64_t stack_top; /* boot.S knows where this is */

    /* Accounting. */
    uint64_t begun;                 /* host ticks: the start of the run, machine.start_time */
    struct stint_pcpu_stats *stats; /* in the shared region */
    uint64_t now; /* host ticks: when the last exit was dealt with, or the last sleep ended. What
                                       the hypervisor does between two guests it does as of this moment. */

    /* Who runs. */
    struct vcpu *current; /* NULL: nobody, or about to idle */
    bool attention;     /* something came up: think before the next entry. Set last, by anyone; then a kick */
    bool ask_scheduler; /* what came up: who should run. Set by anyone, with attention */
    uint64_t came;      /* host ticks: since when `current` is here, for the scheduler's charge */
    uint64_t slice;     /* ns that the scheduler gave `current`, from the coming entry on; 0: begun */
    enum vcpu_wish {
        WISH_NONE,
        WISH_BLOCK,
        WISH_YIELD,
        WISH_OFFLINE
    } wish; /* of `current`, by its last exit; with
                                       attention */

    /* What the hart's registers hold. */
    struct vcpu *loaded;                    /* VS CSRs: the VCPU that came in last */
    struct vcpu *fp_owner;                  /* f0-f31: whose they are, live or saved; NULL: nobody's */
    struct vcpu *last_of_vm[STINT_MAX_VMS]; /* who of each VMID ran here last: stale translations are his */

    /* The trace ring, owned by this pCPU. */
    struct stint_event *ring; /* NULL: trace off */
    uint64_t ring_mask;

    /* Timers (clock.c). */
    struct spinlock timer_lock; /* guards the list; taken with no other lock held but a VM's */
    struct list timers;
    uint64_t first_deadline; /* of the list, as its owner last saw it or a later one; read without the lock */
    uint64_t slice_end, beat_end; /* host ticks */

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

/* The time since the run began that belongs to none of the three states given. */
static inline uint64_t pcpu_rest(const struct pcpu *p, uint64_t now, int a, int b, int c)
{
    const uint64_t *ticks = p->stats->ticks;
    return now - p->begun - ticks[a] - ticks[b] - ticks[c];
}

/*
 * The states of a pCPU follow each other like this, each named by the function that ends it at `now`.
 * A state's ticks are what the others leave of the time. While a guest is on, the state is GUEST all
 * along, and what exits take is added to the HYP ticks (run.c): that takes it out of GUEST.
 */
static inline void pcpu_end_guest(struct pcpu *p, uint64_t now)
{
    p->stats->ticks[STINT_PCPU_GUEST] = pcpu_rest(p, now, STINT_PCPU_HYP_VCPU, STINT_PCPU_HYP_SELF,
                                                  STINT_PCPU_IDLE);
    p->stats->state = STINT_PCPU_HYP_SELF;
}

static inline void pcpu_end_own_work(struct pcpu *p, uint64_t now, enum stint_pcpu_state next)
{
    p->stats->ticks[STINT_PCPU_HYP_SELF] = pcpu_rest(p, now, STINT_PCPU_GUEST, STINT_PCPU_HYP_VCPU,
                                                     STINT_PCPU_IDLE);
    p->stats->state = next;
}

static inline void pcpu_end_idle(struct pcpu *p, uint64_t now)
{
    p->stats->ticks[STINT_PCPU_IDLE] = pcpu_rest(p, now, STINT_PCPU_GUEST, STINT_PCPU_HYP_VCPU,
                                                 STINT_PCPU_HYP_SELF);
    p->stats->state = STINT_PCPU_HYP_SELF;
}

/* Ticks so far in which some VCPU ran here or was worked for, up to the last change of state. */
static inline uint64_t pcpu_vcpu_ticks(const struct pcpu *p)
{
    return p->stats->ticks[STINT_PCPU_GUEST] + p->stats->ticks[STINT_PCPU_HYP_VCPU];
}

/* This pCPU grants its current VCPU the wish before the next entry. */
static inline void pcpu_wish(struct pcpu *self, enum vcpu_wish wish)
{
    self->wish = wish;
    self->attention = true;
}

/* Makes these pCPUs, a bit each, think before their next entry of a guest, and at once if they are in one or sleep:
 * all but this one get an interrupt, a kick. */
void pcpu_alert(uint64_t ids);

/* Makes those pCPUs look again who should run of which the scheduler wants it. The caller holds no lock: a kick
 * may end the hart's turn (clock.h). */
void pcpu_ask_them(void);

/* Starts all harts but this one; returns when each of them is up and waits for machine.start_time. */
void pcpu_start_others(void);

/* machine.start_time is set: they may go. */
void pcpu_release_others(void);

/* This pCPU's accounting begins, at machine.start_time. */
void pcpu_begin(struct pcpu *self);

/* Sets up this hart's delegation, counters and timers; panics where the hart cannot host guests. */
void pcpu_init_hart(struct pcpu *p);

#endif
