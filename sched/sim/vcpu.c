/* SPDX-License-Identifier: MIT */
/*
 * The life of a VCPU, as in hyp/vcpu.c: started, woken, blocked, put onto a pCPU and taken off; and where its
 * time went.
 */
#include "sched/sim/sim.h"

static void timer_due(struct event *event)
{
    struct vcpu *v = container_of(event, struct vcpu, wake);

    sim.self = &sim.pcpu[v->stats->pcpu];
    vcpu_wake(v, STINT_WAKE_TIMER);
}

void vcpu_init(struct vcpu *v, struct vm *vm, uint32_t id)
{
    v->vm = vm;
    v->id = id;
    v->index = vm->stats->first_vcpu + id;
    v->ran_on = SCHED_NO_PCPU;
    v->wake.happen = timer_due;
    v->stats->vm = vm->index;
    v->stats->id = id;
    v->stats->state = STINT_OFFLINE;
    v->sched.vm = &vm->sched;
    v->sched.id = id;
    v->sched.affinity = *scenario_affinity(vm->config, id);
}

/* Its runstate up to now was stats->state; from now on it is `next`. */
static void change_state(struct vcpu *v, enum stint_runstate next)
{
    v->stats->ticks[v->stats->state] += ticks(sim.now - v->since);
    v->since = sim.now;
    v->stats->state = next;
}

void vcpu_note_parked(struct sched_vcpu *sched, bool parked, uint64_t now)
{
    struct vcpu *v = container_of(sched, struct vcpu, sched);

    (void)now;
    change_state(v, parked ? STINT_PARKED : STINT_RUNNABLE);
    trace(STINT_EV_PARK, v->index, parked, 0, 0);
}

/* Makes it known to the scheduler, and to the pCPU that should run it. */
static void queue(struct vcpu *v, enum stint_wake why)
{
    change_state(v, STINT_RUNNABLE);
    sched_wake(&sim.sched, &v->sched, sim.now);
    trace(STINT_EV_WAKE, v->index, why, v->sched.pcpu, 0);
    pcpu_ask_all();
}

void vcpu_online(struct vcpu *v, enum stint_wake why)
{
    trace(STINT_EV_VCPU, v->index, 1, v->sched.pcpu, 0);
    queue(v, why);
}

void vcpu_wake(struct vcpu *v, enum stint_wake why)
{
    if (!v->waits)
        return;
    v->waits = false;
    events_put(&sim.events, &v->wake, NEVER);
    queue(v, why);
}

void vcpu_block(struct pcpu *p, uint64_t until)
{
    struct vcpu *v = p->current;

    pcpu_give_up(p, STINT_BLOCKED);
    v->waits = true;
    events_put(&sim.events, &v->wake, until);
}

void vcpu_offline(struct pcpu *p)
{
    struct vcpu *v = p->current;

    pcpu_give_up(p, STINT_OFFLINE);
    v->goes_offline = false;
    trace(STINT_EV_VCPU, v->index, 0, 0, 0);
    vm_vcpu_gone(v->vm);
}

/* Ticks so far in which some VCPU ran here, up to the last change of state. */
static uint64_t vcpu_ticks(const struct pcpu *p)
{
    return p->stats->ticks[STINT_PCPU_GUEST] + p->stats->ticks[STINT_PCPU_HYP_VCPU];
}

void vcpu_leave(struct pcpu *p, enum stint_runstate next)
{
    struct vcpu *v = p->current;
    uint64_t ran = vcpu_ticks(p) - v->stats->run_base;

    v->stats->ticks[STINT_RUNNING] += ran;
    v->stats->ticks[STINT_RUNNABLE] += ticks(sim.now - v->since) - ran;
    v->since = sim.now;
    v->stats->state = next;
    trace(STINT_EV_LEAVE, v->index, next, 0, 0);
}

bool vcpu_enter(struct pcpu *p, struct vcpu *v, uint64_t slice)
{
    bool moved = v->ran_on != p->id, switched = moved || p->last != v;

    v->stats->pcpu = p->id;
    v->stats->run_base = vcpu_ticks(p);
    change_state(v, STINT_RUNNING);
    p->stats->vcpu = v->index;
    trace(STINT_EV_RUN, v->index, 0, slice, 0);
    if (moved && v->ran_on != SCHED_NO_PCPU) {
        v->stats->migrations++;
        trace(STINT_EV_MIGRATE, v->index, v->sched.moved, v->ran_on, p->id);
    }
    v->stats->switches += switched;
    p->stats->switches += switched;
    p->last = v;
    v->ran_on = p->id;
    return switched;
}
