/* SPDX-License-Identifier: MIT */
/*
 * The one hardware timer of a pCPU, stimecmp, holds the nearest of: the first
 * armed timer, the end of the slice, and the beat. It is written in one place, clock_program, on the
 * way to a guest or to sleep. Nothing polls.
 *
 * The beat: under QEMU's instruction counting several harts take turns as long as
 * the time to the next timer, so each busy pCPU of several keeps a short one,
 * or the others would stand still for whole slices. There, writing stimecmp may also end the hart's turn:
 * another reason to do it last, when the time is no longer the hypervisor's. In the hypervisor the beat may pass
 * and have no successor, on all harts at once, because nobody uses up the long turn that follows: work there is
 * short, and whoever waits for another hart naps.
 */
#include "hyp/clock.h"
#include <stddef.h>
#include "hyp/machine.h"
#include "hyp/panic.h"
#include "hyp/pcpu.h"
#include "sched/sched.h"

#define NAP_NS 10000

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

void clock_program(const struct pcpu *self)
{
    csr_write(stimecmp, earlier(earlier(self->slice_end, self->beat_end), self->first_deadline));
}

/* The first timer of the list; under its lock. */
static struct timer *first(const struct pcpu *p)
{
    return container_of(p->timers.next, struct timer, link);
}

/* After a change of this pCPU's own list; under its lock. A timer that another pCPU cancels stays in
 * first_deadline: one interrupt for nothing. */
static void note_first_deadline(struct pcpu *self)
{
    self->first_deadline = list_empty(&self->timers) ? CLOCK_NEVER : first(self)->deadline;
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
    note_first_deadline(self);
    spin_unlock(&self->timer_lock);
}

bool timer_is_armed(const struct timer *t)
{
    return __atomic_load_n(&t->link.next, __ATOMIC_ACQUIRE) != &t->link;
}

/* The first timer that is due, taken off the list; NULL: none. */
static struct timer *take_due(struct pcpu *self, uint64_t now)
{
    struct timer *due = NULL;
    spin_lock(&self->timer_lock);
    if (!list_empty(&self->timers) && first(self)->deadline <= now) {
        due = first(self);
        list_remove(&due->link);
    }
    note_first_deadline(self);
    spin_unlock(&self->timer_lock);
    return due;
}

void clock_come_back(struct pcpu *self, uint64_t when)
{
    self->beat_end = earlier(self->beat_end, when);
}

void clock_nap(void)
{
    csr_clear(sip, 1UL << IRQ_S_SOFT);
    csr_write(stimecmp, rdtime() + ns_to_ticks(NAP_NS));
    wfi();
}

/* Under instruction counting who holds the lock may have lost its turn in the midst of it, and who waits would
 * have the next one without end: all timers may have passed. */
void spin_wait(void)
{
    clock_nap();
    pcpu_self()->attention = true; /* the timer must be set again */
}

static void set_slice_end(struct pcpu *self, uint64_t now, uint64_t ns)
{
    uint64_t end = ns == SCHED_FOREVER ? CLOCK_NEVER : now + ns_to_ticks(ns);
    __atomic_store_n(&self->slice_end, end, __ATOMIC_RELAXED);
}

void clock_set_slice(struct pcpu *self, uint64_t now, uint64_t ns)
{
    set_slice_end(self, now, ns);
    self->beat_end = machine.beat ? now + machine.beat : CLOCK_NEVER;
}

void clock_set_idle(struct pcpu *self, uint64_t now, uint64_t ns)
{
    set_slice_end(self, now, ns);
    self->beat_end = CLOCK_NEVER;
}

static void fire_due(struct pcpu *self, uint64_t now) __attribute__((noinline));
static void fire_due(struct pcpu *self, uint64_t now)
{
    while (self->first_deadline <= now) {
        struct timer *due = take_due(self, now);
        if (due)
            due->fire(due);
    }
}

bool clock_interrupt(struct pcpu *self)
{
    uint64_t now = rdtime();
    bool slice_ends = self->slice_end <= now, timer_due = self->first_deadline <= now;
    if (slice_ends) {
        self->slice_end = CLOCK_NEVER;
        self->ask_scheduler = true;
    }
    if (self->beat_end <= now)
        self->beat_end = machine.beat ? now + machine.beat : CLOCK_NEVER;
    if (timer_due)
        fire_due(self, now);
    self->attention = true; /* at the least, the timer must be set again */
    return !slice_ends && !timer_due;
}

bool clock_is_quiet(struct pcpu *p)
{
    spin_lock(&p->timer_lock);
    bool quiet = list_empty(&p->timers) && __atomic_load_n(&p->slice_end, __ATOMIC_RELAXED) == CLOCK_NEVER;
    spin_unlock(&p->timer_lock);
    return quiet;
}
