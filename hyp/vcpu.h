/* SPDX-License-Identifier: MIT */
/*
 * A VCPU: one CPU of a guest, as a data structure. It has no stack in the
 * hypervisor.
 *
 * Its life: OFFLINE until somebody starts it (the VM's start, or a sibling by
 * SBI HSM); then RUNNABLE, RUNNING, BLOCKED as its scheduler and it decide; it
 * goes OFFLINE only on a pCPU that runs it, when it sees a request to.
 */
#ifndef HYP_VCPU_H
#define HYP_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stint/shared.h>
#include "hyp/clock.h"
#include "hyp/switch.h"
#include "sched/sched.h"

struct vm;
struct pcpu;
struct sbi_sta;

/* What others ask of a VCPU; it looks before each entry. */
enum vcpu_request {
    VCPU_REQ_IPI = 1 << 0,   /* raise its supervisor software interrupt */
    VCPU_REQ_FENCE = 1 << 1, /* forget its VS-stage translations */
    VCPU_REQ_FENCE_I = 1 << 2,
    VCPU_REQ_FENCE_G = 1 << 3, /* forget the VM's G-stage translations */
    VCPU_REQ_OFFLINE = 1 << 4, /* the VM stops or pauses: go offline */
};

/* Supervisor CSRs of the guest: VS-level twins, and the two without a twin. */
struct vs_csrs {
    uint64_t vsstatus, vsie, vstvec, vsscratch, vsepc, vscause, vstval, vsatp;
    uint64_t vstimecmp; /* guest ticks; all-ones: never */
    uint64_t hvip;      /* VSSIP pending */
    uint64_t scounteren, senvcfg;
};

/* Steal time as its guest is told of it (sbi/sta.c). Under the VM's lock. */
struct sta {
    struct sbi_sta *record; /* in guest RAM, at gpa; NULL: the guest wants none */
    uint64_t gpa;
    uint64_t base;     /* ticks stolen when it was registered, */
    uint64_t seen;     /* and when it was last looked at */
    uint64_t told;     /* ticks: what the record says */
    uint64_t left;     /* guest ticks: when it left its pCPU, if it has not gone on since; else 0 */
    uint32_t sequence; /* what the record's was set to last: what the guest makes of that does not matter */
};

struct fp_regs {
    uint64_t f[32];
    uint64_t fcsr;
};

struct vcpu {
    struct regs regs;  /* first: switch.S reads it */
    struct vs_csrs vs; /* valid while not RUNNING */
    struct fp_regs fp; /* valid while no pCPU holds them changed (sstatus.FS dirty) */

    struct vm *vm;
    uint32_t id;    /* its hart id in the guest */
    uint32_t index; /* in the VCPU table of the shared region */

    struct stint_vcpu_stats *stats;
    uint64_t since; /* host ticks: last change of runstate */

    struct sched_vcpu sched; /* OUT while its VM is not started */
    struct pcpu *pcpu;       /* where it ran last; NULL: nowhere yet */
    struct timer timer;      /* its own deadline while BLOCKED */

    uint32_t requests; /* enum vcpu_request; atomic */
    uint64_t fence_pc; /* behind the SBI call that asked others for fences and awaits them; 0: none */
    uint32_t waiting;  /* 1: BLOCKED and to be woken by whoever swaps it to 0; atomic */
    uint32_t hsm;      /* SBI_HSM_*; atomic */

    bool is_told; /* its guest's clock moves, or it has a steal-time record */
    /* What its guest's clock did not show of the time in which it waited (guest_clock.c). Ticks. */
    uint64_t unseen;
    uint64_t delta_then; /* htimedelta when it began to wait */
    struct sta sta;
};

_Static_assert(offsetof(struct vcpu, regs) == 0, "switch.S");
_Static_assert(offsetof(struct regs, pc) == REGS_PC, "switch.S");
_Static_assert(offsetof(struct regs, sstatus) == REGS_SSTATUS, "switch.S");
_Static_assert(offsetof(struct regs, hstatus) == REGS_HSTATUS, "switch.S");
_Static_assert(offsetof(struct regs, host_sp) == REGS_HOST_SP, "switch.S");
_Static_assert(offsetof(struct regs, host_ra) == REGS_HOST_RA, "switch.S");
_Static_assert(offsetof(struct regs, host_tp) == REGS_HOST_TP, "switch.S");

/* The instruction that made the guest exit is done with: step over it. */
static inline void vcpu_skip(struct vcpu *v, uint32_t bytes)
{
    v->regs.pc += bytes;
}

/* Once, when the VM is made: offline. */
void vcpu_init(struct vcpu *, struct vm *, uint32_t id);

/* The scheduler says that it may run again, or not for now (struct sched_owner). */
void vcpu_note_parked(struct sched_vcpu *, bool parked, uint64_t now);

/* The state in which SBI HSM starts a hart: VS-mode, satp 0, interrupts off, a0 = id, a1 = opaque. */
void vcpu_reset(struct vcpu *, uint64_t pc, uint64_t opaque);

/* OFFLINE to RUNNABLE. The caller owns its start (hsm is START_PENDING, or the VM starts). */
void vcpu_online(struct vcpu *, enum stint_wake why);

/* Ends its BLOCKED state if it is in it. From any pCPU. */
void vcpu_wake(struct vcpu *, enum stint_wake why);

/* Sets request bits of the VM's VCPUs `ids`, a bit each, and makes sure that they are seen before the next instruction
 * of each of them. */
void vcpu_request(struct vm *, uint64_t ids, uint32_t bits);

/* A fence was requested of it, and a pCPU runs it without having done that yet. */
bool vcpu_fence_is_due(const struct vcpu *);

/* Waits until no pCPU runs it with translations older than its last fence request. Holds no lock; serves the
 * fences that others wait for meanwhile. */
void vcpu_await_fence(struct vcpu *);

/* Only for the VCPU that is current on this pCPU: */

/* Waits for an interrupt. Returns at once; the VCPU is not current any more, unless one is pending. */
void vcpu_block(struct vcpu *);

/* Goes offline, to be put online by a later start. */
void vcpu_offline(struct vcpu *);

/* Carries out requests. */
void vcpu_serve(struct vcpu *);

/* Its next instruction is at pc, with satp 0 and interrupts off (SBI HSM, non-retentive suspend). */
void vcpu_resume_at(struct vcpu *, uint64_t pc);

/* Saves what hardware holds of it: VS CSRs, and FP registers if it changed them. */
void vcpu_save(struct vcpu *);

/* Leaves the pCPU at p->now with its VS CSRs saved. `next` is its runstate from then on. */
void vcpu_leave(struct pcpu *, struct vcpu *, enum stint_runstate next);

/* Comes onto the pCPU at p->now: VS CSRs, address spaces, fences. slice: ns, for the trace. */
void vcpu_enter(struct pcpu *, struct vcpu *, uint64_t slice);

/* It was current all along or has just come in, and is about to go on, its pCPU being in the state GUEST. For one that
 * is told of its time (is_told): its guest's clock catches up, and its steal-time record is written. */
void vcpu_tell(struct pcpu *, struct vcpu *, uint64_t now);

/* Ticks of its present stay on this pCPU that were the hypervisor's own; while the pCPU is in the state GUEST. */
uint64_t vcpu_waits_here(const struct vcpu *);

/* Injects a trap into VS-mode, as hardware would have delivered it (Privileged spec, "Traps"). */
void vcpu_inject(struct vcpu *, uint64_t cause, uint64_t tval);

/* Its floating point is off and it used some: put its registers in. False: it was on already. */
bool vcpu_fp_on(struct vcpu *);

#endif
