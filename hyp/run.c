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
#include "hyp/vm.h"

/* What the scheduler charges the VCPU that leaves now, ns: all the time that nobody else could use, its exits
 * and what came of them included, so that a guest gains nothing by making the hypervisor work. */
static uint64_t charge(const struct pcpu *self)
{
    return ticks_to_ns(self->now - self->came);
}

void run_give_up(struct pcpu *self, enum stint_runstate next)
{
    struct vcpu *v = self->current;
    vcpu_save(v);
    vcpu_leave(self, v, next);
    self->current = NULL;
    self->ask_scheduler = self->attention = true;
    sched_block(&machine.sched, self->id, charge(self), machine_ns(self->now));
}

/* The current VCPU offers its place: the others are looked at. */
static void give_way(struct pcpu *self)
{
    sched_give_way(&machine.sched, self->id, charge(self), machine_ns(self->now));
    self->came = self->now;
    self->ask_scheduler = self->attention = true;
}

static void account_served(struct pcpu *self, uint64_t ticks)
{
    self->stats->ticks[STINT_PCPU_HYP_VCPU] += ticks;
    self->current->stats->served += ticks;
}

/* What the current VCPU wished for, and what others ask of it. Unless it leaves for that, this is work for it
 * like the handling of an exit. */
static __attribute__((noinline)) void serve_current(struct pcpu *self)
{
    struct vcpu *v = self->current;
    enum vcpu_wish wish = self->wish;
    self->wish = WISH_NONE;
    if (wish == WISH_BLOCK)
        vcpu_block(v);
    else if (wish == WISH_YIELD)
        give_way(self);
    else if (wish == WISH_OFFLINE)
        vcpu_offline(v);
    if (self->current && v->requests)
        vcpu_serve(v);
    if (self->current) {
        uint64_t now = rdtime();
        account_served(self, now - self->now);
        self->now = now;
    }
}

/* The current VCPU, if there is one, goes back among the others; the scheduler names the next. */
static void ask_scheduler(struct pcpu *self)
{
    struct vcpu *last = self->current;
    __atomic_store_n(&self->ask_scheduler, false, __ATOMIC_SEQ_CST);
    uint64_t ran = 0;
    if (last) {
        vcpu_save(last);
        vcpu_leave(self, last, STINT_RUNNABLE); /* before another pCPU can take it */
        ran = charge(self);
    }
    struct sched_decision decision;
    sched_pick(&machine.sched, self->id, ran, machine_ns(self->now), &decision);
    machine_ask();
    self->current = NULL;
    if (decision.vcpu) {
        self->current = container_of(decision.vcpu, struct vcpu, sched);
        vcpu_enter(self, self->current, decision.slice);
        self->slice = decision.slice;
        self->came = self->now;
        if (self->current->requests)
            self->attention = true;
    } else {
        clock_set_idle(self, self->now, decision.slice);
    }
}

static __attribute__((noinline)) void tell(struct pcpu *self, uint64_t now)
{
    vcpu_tell(self, self->current, now);
    account_served(self, rdtime() - now);
}

/* A slice that the scheduler has just given begins now, so that its end finds it used up. */
static void return_to_guest(struct pcpu *self)
{
    uint64_t now = rdtime();
    pcpu_end_own_work(self, now, STINT_PCPU_GUEST);
    if (self->slice) {
        clock_set_slice(self, now, self->slice);
        self->came = now;
        self->slice = 0;
    }
    if (__builtin_expect(self->current->is_told, false))
        tell(self, now);
    clock_program(self);
}

/* All that may come between two runs of a guest, other than handling its exit. The guest's time ended with
 * that; from then on the hypervisor works for itself. */
static void think_again(struct pcpu *self)
{
    if (self->stats->state == STINT_PCPU_GUEST)
        pcpu_end_guest(self, self->now);
    while (self->attention) {
        __atomic_store_n(&self->attention, false, __ATOMIC_SEQ_CST);
        if (machine_ends())
            machine_leave(self);
        if (self->current && (self->wish || self->current->requests))
            serve_current(self);
        if (self->ask_scheduler)
            ask_scheduler(self);
    }
    if (self->current)
        return_to_guest(self);
}

static inline struct vcpu *pick_next(struct pcpu *self)
{
    if (__builtin_expect(self->attention, false))
        think_again(self);
    return self->current;
}

/* Nobody wants to run here: sleep until an interrupt, and take it. */
static void idle(struct pcpu *self)
{
    self->stats->vcpu = STINT_NO_VCPU;
    csr_write(vsie, 0); /* a pending interrupt of the guest that was here must not wake us */
    self->loaded = NULL;
    pcpu_end_own_work(self, rdtime(), STINT_PCPU_IDLE);
    clock_program(self);
    machine_idles();
    if (!self->attention)
        wfi();
    machine_wakes();
    self->now = rdtime();
    pcpu_end_idle(self, self->now);
    take_interrupts(self);
}

/* The exit that began at `began` has been dealt with: for the VCPU, or, if it was an interrupt, for the
 * hypervisor itself. */
static inline void account_exit(struct pcpu *self, struct vcpu *v, uint64_t cause, exit_class class,
                                uint64_t pc, uint64_t began)
{
    uint64_t now = rdtime();
    self->now = now;
    self->stats->ticks[STINT_PCPU_HYP_VCPU + (cause >> 63)] += now - began;
    v->stats->exits[class]++;
    v->stats->exit_ticks[class] += now - began;
    trace(self, began, STINT_EV_EXIT, v->index, class, pc, now - began);
}

void run_loop(struct pcpu *self)
{
    for (;;) {
        struct vcpu *v = pick_next(self);
        if (!v) {
            idle(self);
            continue;
        }
        uint64_t cause = guest_run(&v->regs);
        uint64_t began = rdtime();
        v = self->current; /* the same; but no register has survived */
        uint64_t pc = v->regs.pc;
        exit_class class = handle_exit(v, cause);
        account_exit(self, v, cause, class, pc, began);
    }
}
