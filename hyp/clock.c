/* SPDX-License-Identifier: MIT */
/*
 * The one hardware timer of a pCPU, stimecmp, always holds the nearest of: the
 * first armed timer, the end of the slice, and the beat. Nothing polls.
 *
 * The beat: under QEMU's instruction counting several harts take turns as long as
 * the time to the next timer, so each busy pCPU of several keeps a short one,
 * or the others would stand still for whole slices.
 */
#include "hyp/clock.h"
#include <stddef.h>
#include "hyp/machine.h"
#include "hyp/panic.h"
#include "hyp/pcpu.h"
#include "sched/sched.h"

uint64_t clock_ns_per_tick;

void clock_init(uint32_t timebase_hz)
{
    if (timebase_hz == 0 || 1000000000U % timebase_hz != 0)
        panic("timer frequency %u Hz: a tick must be a whole number of ns", timebase_hz);
    clock_ns_per_tick = 1000000000U / timebase_hz;
}

uint64_t ns_to_ticks(uint64_t ns)
{
    return ns == SCHED_FOREVER ? CLOCK_NEVER : (ns + clock_ns_per_tick - 1) / clock_ns_per_tick;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t first_deadline(struct pcpu *p)
{
    return list_empty(&p->timers) ? CLOCK_NEVER : container_of(p->timers.next, struct timer, link)->deadline;
}

static void program(struct pcpu *p)
{
    uint64_t when = earlier(earlier(p->slice_end, p->beat_end), first_deadline(p));
    if (when != p->armed) {
        p->armed = when;
        csr_write(stimecmp, when);
    }
}

void timer_init(struct timer *t, void (*fire)(struct timer *))
{
    list_init(&t->link);
    t->pcpu = NULL;
    t->fire = fire;
}

void timer_cancel(struct timer *t)
{
    struct pcpu *p = t->pcpu;
    if (!p)
        return;
    spin_lock(&p->timer_lock);
    list_remove(&t->link);
    spin_unlock(&p->timer_lock);
}

void timer_arm(struct pcpu *self, struct timer *t, uint64_t deadline)
{
    timer_cancel(t);
    t->pcpu = self;
    t->deadline = deadline;
    spin_lock(&self->timer_lock);
    struct list *at;
    for (at = self->timers.next; at != &self->timers; at = at->next)
        if (container_of(at, struct timer, link)->deadline > deadline)
            break;
    list_insert_before(at, &t->link);
    program(self);
    spin_unlock(&self->timer_lock);
}

/* The first timer that is due, taken off the list; NULL: none. */
static struct timer *take_due(struct pcpu *p, uint64_t now)
{
    struct timer *due = NULL;
    spin_lock(&p->timer_lock);
    if (first_deadline(p) <= now) {
        due = container_of(p->timers.next, struct timer, link);
        list_remove(&due->link);
    }
    spin_unlock(&p->timer_lock);
    return due;
}

void clock_set_slice(struct pcpu *self, uint64_t now, uint64_t ns)
{
    self->slice_end = ns == SCHED_FOREVER ? CLOCK_NEVER : now + ns_to_ticks(ns);
    self->beat_end = machine.beat ? now + machine.beat : CLOCK_NEVER;
    spin_lock(&self->timer_lock);
    program(self);
    spin_unlock(&self->timer_lock);
}

void clock_set_idle(struct pcpu *self)
{
    self->slice_end = self->beat_end = CLOCK_NEVER;
    spin_lock(&self->timer_lock);
    program(self);
    spin_unlock(&self->timer_lock);
}

bool clock_interrupt(struct pcpu *self)
{
    bool idle_beat = true;
    uint64_t now = rdtime();
    for (struct timer *due; (due = take_due(self, now)) != NULL; idle_beat = false)
        due->fire(due);
    if (self->slice_end <= now) {
        self->slice_end = CLOCK_NEVER;
        self->ask_scheduler = self->attention = true;
        idle_beat = false;
    }
    if (self->beat_end <= now)
        self->beat_end = now + machine.beat;
    spin_lock(&self->timer_lock);
    self->armed = 0; /* the interrupt is pending until stimecmp is written */
    program(self);
    spin_unlock(&self->timer_lock);
    return idle_beat;
}

bool clock_is_quiet(struct pcpu *p)
{
    spin_lock(&p->timer_lock);
    bool quiet = list_empty(&p->timers);
    spin_unlock(&p->timer_lock);
    return quiet;
}
