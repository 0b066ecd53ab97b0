/* SPDX-License-Identifier: MIT */
/*
 * The scheduler contract.
 *
 * A scheduler decides which VCPU a pCPU runs next, and for how long. It is one
 * file with one `const struct sched_ops`; the frame around it (sched.c) keeps
 * what all of them share: who is in which run queue, the states below, the
 * locks, the stealing between pCPUs. Nothing here knows hardware: VCPUs are
 * `struct sched_vcpu` (embedded in the owner's VCPU), pCPUs are numbers, time
 * is nanoseconds handed in. The same files run in the hypervisor, in the unit
 * tests and on a host.
 *
 *            sched_add               sched_wake                 sched_pick
 *   (out) ------------->  BLOCKED  ------------->  QUEUED  <-------------->  RUNNING
 *         <-------------           <-----------------------------------------
 *          sched_remove                             sched_block
 *
 * Locks: one a run queue (`struct sched_rq`); a VCPU's scheduling state is
 * guarded by the lock of the queue it is on (`vcpu->pcpu`). No function here
 * holds two of them at a time, so there is no order to get wrong: on its way
 * from one queue to another a VCPU is MOVING, and only who moves it touches it.
 * Schedulers never lock: every operation is called with the lock of its `rq` held.
 *
 * No VCPU waits while a pCPU that may run it idles: a pCPU that finds nobody
 * first says that it idles and then looks at the other queues, and whoever lets
 * a VCPU wait first queues it and then looks who idles. One of the two sees the
 * other. To ask an idle pCPU is to take it out of the idle ones, so that two
 * wake-ups do not ask the same one.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/list.h"
#include "lib/spinlock.h"

#define SCHED_FOREVER UINT64_MAX /* a slice without end: nobody else is waiting */
#define SCHED_NO_PCPU UINT32_MAX
#define SCHED_PARAMS  8 /* at most, a scheduler and a VCPU each */
#define SCHED_PRIV    8

enum sched_state { SCHED_OUT, SCHED_BLOCKED, SCHED_QUEUED, SCHED_RUNNING, SCHED_MOVING };

struct sched_vcpu {
    struct list link;       /* in its run queue, while QUEUED; the scheduler's */
    enum sched_state state; /* the frame's */
    uint32_t pcpu;          /* whose run queue it belongs to; the frame's. Another one after a
                                      sched_pick that returned it: it has migrated */
    uint32_t vm, id;        /* siblings share `vm`; constant */
    uint64_t affinity;      /* bit n: may run on pCPU n; never 0 */
    uint64_t ran;           /* ns it has run since it was added; the frame's, exact in every call below */
    uint64_t param[SCHED_PARAMS]; /* by sched_parameter.slot, for those with per_vcpu */
    uint64_t priv[SCHED_PRIV];    /* the scheduler's own; zero at add */
};

/* The other pCPUs read `queued` and `members` without the lock. */
struct sched_rq {
    struct spinlock lock;
    struct list queue;          /* the scheduler's order; empty list when nobody waits */
    struct sched_vcpu *current; /* RUNNING here, or NULL; the frame's */
    uint32_t queued;            /* the length of the queue; the frame's */
    uint32_t members;           /* VCPUs that belong here, BLOCKED ones too; the frame's */
    uint64_t priv[SCHED_PRIV];  /* the scheduler's own; zero at init */
} __attribute__((aligned(64))); /* a cache line is one pCPU's, and an index a shift */

enum sched_param_kind {
    SCHED_PARAM_TIME, /* ns; written as 30ms */
    SCHED_PARAM_NUMBER,
};

/* A parameter as the scenario file, the operator and the docs name it. */
struct sched_parameter {
    const char *name;
    const char *what; /* one line for the docs */
    enum sched_param_kind kind;
    bool per_vcpu; /* stands in a VM's section, one value for all its VCPUs */
    uint32_t slot; /* in param[] of the scheduler, or of each VCPU */
    uint64_t min, max, initial;
};

struct sched {
    const struct sched_ops *ops;
    uint32_t pcpus;
    struct sched_rq *rq; /* one a pCPU */
    uint64_t idle;       /* bit n: pCPU n found nobody and has not been asked since; atomic */
    uint64_t param[SCHED_PARAMS];
};

struct sched_decision {
    struct sched_vcpu *vcpu; /* NULL: nobody; the pCPU idles */
    uint64_t slice;          /* ns after which to ask again, > 0, or SCHED_FOREVER */
};

/*
 * What a scheduler does. `rq` is locked. Of block, yield and charge those may be NULL that have nothing to do.
 */
struct sched_ops {
    const char *name;
    const char *what;                     /* one line for the docs */
    const struct sched_parameter *params; /* ends with a NULL name; never NULL itself */

    /* vcpu becomes runnable: put it into rq->queue. True: ask the pCPU again now. */
    bool (*wake)(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t now);
    /* vcpu, which waited in the queue of another pCPU, comes over: put it into rq->queue. True: as for wake. */
    bool (*arrive)(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t now);
    /* vcpu leaves the queue without having been picked: it is taken by another pCPU, or goes away. */
    void (*dequeue)(struct sched *, struct sched_rq *, struct sched_vcpu *);
    /* the running vcpu waits for an event: it is not in the queue and will come back by wake. */
    void (*block)(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t now);
    /* the running vcpu offers its place. */
    void (*yield)(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t now);
    /* the running vcpu ran for `ran` ns since the last charge; vcpu->ran has them already. */
    void (*charge)(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t ran);
    /* Who next, and for how long (*slice, ns)? `current` is runnable and not in the queue, or NULL. Takes
     * the chosen one out of the queue and puts a `current` that was not chosen into it. NULL: nobody. */
    struct sched_vcpu *(*pick)(struct sched *, struct sched_rq *, struct sched_vcpu *current, uint64_t now,
                               uint64_t *slice);
    /* One of the queue that pCPU `thief`, which idles, may have; NULL: none. It stays in the queue. */
    struct sched_vcpu *(*victim)(struct sched *, struct sched_rq *, uint32_t thief);
};

/* The frame (sched.c). */

/* rq: an array of `pcpus`, which the caller allocates. Parameters start at their initial values. */
void sched_init(struct sched *, const struct sched_ops *, struct sched_rq *rq, uint32_t pcpus);

/* A new VCPU, not runnable yet. vm, id, affinity are set and affinity names at least one pCPU there
 * is; its parameters start at their initial values. It is placed: vcpu->pcpu. */
void sched_add(struct sched *, struct sched_vcpu *);

/* It goes away. It is BLOCKED: the caller has made sure that it neither runs nor waits. */
void sched_remove(struct sched *, struct sched_vcpu *);

/* vcpu has something to do. Nothing happens unless it is BLOCKED. Returns the pCPU that must be asked
 * again now (it idles, or the scheduler wants to preempt), or SCHED_NO_PCPU. Any pCPU may call it. */
uint32_t sched_wake(struct sched *, struct sched_vcpu *, uint64_t now);

/*
 * The following are called by pCPU `pcpu` itself. `ran`: how long its current VCPU has run since the last of
 * these calls, ns; 0 when none runs.
 */

/* Its current VCPU, whose state is saved, waits for an event: once this returns another pCPU may wake it and
 * run it. */
void sched_block(struct sched *, uint32_t pcpu, uint64_t ran, uint64_t now);

/* Its current VCPU yields once; sched_pick must follow. (The C library has a sched_yield.) */
void sched_give_way(struct sched *, uint32_t pcpu, uint64_t ran, uint64_t now);

/* Who runs now? The state of the current VCPU is saved before: if another one is chosen, other pCPUs may take
 * it and run it before this returns. Takes from other queues before it answers "nobody". Returns a pCPU that
 * must be asked now, since it idles and somebody waits, or SCHED_NO_PCPU. */
uint32_t sched_pick(struct sched *, uint32_t pcpu, uint64_t ran, uint64_t now, struct sched_decision *);

/* By name, or NULL. */
const struct sched_ops *sched_find(const char *name);

extern const struct sched_ops sched_rr;

/* All there are, in the order of the docs; ends with NULL. */
extern const struct sched_ops *const sched_all[];

/* The parameter of that name, or NULL. */
const struct sched_parameter *sched_param_find(const struct sched_ops *, const char *name, bool per_vcpu);

/* Sets the values of the scheduler's own parameters, or of a VCPU's, to the initial ones, each in its slot. */
void sched_initial_params(const struct sched_ops *, bool per_vcpu, uint64_t *values);

/* Where a VCPU goes that is added, or that wakes (place.c). Both read without locks what others change: a
 * guess that may be stale, but always a pCPU that the VCPU's affinity allows. */
uint32_t place_new(const struct sched *, const struct sched_vcpu *);
uint32_t place_waking(const struct sched *, const struct sched_vcpu *);

#endif
