/* SPDX-License-Identifier: MIT */
/*
 * The three clocks of a VM. See guest_clock.h, and docs/clocks.md for why.
 *
 * A blocked VCPU is woken by a timer in host time. When htimedelta changes, its deadline moves: the timers of all
 * blocked siblings are armed anew. While the clock stands still none comes due; those that fire all the same are
 * armed anew when it goes on.
 *
 * pCPUs come here one after the other, but the moments of which they tell may be in another order: what one did it
 * did as of pcpu->now, some time ago.
 */
#include "hyp/guest_clock.h"
#include "hyp/clock.h"
#include "hyp/pcpu.h"
#include "hyp/riscv.h"
#include "hyp/trace.h"
#include "hyp/vcpu.h"
#include "hyp/vm.h"

#define STEP_NS 100000 /* how long it goes on at most before the next step, while it is behind */

/* BEGIN SOLUTION 4.deadline */
uint64_t guest_clock_deadline(const struct vcpu *v)
{
    if (!(v->vs.vsie & 1UL << IRQ_S_TIMER))
        return CLOCK_NEVER;
    uint64_t host = v->vs.vstimecmp - v->vm->htimedelta;
    return host < v->vs.vstimecmp ? CLOCK_NEVER : host;
}
/* END SOLUTION */

void guest_clock_start(struct vm *vm, uint64_t now)
{
    struct guest_clock *clock = &vm->clock;
    clock->moves = vm->config->clock != SCENARIO_CLOCK_REAL;
    clock->rate = vm->config->clock == SCENARIO_CLOCK_CATCHUP ? vm->config->rate : 1;
    clock->running = clock->waiting = 0;
    clock->left = clock->frozen = clock->behind = clock->stepped = 0;
    vm->htimedelta = vm->stats->htimedelta = -now;
    trace(pcpu_self(), now, STINT_EV_DELTA, STINT_NO_VCPU, 0, vm->index, vm->htimedelta);
}

/* ---- All under the clock's lock ---- */

static void arm(struct pcpu *self, struct vcpu *v)
{
    uint64_t deadline = guest_clock_deadline(v);
    if (deadline == CLOCK_NEVER)
        timer_cancel(&v->timer);
    else
        timer_arm(self, &v->timer, deadline);
}

static void arm_all(struct pcpu *self, struct vm *vm)
{
    for (uint32_t id = 0; id < vm->vcpu_count; id++)
        if (__atomic_load_n(&vm->vcpus[id].waiting, __ATOMIC_SEQ_CST))
            arm(self, &vm->vcpus[id]);
}

static void set_delta(struct pcpu *self, struct vm *vm, uint64_t now, uint64_t delta)
{
    vm->htimedelta = vm->stats->htimedelta = delta;
    trace(self, now, STINT_EV_DELTA, STINT_NO_VCPU, 0, vm->index, delta);
    arm_all(self, vm);
}

/* BEGIN SOLUTION 4.freeze */
/* Some VCPU waits and none runs: it stands still from now on; but not from before the last of them stopped. */
static void freeze_if_alone(struct guest_clock *clock, uint64_t now)
{
    if (clock->running == 0 && clock->waiting > 0 && !clock->frozen)
        clock->frozen = now > clock->left ? now : clock->left;
}

static uint64_t stood_still(const struct guest_clock *clock, uint64_t now)
{
    return clock->frozen && now > clock->frozen ? now - clock->frozen : 0;
}

/* It goes on where it stopped. */
static void thaw(struct pcpu *self, struct vm *vm, uint64_t now)
{
    struct guest_clock *clock = &vm->clock;
    uint64_t stood = stood_still(clock, now);
    if (!clock->frozen)
        return;
    clock->frozen = 0;
    if (stood == 0) {
        arm_all(self, vm);
        return;
    }
    set_delta(self, vm, now, vm->htimedelta - stood);
    if (clock->behind == 0)
        clock->stepped = now + vm->htimedelta;
    clock->behind += stood;
}
/* END SOLUTION */

/* BEGIN SOLUTION 4.step */
/* What has passed since the last step, (rate - 1) times again, but no further than real time; and none while a
 * sibling runs. Returns the step. */
static uint64_t step(struct pcpu *self, struct vm *vm, uint64_t now)
{
    struct guest_clock *clock = &vm->clock;
    uint64_t guest = now + vm->htimedelta, passed = guest > clock->stepped ? guest - clock->stepped : 0;
    uint64_t step = clock->running == 1 ? passed * (clock->rate - 1) : 0;
    if (step > clock->behind)
        step = clock->behind;
    if (step) {
        clock->behind -= step;
        clock->stepped = guest + step;
        set_delta(self, vm, now, vm->htimedelta + step);
    }
    return step;
}
/* END SOLUTION */

/* ---- The VCPUs' changes ---- */

void guest_clock_wait(struct vcpu *v, uint64_t now)
{
    struct guest_clock *clock = &v->vm->clock;
    spin_lock(&clock->lock);
    clock->waiting++;
    v->delta_then = v->vm->htimedelta - stood_still(clock, now);
    freeze_if_alone(clock, now);
    spin_unlock(&clock->lock);
}

void guest_clock_enter(struct vcpu *v, uint64_t now)
{
    struct pcpu *self = pcpu_self();
    struct guest_clock *clock = &v->vm->clock;
    spin_lock(&clock->lock);
    thaw(self, v->vm, now);
    clock->waiting--;
    clock->running++;
    step(self, v->vm, now);
    v->unseen += v->delta_then - v->vm->htimedelta;
    csr_write(htimedelta, v->vm->htimedelta);
    spin_unlock(&clock->lock);
}

void guest_clock_leave(struct vcpu *v, uint64_t now, bool waits)
{
    struct guest_clock *clock = &v->vm->clock;
    spin_lock(&clock->lock);
    clock->running--;
    clock->waiting += waits;
    if (now > clock->left)
        clock->left = now;
    v->delta_then = v->vm->htimedelta;
    freeze_if_alone(clock, now);
    spin_unlock(&clock->lock);
}

void guest_clock_catch_up(struct pcpu *self, struct vcpu *v, uint64_t now)
{
    struct guest_clock *clock = &v->vm->clock;
    spin_lock(&clock->lock);
    v->unseen -= step(self, v->vm, now); /* time that it did not run in, and sees after all */
    csr_write(htimedelta, v->vm->htimedelta);
    if (clock->behind)
        clock_come_back(self, now + ns_to_ticks(STEP_NS));
    spin_unlock(&clock->lock);
}

/* ---- The timers of blocked VCPUs ---- */

void guest_clock_arm(struct pcpu *self, struct vcpu *v)
{
    arm(self, v);
}

bool guest_clock_is_due(struct pcpu *self, struct vcpu *v, uint64_t now)
{
    struct guest_clock *clock = &v->vm->clock;
    spin_lock(&clock->lock);
    bool due = guest_clock_deadline(v) <= now - stood_still(clock, now);
    if (!due && !clock->frozen && __atomic_load_n(&v->waiting, __ATOMIC_SEQ_CST))
        arm(self, v);
    spin_unlock(&clock->lock);
    return due;
}
