/* SPDX-License-Identifier: MIT */
/*
 * The life of a VCPU: started, woken, blocked, put onto a pCPU and taken off.
 *
 * A sleeper and its waker meet in v->waiting. The sleeper is off its pCPU in
 * every respect before it sets it, and then looks once more for what it might
 * have missed; whoever swaps it back to 0 owns the waking.
 */
#include "hyp/vcpu.h"
#include "hyp/guest_clock.h"
#include "hyp/machine.h"
#include "hyp/panic.h"
#include "hyp/pcpu.h"
#include "hyp/riscv.h"
#include "hyp/run.h"
#include "hyp/trace.h"
#include "hyp/vm.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "sbi/sta.h"
#include <stint/sbi.h>

#define FENCES (VCPU_REQ_FENCE | VCPU_REQ_FENCE_I | VCPU_REQ_FENCE_G)

static void timer_due(struct timer *t)
{
    struct vcpu *v = container_of(t, struct vcpu, timer);
    if (!v->vm->clock.moves || guest_clock_is_due(pcpu_self(), v, rdtime()))
        vcpu_wake(v, STINT_WAKE_TIMER);
}

void vcpu_init(struct vcpu *v, struct vm *vm, uint32_t id)
{
    v->vm = vm;
    v->id = id;
    v->index = vm->stats->first_vcpu + id;
    v->stats = &shared_vcpus()[v->index];
    v->stats->vm = vm->index;
    v->stats->id = id;
    v->stats->state = STINT_OFFLINE;
    v->hsm = SBI_HSM_STOPPED;
    timer_init(&v->timer, timer_due);

    v->sched.vm = &vm->sched;
    v->sched.id = id;
    v->sched.affinity = *scenario_affinity(vm->config, id);
}

void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t opaque)
{
    memset(&v->regs, 0, sizeof(v->regs));
    memset(&v->vs, 0, sizeof(v->vs));
    memset(&v->fp, 0, sizeof(v->fp));
    /* BEGIN SOLUTION 1.reset */
    v->regs.x[10] = v->id;
    v->regs.x[11] = opaque;
    v->regs.pc = pc;
    v->regs.sstatus = SSTATUS_SPP;
    v->regs.hstatus = HSTATUS_VSXL_64 | HSTATUS_VTW | HSTATUS_SPVP | HSTATUS_SPV;
    v->vs.vsstatus = VSSTATUS_UXL_64;
    v->vs.scounteren = HCOUNTEREN_ALL;
    /* END SOLUTION */
    v->vs.vstimecmp = CLOCK_NEVER;
    sta_forget(v);
    v->pcpu = NULL; /* whatever a pCPU still holds of it is void */
}

/* Its runstate up to `now` was stats->state; from now on it is `next`. */
static void change_state(struct vcpu *v, uint64_t now, enum stint_runstate next)
{
    v->stats->ticks[v->stats->state] += now - v->since;
    v->since = now;
    v->stats->state = next;
}

void vcpu_note_parked(struct sched_vcpu *sched, bool parked, uint64_t now)
{
    struct vcpu *v = container_of(sched, struct vcpu, sched);
    uint64_t ticks = machine.start_time + ns_to_ticks(now);
    if (ticks < v->since) /* it left its pCPU since */
        ticks = v->since;
    change_state(v, ticks, parked ? STINT_PARKED : STINT_RUNNABLE);
    trace(pcpu_self(), ticks, STINT_EV_PARK, v->index, parked, 0, 0);
}

/* Makes it known to the scheduler, and to the pCPU that should run it. */
static void queue(struct vcpu *v, enum stint_wake why)
{
    struct pcpu *self = pcpu_self();
    uint64_t now = rdtime();
    change_state(v, now, STINT_RUNNABLE);
    if (v->vm->clock.moves)
        guest_clock_wait(v, now);
    if (v->is_told)
        sta_waits(v);
    sched_wake(&machine.sched, &v->sched, machine_ns(now));
    trace(self, now, STINT_EV_WAKE, v->index, why, v->sched.pcpu, 0);
    machine_ask();
}

void vcpu_online(struct vcpu *v, enum stint_wake why)
{
    trace(pcpu_self(), rdtime(), STINT_EV_VCPU, v->index, 1, v->sched.pcpu, 0);
    queue(v, why);
}

/* Where the clock moves, others may be arming it anew. */
static void cancel_timer(struct vcpu *v)
{
    struct guest_clock *clock = &v->vm->clock;
    if (clock->moves)
        spin_lock(&clock->lock);
    timer_cancel(&v->timer);
    if (clock->moves)
        spin_unlock(&clock->lock);
}

void vcpu_wake(struct vcpu *v, enum stint_wake why)
{
    if (!__atomic_exchange_n(&v->waiting, 0, __ATOMIC_SEQ_CST))
        return;
    cancel_timer(v);
    queue(v, why);
}

/* BEGIN SOLUTION 9.request */
/* Returns the pCPU that has to hear of it, as a bit; 0: none. */
static uint64_t request(struct vcpu *v, uint32_t bits)
{
    __atomic_or_fetch(&v->requests, bits, __ATOMIC_SEQ_CST);
    vcpu_wake(v, STINT_WAKE_IPI);
    /* A VCPU that comes in just now looks at its requests after it is RUNNING (vcpu_enter). */
    bool runs = __atomic_load_n(&v->stats->state, __ATOMIC_SEQ_CST) == STINT_RUNNING;
    return runs ? BIT(v->stats->pcpu) : 0;
}

void vcpu_request(struct vm *vm, uint64_t ids, uint32_t bits)
{
    uint64_t where = 0;
    unsigned id;
    for_each_bit (id, ids)
        where |= request(&vm->vcpus[id], bits);
    pcpu_alert(where);
}
/* END SOLUTION */

/* It is off its pCPU, and may be woken from now on. */
static void await(struct pcpu *self, struct vcpu *v)
{
    struct guest_clock *clock = &v->vm->clock;
    if (clock->moves)
        spin_lock(&clock->lock);
    guest_clock_arm(self, v);
    __atomic_store_n(&v->waiting, 1, __ATOMIC_SEQ_CST);
    if (clock->moves)
        spin_unlock(&clock->lock);
}

/* BEGIN SOLUTION 4.block */
void vcpu_block(struct vcpu *v)
{
    struct pcpu *self = pcpu_self();
    if (csr_read(vsip) & csr_read(vsie))
        return;
    run_give_up(self, STINT_BLOCKED);
    await(self, v);
    if (__atomic_load_n(&v->requests, __ATOMIC_SEQ_CST))
        vcpu_wake(v, STINT_WAKE_IPI);
}
/* END SOLUTION */

void vcpu_offline(struct vcpu *v)
{
    struct pcpu *self = pcpu_self();
    run_give_up(self, STINT_OFFLINE);
    if (v->hsm == SBI_HSM_STOP_PENDING)
        __atomic_store_n(&v->hsm, SBI_HSM_STOPPED, __ATOMIC_SEQ_CST);
    trace(self, self->now, STINT_EV_VCPU, v->index, 0, 0, 0);
    vm_vcpu_gone(v->vm);
}

static void fence(struct vcpu *v, enum stint_fence kind, enum stint_fence_why why)
{
    struct pcpu *self = pcpu_self();
    if (kind == STINT_FENCE_GVMA)
        hfence_gvma_all();
    else if (kind == STINT_FENCE_VVMA)
        hfence_vvma_all();
    else
        fence_i();
    trace(self, rdtime(), STINT_EV_FENCE, v->index, kind, csr_read(hgatp), why);
}

/* Those of `bits` that are requested; they are not any more. */
static uint32_t take_requests(struct vcpu *v, uint32_t bits)
{
    return __atomic_fetch_and(&v->requests, ~bits, __ATOMIC_SEQ_CST) & bits;
}

static void serve_fences(struct vcpu *v, uint32_t requests)
{
    if (requests & VCPU_REQ_FENCE_G)
        fence(v, STINT_FENCE_GVMA, STINT_FENCE_UNMAP);
    if (requests & VCPU_REQ_FENCE)
        fence(v, STINT_FENCE_VVMA, STINT_FENCE_GUEST);
    if (requests & VCPU_REQ_FENCE_I)
        fence(v, STINT_FENCE_I, STINT_FENCE_GUEST);
}

void vcpu_serve(struct vcpu *v)
{
    uint32_t requests = take_requests(v, UINT32_MAX);
    if (requests & VCPU_REQ_IPI)
        csr_set(hvip, 1UL << IRQ_VS_SOFT);
    serve_fences(v, requests);
    if (requests & VCPU_REQ_OFFLINE)
        vcpu_offline(v);
}

bool vcpu_fence_is_due(const struct vcpu *v)
{
    return __atomic_load_n(&v->requests, __ATOMIC_SEQ_CST) & FENCES &&
           __atomic_load_n(&v->stats->state, __ATOMIC_SEQ_CST) == STINT_RUNNING &&
           !machine_ends(); /* then nobody enters a guest any more */
}

void vcpu_await_fence(struct vcpu *v)
{
    struct pcpu *self = pcpu_self();
    for (uint64_t turns = 0; v != self->current && vcpu_fence_is_due(v); turns++) {
        serve_fences(self->current, take_requests(self->current, FENCES));
        clock_nap();
        self->attention = true; /* the timer must be set again */
        if (turns == NAP_BOUND)
            panic("VCPU %u of VM %u does not fence, though its pCPU was kicked", v->id, v->vm->index);
    }
}

void vcpu_resume_at(struct vcpu *v, uint64_t pc)
{
    csr_write(vsatp, 0);
    csr_clear(vsstatus, SSTATUS_SIE);
    sta_forget(v);
    v->regs.pc = pc;
}

/* BEGIN SOLUTION 1.csrs */
static void save_csrs(struct vs_csrs *vs)
{
    vs->vsstatus = csr_read(vsstatus);
    vs->vsie = csr_read(vsie);
    vs->vstvec = csr_read(vstvec);
    vs->vsscratch = csr_read(vsscratch);
    vs->vsepc = csr_read(vsepc);
    vs->vscause = csr_read(vscause);
    vs->vstval = csr_read(vstval);
    vs->vsatp = csr_read(vsatp);
    vs->scounteren = csr_read(scounteren);
    vs->senvcfg = csr_read(senvcfg);
}

/* But vsatp, which goes in with hgatp (enter_spaces). */
static void load_csrs(const struct vs_csrs *vs)
{
    csr_write(vsstatus, vs->vsstatus);
    csr_write(vsie, vs->vsie);
    csr_write(vstvec, vs->vstvec);
    csr_write(vsscratch, vs->vsscratch);
    csr_write(vsepc, vs->vsepc);
    csr_write(vscause, vs->vscause);
    csr_write(vstval, vs->vstval);
    csr_write(scounteren, vs->scounteren);
    csr_write(senvcfg, vs->senvcfg);
}
/* END SOLUTION */

/* BEGIN SOLUTION 4.timer */
/* Its timer, and whether it has an IPI pending. */
static void save_interrupts(struct vs_csrs *vs)
{
    vs->vstimecmp = csr_read(vstimecmp);
    vs->hvip = csr_read(hvip);
}

/* The timer is compared with the guest's time, so that goes in with it. */
static void load_interrupts(const struct vcpu *v)
{
    csr_write(vstimecmp, v->vs.vstimecmp);
    csr_write(hvip, v->vs.hvip);
    csr_write(htimedelta, v->vm->htimedelta);
}
/* END SOLUTION */

/* BEGIN SOLUTION 1.fp */
/* It leaves: what it changed in the FP registers is kept. */
static void save_fp(struct vcpu *v)
{
    if ((v->regs.sstatus & SSTATUS_FS) != SSTATUS_FS_DIRTY)
        return;
    fp_save(&v->fp);
    v->regs.sstatus = (v->regs.sstatus & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
}

/* It comes in: unless the FP registers are its own, it must not reach them. */
static void guard_fp(const struct pcpu *p, struct vcpu *v)
{
    if (p->fp_owner != v)
        v->regs.sstatus &= ~SSTATUS_FS;
}

bool vcpu_fp_on(struct vcpu *v)
{
    struct pcpu *self = pcpu_self();
    bool guest_wants = (csr_read(vsstatus) & SSTATUS_FS) != SSTATUS_FS_OFF;
    if (!guest_wants || (v->regs.sstatus & SSTATUS_FS) != SSTATUS_FS_OFF)
        return false;
    csr_set(sstatus, SSTATUS_FS);
    fp_restore(&v->fp);
    self->fp_owner = v;
    v->regs.sstatus |= SSTATUS_FS_CLEAN;
    return true;
}
/* END SOLUTION */

void vcpu_save(struct vcpu *v)
{
    save_csrs(&v->vs);
    save_interrupts(&v->vs);
    save_fp(v);
}

/* Its guest's clock and its steal-time record hear of its coming and going. */
static __attribute__((noinline)) void tell_leave(struct vcpu *v, uint64_t now, enum stint_runstate next)
{
    v->sta.left = now + v->vm->htimedelta;
    if (v->vm->clock.moves)
        guest_clock_leave(v, now, next == STINT_RUNNABLE);
    if (next == STINT_RUNNABLE)
        sta_waits(v);
}

/* A kick that came while it waited for a lock is gone (clock_nap): it is sent again. */
void vcpu_tell(struct pcpu *p, struct vcpu *v, uint64_t now)
{
    if (v->vm->clock.rate > 1 && v->vm->clock.behind)
        guest_clock_catch_up(p, v, now);
    sta_goes_on(v);
    if (__atomic_load_n(&p->attention, __ATOMIC_SEQ_CST))
        csr_set(sip, 1UL << IRQ_S_SOFT);
}

uint64_t vcpu_waits_here(const struct vcpu *v)
{
    const struct pcpu *self = pcpu_self();
    const uint64_t *ticks = self->stats->ticks;
    return self->begun + ticks[STINT_PCPU_HYP_SELF] + ticks[STINT_PCPU_IDLE] + v->stats->run_base - v->since;
}

void vcpu_leave(struct pcpu *p, struct vcpu *v, enum stint_runstate next)
{
    struct stint_vcpu_stats *stats = v->stats;
    uint64_t ran = pcpu_vcpu_ticks(p) - stats->run_base;
    stats->ticks[STINT_RUNNING] += ran;
    stats->ticks[STINT_RUNNABLE] += p->now - v->since - ran;
    stats->hyp += p->stats->ticks[STINT_PCPU_HYP_VCPU] - stats->hyp_base;
    v->since = p->now;
    __atomic_store_n(&stats->state, next, __ATOMIC_RELEASE);
    trace(p, p->now, STINT_EV_LEAVE, v->index, next, 0, 0);
    if (__builtin_expect(v->is_told, false))
        tell_leave(v, p->now, next);
}

/* The first VCPU of all to run ends the hypervisor's bring-up, which the host wants to know the cost of. */
static void note_first_arrival(void)
{
    if (machine.shared->entry_instret == 0)
        machine.shared->entry_instret = csr_read(instret);
}

_Static_assert((int)SCHED_MOVE_WAKE == STINT_MIGRATE_WAKE && (int)SCHED_MOVE_STEAL == STINT_MIGRATE_STEAL &&
                   (int)SCHED_MOVE_AFFINITY == STINT_MIGRATE_AFFINITY &&
                   (int)SCHED_MOVE_SWITCH == STINT_MIGRATE_SWITCH,
               "the trace shows them as they are");

static void note_migration(struct pcpu *p, struct vcpu *v)
{
    v->stats->migrations++;
    trace(p, p->now, STINT_EV_MIGRATE, v->index, v->sched.moved, v->pcpu->id, p->id);
}

/* BEGIN SOLUTION 2.space */
/* Both stages of its translation. No walk may mix the tables of two VMs. */
static void enter_spaces(const struct vcpu *v)
{
    csr_write(vsatp, 0);
    csr_write(hgatp, v->vm->stats->hgatp);
    csr_write(vsatp, v->vs.vsatp);
}
/* END SOLUTION */

/* BEGIN SOLUTION 2.arrive 9.forget */
/* Hardware caches translations by VMID and ASID, not by VCPU: what a sibling, or this VCPU before it went away,
 * left behind must go. Its address spaces are in. */
static void fence_arrival(struct pcpu *p, struct vcpu *v)
{
    struct vcpu *last = p->last_of_vm[v->vm->index];
    p->last_of_vm[v->vm->index] = v;
    if (last == NULL)
        fence(v, STINT_FENCE_GVMA, STINT_FENCE_NEW_VMID);
    fence(v, STINT_FENCE_VVMA, last == v ? STINT_FENCE_MOVED : STINT_FENCE_SIBLING);
}
/* END SOLUTION */

/* It ran elsewhere last, or a sibling ran here. */
static void arrive(struct pcpu *p, struct vcpu *v) __attribute__((noinline));
static void arrive(struct pcpu *p, struct vcpu *v)
{
    fence_arrival(p, v);
    if (v->pcpu == p)
        return;
    fence_i(); /* its code may have been written elsewhere */
    if (v->pcpu)
        note_migration(p, v);
    else
        note_first_arrival();
    if (p->fp_owner == v)
        p->fp_owner = NULL; /* the registers here are of an earlier visit */
    v->regs.host_tp = (uint64_t)p;
    v->pcpu = p;
}

/* Puts its CSRs in, unless nobody else's were since. */
static void load(struct pcpu *p, struct vcpu *v)
{
    if (p->loaded == v && v->pcpu == p)
        return;
    v->stats->switches++;
    p->stats->switches++;
    p->loaded = v;
    load_csrs(&v->vs);
    load_interrupts(v);
    enter_spaces(v);
    if (v->pcpu != p || p->last_of_vm[v->vm->index] != v)
        arrive(p, v);
    guard_fp(p, v);
}

void vcpu_enter(struct pcpu *p, struct vcpu *v, uint64_t slice)
{
    struct stint_vcpu_stats *stats = v->stats;
    if (p->now < v->since) /* another pCPU woke it since */
        p->now = v->since;
    stats->pcpu = p->id;
    stats->run_base = pcpu_vcpu_ticks(p);
    stats->hyp_base = p->stats->ticks[STINT_PCPU_HYP_VCPU];
    change_state(v, p->now, STINT_RUNNING);
    p->stats->vcpu = v->index;
    trace(p, p->now, STINT_EV_RUN, v->index, 0, slice, 0);
    load(p, v);
    if (__builtin_expect(v->vm->clock.moves, false))
        guest_clock_enter(v, p->now);
    fence_full(); /* RUNNING is seen before the requests are read: pairs with vcpu_request */
}

void vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t tval)
{
    uint64_t status = csr_read(vsstatus);
    status &= ~(SSTATUS_SPP | SSTATUS_SPIE);
    if (v->regs.sstatus & SSTATUS_SPP)
        status |= SSTATUS_SPP;
    if (status & SSTATUS_SIE)
        status |= SSTATUS_SPIE;
    csr_write(vsstatus, status & ~SSTATUS_SIE);
    csr_write(vsepc, v->regs.pc);
    csr_write(vscause, cause);
    csr_write(vstval, tval);
    v->regs.pc = csr_read(vstvec) & ~3UL;
    v->regs.sstatus |= SSTATUS_SPP;
    v->regs.hstatus |= HSTATUS_SPVP;
}
