/* SPDX-License-Identifier: MIT */
/*
 * The three clocks of a VM. See guest_clock.h, and docs/clocks.md for why.
 *
 * A blocked VCPU is woken by a timer in host time, on the pCPU where it fell asleep: there it can be woken without a
 * kick. The timer is armed for the earliest moment at which the guest's clock can be there; when it fires too early,
 * because the clock stood still since or did not catch up as fast as it may, it is armed anew. While the clock
 * stands still none comes due: those that fire then are armed, by whom it goes on, when it does.
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

/* Its deadline, if from the last step on the clock goes `rate` times as fast until it is not behind any more. */
static uint64_t soonest(const struct vcpu *v)
{
    const struct guest_clock *clock = &v->vm->clock;
    uint64_t due = v->vs.vstimecmp, host = guest_clock_deadline(v), saved = 0;
    if (host != CLOCK_NEVER && clock->behind && due > clock->stepped)
        saved = due - clock->stepped - (due - clock->stepped + clock->rate - 1) / clock->rate;
    return host - earlier(saved, clock->behind);
}

static void arm(struct pcpu *self, struct vcpu *v, uint64_t when)
{
    if (when == CLOCK_NEVER)
        timer_cancel(&v->timer);
    else
        timer_arm(self, &v->timer, when);
}

/* The blocked VCPUs whose timers have fired while it stood still. */
static void arm_fired(struct pcpu *self, struct vm *vm)
{
    for (uint32_t id = 0; id < vm->vcpu_count; id++) {
        struct vcpu *v = &vm->vcpus[id];
        if (__atomic_load_n(&v->waiting, __ATOMIC_SEQ_CST) && !timer_is_armed(&v->timer))
            arm(self, v, soonest(v));
    }
}

static void set_delta(struct pcpu *self, struct vm *vm, uint64_t now, uint64_t delta)
{
    vm->htimedelta = vm->stats->htimedelta = delta;
    trace(self, now, STINT_EV_DELTA, STINT_NO_VCPU, 0, vm->index, delta);
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
    if (stood) {
        set_delta(self, vm, now, vm->htimedelta - stood);
        if (clock->behind == 0)
            clock->stepped = now + vm->htimedelta;
        clock->behind += stood;
    }
    arm_fired(self, vm);
}
/* END SOLUTION */

/* BEGIN SOLUTION 4.step */
/* What has passed since the last step, (rate - 1) times again, but no further than real time; and none while
 * several run. Returns the step. */
static uint64_t step(struct pcpu *self, struct vm *vm, uint64_t now)
{
    struct guest_clock *clock = &vm->clock;
    uint64_t guest = now + vm->htimedelta, passed = guest > clock->stepped ? guest - clock->stepped : 0;
    uint64_t step = clock->running <= 1 ? passed * (clock->rate - 1) : 0;
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
    arm(self, v, soonest(v));
}

/* Where nobody runs nobody looks, so the clock is stepped to where it is by now. Where somebody does it may be stepped
 * before long, or not: that is looked at once more then, but no more often than it is stepped. */
bool guest_clock_is_due(struct pcpu *self, struct vcpu *v, uint64_t now)
{
    struct guest_clock *clock = &v->vm->clock;
    spin_lock(&clock->lock);
    if (clock->running == 0 && !clock->frozen)
        step(self, v->vm, now);
    uint64_t deadline = guest_clock_deadline(v);
    bool due = deadline <= now - stood_still(clock, now);
    if (!due && !clock->frozen && __atomic_load_n(&v->waiting, __ATOMIC_SEQ_CST))
        arm(self, v, earlier(deadline, later(soonest(v), now + ns_to_ticks(STEP_NS))));
    spin_unlock(&clock->lock);
    return due;
}
