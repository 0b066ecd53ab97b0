/* SPDX-License-Identifier: MIT */
/*
 * The run as a whole: what is common to all pCPUs, and how it ends.
 */
#ifndef HYP_MACHINE_H
#define HYP_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stint/guest.h>
#include <stint/shared.h>
#include "hyp/clock.h"
#include "hyp/config.h"
#include "hyp/pcpu.h"
#include "sched/sched.h"

struct machine {
    struct stint_shared *shared;
    struct sched sched;
    uint64_t beat;       /* ticks; 0: none */
    uint64_t start_time; /* host ticks at which accounting begins, on every pCPU */
    uint32_t end;        /* enum stint_end; atomic: the first one to set it decides */
    bool ignore_htinst;  /* decode MMIO from the guest's memory */
    const void *initrd;
    uint64_t initrd_bytes;
};

extern struct machine machine;

static inline struct stint_vm_stats *shared_vms(void)
{
    return (struct stint_vm_stats *)(STINT_SHARED_BASE + machine.shared->vms_offset);
}

static inline struct stint_vcpu_stats *shared_vcpus(void)
{
    return (struct stint_vcpu_stats *)(STINT_SHARED_BASE + machine.shared->vcpus_offset);
}

/* The scheduler's time: ns since the run began. */
static inline uint64_t machine_ns(uint64_t ticks)
{
    return ticks_to_ns(ticks - machine.start_time);
}

/* As pcpu_ask_them, in short where there is nobody to ask. */
static inline void machine_ask(void)
{
    if (__builtin_expect(sched_has_asks(&machine.sched), false))
        pcpu_ask_them();
}

/* Lays out the shared region for the scenario; the magic is not written yet. Returns its end. */
uint64_t machine_init_shared(const struct scenario *, uint32_t timebase_hz);

/* From now on time counts: the VMs' starts, the operator's commands and the end are armed on this pCPU. */
void machine_begin(struct pcpu *self, const struct scenario *);

/* From now on the run ends: every pCPU leaves its guest and stops. The first reason counts. */
void machine_end(enum stint_end);

static inline bool machine_ends(void)
{
    return __atomic_load_n(&machine.end, __ATOMIC_ACQUIRE) != STINT_END_NOT;
}

/* A VM has stopped or crashed for good; the last one ends the run. */
void machine_vm_ended(void);

/* This pCPU is about to sleep, and awake again. When all sleep and nothing is armed, the run ends. */
void machine_idles(void);
void machine_wakes(void);

/* This pCPU takes part in the end. Does not return. */
void machine_leave(struct pcpu *self) __attribute__((noreturn));

/* Turns the machine off, after the reason for it has been written down. */
void machine_off(void) __attribute__((noreturn));

#endif
