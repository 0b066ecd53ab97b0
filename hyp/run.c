/* SPDX-License-Identifier: MIT */
/*
 * The life of a pCPU: pick a VCPU, run it until it stops, handle why, again.
 *
 * Guests run with the pCPU's interrupts enabled, the hypervisor with all of them off: an interrupt
 * either ends a guest's run, or wakes an idle pCPU from wfi, and is looked at here in both cases.
 */
#include "hyp/run.h"
#include <stddef.h>
#include "hyp/clock.h"
#include "hyp/exit.h"
#include "hyp/machine.h"
#include "hyp/pcpu.h"
#include "hyp/trace.h"
#include "hyp/vcpu.h"

/* The exit that brought us here has been dealt with, at self->since. */
static inline void close_exit_record(struct pcpu *self)
{
    self->exit_event->b = self->since - self->exit_event->time;
}

/* Run time of the current VCPU that the scheduler has not been told yet, ns. */
static uint64_t uncharged(struct pcpu *self)
{
    uint64_t ticks = pcpu_vcpu_ticks(self);
    uint64_t ran = ticks - self->charged;
    self->charged = ticks;
    return ticks_to_ns(ran);
}

/* From here on the hypervisor works for itself. */
static void begin_own_work(struct pcpu *self)
{
    if (self->stats->state == STINT_PCPU_HYP_VCPU)
        pcpu_account(self, STINT_PCPU_HYP_VCPU, STINT_PCPU_HYP_SELF);
    close_exit_record(self);
}

void run_give_up(struct pcpu *self, enum stint_runstate next)
{
    struct vcpu *v = self->current;
    vcpu_save(v);
    vcpu_leave(self, v, next);
    self->current = NULL;
    self->ask_scheduler = true;
    sched_block(&machine.sched, self->id, uncharged(self), ticks_to_ns(self->since));
}

static void grant_wish(struct pcpu *self)
{
    enum vcpu_wish wish = self->wish;
    self->wish = WISH_NONE;
    if (wish == WISH_BLOCK)
        vcpu_block(self->current);
    else if (wish == WISH_OFFLINE)
        vcpu_offline(self->current);
    else if (wish == WISH_YIELD)
        sched_yield(&machine.sched, self->id, uncharged(self), ticks_to_ns(self->since));
}

/* The current VCPU, if there is one, goes back among the others; the scheduler names the next. */
static void ask_scheduler(struct pcpu *self)
{
    struct vcpu *last = self->current;
    if (last) {
        vcpu_save(last);
        vcpu_leave(self, last, STINT_RUNNABLE); /* before another pCPU can take it */
    }
    uint64_t now = ticks_to_ns(self->since);
    struct sched_decision decision;
    pcpu_ask(sched_pick(&machine.sched, self->id, uncharged(self), now, &decision));
    self->current = NULL;
    if (decision.vcpu) {
        self->current = container_of(decision.vcpu, struct vcpu, sched);
        self->exit_event = &self->no_event;
        vcpu_enter(self, self->current, decision.slice);
        clock_set_slice(self, self->since, decision.slice);
    }
}

/* All that may come between two runs of a guest, other than handling its exit. */
static struct vcpu *think_again(struct pcpu *self)
{
    begin_own_work(self);
    if (self->wish)
        grant_wish(self);
    while (self->ask_scheduler || (self->current && self->current->requests)) {
        if (machine_ends())
            machine_leave(self);
        if (self->current && self->current->requests) {
            vcpu_serve(self->current);
            continue;
        }
        __atomic_store_n(&self->ask_scheduler, false, __ATOMIC_SEQ_CST);
        ask_scheduler(self);
    }
    return self->current;
}

static inline struct vcpu *pick_next(struct pcpu *self)
{
    struct vcpu *v = self->current;
    if (__builtin_expect(v && !self->ask_scheduler && !v->requests, 1))
        return v;
    return think_again(self);
}

static inline uint64_t vcpu_run(struct pcpu *self, struct vcpu *v)
{
    pcpu_account(self, self->stats->state, STINT_PCPU_GUEST);
    close_exit_record(self);
    return guest_run(&v->regs);
}

/* Nobody wants to run here: sleep until an interrupt, and take it. */
static void idle(struct pcpu *self)
{
    csr_write(vsie, 0); /* a pending interrupt of the guest that was here must not wake us */
    self->loaded = NULL;
    clock_set_idle(self);
    pcpu_account(self, STINT_PCPU_HYP_SELF, STINT_PCPU_IDLE);
    machine_idles();
    if (!self->ask_scheduler)
        wfi();
    machine_wakes();
    pcpu_account(self, STINT_PCPU_IDLE, STINT_PCPU_HYP_SELF);
    take_interrupts(self);
}

void run_loop(struct pcpu *self)
{
    for (;;) {
        struct vcpu *v = pick_next(self);
        if (!v) {
            idle(self);
            continue;
        }
        uint64_t cause = vcpu_run(self, v);
        handle_exit(self, v, cause);
    }
}
