/* SPDX-License-Identifier: MIT */
/*
 * The scheduler contract.
 *
 * A scheduler decides which VCPU a pCPU runs next, and for how long. It is one
 * file with one `const struct sched_ops`; the frame around it keeps what all of
 * them share: who is in which run queue, the states below, the locks, the moves
 * between pCPUs, the change from one scheduler to another. Nothing here knows
 * hardware: VCPUs are `struct sched_vcpu` (embedded in the owner's VCPU), VMs
 * `struct sched_vm`, pCPUs are numbers, time is nanoseconds handed in: since the
 * run began. The same files run in the hypervisor, in the unit tests and in the simulator.
 *
 *            sched_add               sched_wake                 sched_pick
 *   (out) ------------->  BLOCKED  ------------->  QUEUED  <-------------->  RUNNING
 *         <-------------           <-----------------------------------------
 *          sched_remove                             sched_block
 *
 * A QUEUED one may be `parked`: its scheduler does not let it run, although it wants to (out of its cap, or of
 * its budget). It belongs to its pCPU and is not moved.
 *
 * Locks: one a run queue (`struct sched_rq`); a VCPU's scheduling state is
 * guarded by the lock of the queue it is on (`vcpu->pcpu`). No function here
 * holds two of them at a time, so there is no order to get wrong: on its way
 * from one queue to another a VCPU is MOVING, and only who moves it touches it. The one exception is the change
 * of the scheduler or of a parameter, which takes them all, in the order of the pCPUs. `sched->lock` is for what
 * spans queues; it is taken with one queue's lock held, or with none (or all), and no other lock is taken inside it.
 * Schedulers never take a queue's lock: every operation is called with the lock of its `rq` held.
 *
 * No VCPU waits while a pCPU that may run it idles: a pCPU that finds nobody
 * first says that it idles and then looks at the other queues, and whoever lets
 * a VCPU wait first queues it and then looks who idles. One of the two sees the
 * other. To ask an idle pCPU is to take it out of the idle ones, so that two
 * wake-ups do not ask the same one.
 *
 * Whom to ask: any call here may leave pCPUs that must call sched_pick soon. The caller then takes them one by
 * one from sched_next_ask, when it holds no lock, and sees to it that each of them does.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/list.h"
#include "lib/spinlock.h"
#include "sched/pcpu_set.h"
#include "sched/touch.h"
#include "sched/tree.h"

#define SCHED_FOREVER UINT64_MAX /* a slice without end */
#define SCHED_KINDS   8          /* schedulers, at most */
#define SCHED_PARAMS  12         /* slots: of a scheduler's own 0 to 7, then those that all have */
#define SCHED_COMMON  8          /* the first of those */
#define SCHED_PRIV    8
#define SCHED_LEVELS  3
#define SCHED_WHOLE   1000000   /* one pCPU, in parts per million */
#define SCHED_WINDOW  100000000 /* ns: over which a VCPU's utilisation is measured */

/* Slots that all schedulers have (place.c). */
#define SCHED_PARAM_PLACEMENT (SCHED_COMMON + 0) /* of the top: enum place_policy */
#define SCHED_PARAM_UTIL \
    (SCHED_COMMON + 0) /* of a VM: percent of a pCPU that each of its VCPUs declares; 0: it is measured */

enum sched_state { SCHED_OUT, SCHED_BLOCKED, SCHED_QUEUED, SCHED_RUNNING, SCHED_MOVING };

/* Why a VCPU goes from one pCPU to another; the values are those of enum stint_migrate. */
enum sched_move { SCHED_MOVE_WAKE, SCHED_MOVE_STEAL, SCHED_MOVE_AFFINITY, SCHED_MOVE_SWITCH };

/* The VCPUs of one VM are siblings. */
struct sched_vm {
    uint32_t id;         /* constant */
    struct list link;    /* in sched->vms; the frame's, under sched->lock */
    struct list members; /* its VCPUs, in the order they were added; the frame's, under sched->lock */
    struct list turn;    /* in sched->turns; the scheduler's, under sched->lock */
    uint32_t vcpus;      /* how many those are */
    /* Its parameters, by the index of the scheduler in sched_all[] and by slot. The owner sets them before the
     * first of its VCPUs is added (sched_initial_params), then sched_set does. */
    uint64_t values[SCHED_KINDS][SCHED_PARAMS];
    const uint64_t *param;     /* the row of the scheduler in force; the frame's */
    uint64_t priv[SCHED_PRIV]; /* the scheduler's own, under sched->lock; zero when it begins */
};

struct sched_vcpu {
    struct list link;         /* in a list of its scheduler, or */
    struct tree_node node;    /* in a tree of it, while QUEUED */
    enum sched_state state;   /* the frame's */
    bool parked;              /* sched_park's */
    enum sched_move moved;    /* why it came to `pcpu`; the frame's */
    uint32_t pcpu;            /* whose run queue it belongs to; the frame's. Another one after a
                                      sched_pick that returned it: it has migrated */
    uint32_t id;              /* among its siblings; constant */
    struct sched_vm *vm;      /* constant */
    struct list sibling;      /* in vm->members */
    struct pcpu_set affinity; /* where it may run; never empty */
    uint64_t since;           /* ns: the last change of its state, or of `parked`; the frame's */
    uint64_t ran;             /* ns it has run since it was added; the frame's, exact in every call below */
    uint64_t load;            /* what its pCPU's `load` counts for it, ppm of a pCPU; the frame's */
    uint64_t measured, measured_ran,
        measured_at;           /* its utilisation, ppm, and of what `ran` and time; place.c's */
    uint32_t plan;             /* scratch while the scheduler changes; the frame's */
    uint64_t priv[SCHED_PRIV]; /* the scheduler's own; zero at add, and when a scheduler begins */
};

/* The other pCPUs read `queued` without the lock. */
struct sched_rq {
    struct spinlock lock;
    uint32_t pcpu;             /* whose it is; constant */
    struct list queue, parked; /* the scheduler's order of those who wait, and of those it has parked; */
    struct list level[SCHED_LEVELS]; /* or one list for each of a few priorities, the best first, */
    struct tree tree[3];             /* or in trees: all are the scheduler's */
    struct sched_vcpu *current;      /* RUNNING here, or NULL; the frame's */
    uint32_t queued;                 /* VCPUs that are QUEUED and not parked; the frame's */
    uint32_t peer;                   /* where a look at the other pCPUs goes on; the frame's */
    uint32_t members;                /* VCPUs that belong here, in whatever state; the frame's, atomic */
    uint64_t load;                   /* the sum of their `load`, ppm; the frame's, atomic */
    uint64_t priv[SCHED_PRIV];       /* the scheduler's own; zero when it begins */
} __attribute__((aligned(64)));      /* a cache line is one pCPU's */

enum sched_param_kind {
    SCHED_PARAM_TIME, /* ns; written as 30ms */
    SCHED_PARAM_NUMBER,
    SCHED_PARAM_CHOICE, /* an index into `choices` */
};

/* A parameter as the scenario file, the operator and the docs name it. One name means one thing, with one range,
 * in all schedulers that have it. */
struct sched_parameter {
    const char *name;
    const char *what; /* one line for the docs */
    enum sched_param_kind kind;
    bool per_vm;   /* stands in a VM's section */
    uint32_t slot; /* in a row of values */
    uint64_t min, max, initial;
    bool or_zero;               /* 0 may be said as well, and means none */
    const char *const *choices; /* ends with NULL; for CHOICE, whose min and max are not looked at */
};

/* How the pCPUs are neighbours: threads of a core have adjacent numbers, and so have the cores of a socket. */
struct sched_topology {
    uint32_t sockets, cores, threads; /* cores a socket, threads a core; the product is the number of pCPUs */
};

struct sched;

/* What the owner wants to hear. Called with a queue's lock held. */
struct sched_owner {
    /* vcpu, which does not run, is parked from `now` on, or is not any more. NULL: nobody cares. */
    void (*parked)(struct sched_vcpu *, bool parked, uint64_t now);
};

struct sched {
    const struct sched_ops *ops;
    const struct sched_owner *owner;
    uint32_t pcpus;
    struct sched_topology topology;
    struct sched_rq *rq;     /* one a pCPU */
    struct spinlock lock;    /* for what spans queues */
    struct list vms;         /* all that have VCPUs here; under `lock` */
    struct list turns;       /* VMs in an order of the scheduler's, under `lock`; empty when it begins */
    struct pcpu_set idle;    /* these found nobody and have not been asked since; atomic */
    struct pcpu_set waiting; /* whose `queued` is not 0; atomic, the frame's */
    struct pcpu_set asked;   /* these must call sched_pick; atomic, */
    uint32_t asks;           /* 1: there may be some */
    uint64_t
        due; /* ns: when the scheduler's `tick` is due; SCHED_FOREVER: never. Under `lock`; read without it */
    uint64_t values[SCHED_KINDS][SCHED_PARAMS]; /* as in struct sched_vm, for the parameters of the top */
    const uint64_t *param;                      /* the row of the scheduler in force */
    uint64_t priv[SCHED_PRIV];                  /* the scheduler's own, under `lock`; zero when it begins */
};

struct sched_decision {
    struct sched_vcpu *vcpu; /* NULL: nobody; the pCPU idles */
    uint64_t slice; /* ns after which to ask again, whether somebody runs or not; > 0, or SCHED_FOREVER */
};

/*
 * What a scheduler does. `rq` is locked. Only wake, arrive and pick must be there; the others may be NULL where there
 * is nothing to do: but who sets s->due needs tick, and who has victim or spare needs dequeue.
 */
struct sched_ops {
    const char *name;
    const char *what;                     /* one line for the docs */
    const struct sched_parameter *params; /* ends with a NULL name; never NULL itself */
    bool apart; /* two siblings never share a pCPU: a VM with more VCPUs than pCPUs is refused */

    /* Of a VM's row of values: the slot of one that cannot be, seen the others and the number of VCPUs, and
     * *most, the highest value it may have; -1: all is well. */
    int (*check)(const uint64_t *param, uint32_t vcpus, uint64_t *most);
    /* What each VCPU of a VM with that row must have, ppm of a pCPU. The sum of a pCPU's never passes SCHED_WHOLE:
     * who finds no such place is refused. NULL: nobody needs anything. */
    uint64_t (*demand)(const uint64_t *param);

    /* It begins: every priv, queue, list and tree is zero or empty, every VCPU is about to come by wake or arrive, or
     * runs already (and has not come by anything). No queue of the scheduler's may be looked at.
     * All queues and s->lock are locked, or nobody else uses them yet. */
    void (*init)(struct sched *, uint64_t now);
    /* A parameter of the top (vm NULL) or of a VM has changed. All queues and s->lock are locked. Everybody is
     * asked afterwards. */
    void (*changed)(struct sched *, struct sched_vm *, uint64_t now);
    /* vcpu is gone for good. It is BLOCKED. */
    void (*remove)(struct sched *, struct sched_rq *, struct sched_vcpu *);
    /* s->due has come: what spans queues. s->lock is held, and the lock of the queue whose pCPU asks, and whose current
     * VCPU has been charged; sets s->due anew. */
    void (*tick)(struct sched *, uint64_t now);

    /* vcpu becomes runnable: put it into rq. True: ask the pCPU again now. */
    bool (*wake)(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t now);
    /* vcpu, which waited in the queue of another pCPU, or of another scheduler, comes over: put it into rq.
     * True: as for wake. */
    bool (*arrive)(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t now);
    /* vcpu leaves rq without having been picked: it is taken by another pCPU. Never a parked one. */
    void (*dequeue)(struct sched *, struct sched_rq *, struct sched_vcpu *);
    /* the running vcpu waits for an event: it is not in the queue and will come back by wake. */
    void (*block)(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t now);
    /* the running vcpu offers its place. */
    void (*yield)(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t now);
    /* the running vcpu ran for `ran` ns since the last charge, up to `now`; vcpu->ran has them already. */
    void (*charge)(struct sched *, struct sched_rq *, struct sched_vcpu *, uint64_t ran, uint64_t now);
    /* Before a pick that finds somebody here, where there are other pCPUs: true: if another pCPU's victim() has
     * somebody for this one, he is to come over first. NULL: only for a pCPU that would idle. */
    bool (*seeks)(struct sched *, struct sched_rq *, struct sched_vcpu *current, uint64_t now);
    /* Who next, and for how long (*slice, ns)? `current` is runnable and not in the queue, or NULL. Takes
     * the chosen one out of the queue and puts a `current` that was not chosen into it, or parks it. NULL:
     * nobody may run. */
    struct sched_vcpu *(*pick)(struct sched *, struct sched_rq *, struct sched_vcpu *current, uint64_t now,
                               uint64_t *slice);
    /* One of the queue, not parked, that pCPU `thief`, which would idle or seeks, may have (sched_may_move); NULL:
     * none. It stays in the queue. Without victim nobody is ever taken, and dequeue is not needed. */
    struct sched_vcpu *(*victim)(struct sched *, struct sched_rq *, uint32_t thief);
    /* After another one than before was picked, and at least two more wait: one of them, who loses nothing by
     * waiting on pCPU `to`, where `waiting` others do, at least two fewer than here; NULL: none. It stays in the
     * queue. */
    struct sched_vcpu *(*spare)(struct sched *, struct sched_rq *, uint32_t to, uint32_t waiting);

    /* What it knows of vcpu, in one line, for people. */
    void (*dump)(const struct sched *, const struct sched_vcpu *, char *text, size_t size);
};

/* The frame: books and states (sched.c), moves between pCPUs (move.c), changes of scheduler and parameters
 * (change.c), what is there to choose (registry.c). */

/* What the frame needs to begin. `rq`: an array of `pcpus`. All parameters start at their initial values. */
void sched_init(struct sched *, const struct sched_ops *, const struct sched_owner *, struct sched_rq *rq,
                const struct sched_topology *);

/* Other values for the parameters of the top, of all schedulers at once, before the first VCPU is added. */
void sched_begin_with(struct sched *, const uint64_t values[SCHED_KINDS][SCHED_PARAMS]);

/* A new VM without VCPUs, its parameters at their initial values. */
void sched_vm_init(struct sched_vm *, uint32_t id);

/* A new VCPU, not runnable yet. vm, id, affinity are set and affinity names at least one pCPU there
 * is. It is placed: vcpu->pcpu. False: no pCPU may have it (its demand, or its siblings); it stays OUT. */
bool sched_add(struct sched *, struct sched_vcpu *, uint64_t now);

/* It goes away. It is BLOCKED: the caller has made sure that it neither runs nor waits. */
void sched_remove(struct sched *, struct sched_vcpu *);

/* vcpu has something to do. Nothing happens unless it is BLOCKED. Any pCPU may call it. */
void sched_wake(struct sched *, struct sched_vcpu *, uint64_t now);

/* A pCPU that must be asked (its owner calls sched_pick on it soon), and is not among them any more;
 * SCHED_NO_PCPU: none. */
uint32_t sched_next_ask(struct sched *);

/* False: there is certainly none. */
static inline bool sched_has_asks(const struct sched *s)
{
    return __atomic_load_n(&s->asks, __ATOMIC_ACQUIRE);
}

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
 * it and run it before this returns. Takes from other queues before it answers "nobody". */
void sched_pick(struct sched *, uint32_t pcpu, uint64_t ran, uint64_t now, struct sched_decision *);

/* From any pCPU, holding no lock: changes the scheduler under all VCPUs, which keep their states, `ran` and,
 * where that can be, their pCPUs. Everybody is asked. False: `why` says what stands against it, and nothing has
 * changed. */
bool sched_change(struct sched *, const struct sched_ops *, uint64_t now, char *why, size_t why_size);

/* From any pCPU, holding no lock: sets a parameter of the top (vm NULL) or of a VM, for every scheduler that has
 * one of that name. `value` is in its range. False: as above. Of a VM that has no VCPUs here it is not checked what
 * depends on how many these are, nor what they demand: its owner knows how many it will have. */
bool sched_set(struct sched *, struct sched_vm *, const struct sched_parameter *, uint64_t value,
               uint64_t now, char *why, size_t why_size);

/* For schedulers, and for place.c. */

/* 0: they are threads of a core, 1: cores of a socket, 2: neither. */
uint32_t sched_distance(const struct sched *, uint32_t a, uint32_t b);

/* How many of its siblings, not itself, belong to that pCPU. Without a lock: a guess that may be stale. */
uint32_t sched_siblings_on(const struct sched_vcpu *, uint32_t pcpu);

/* The same of those that are not blocked. */
uint32_t sched_siblings_awake(const struct sched_vcpu *, uint32_t pcpu);

/* The VCPU of a list's node. */
static inline struct sched_vcpu *sched_of_link(struct list *link)
{
    return container_of(link, struct sched_vcpu, link);
}

/* pCPU `pcpu` must call sched_pick soon. */
void sched_ask(struct sched *, uint32_t pcpu);

/* vcpu, which is QUEUED or about to be, may not run (or may again). Under the lock of its queue. */
void sched_park(struct sched *, struct sched_vcpu *, bool parked, uint64_t now);

/* vcpu, which waits, may go to pCPU `to`: its affinity, its siblings and the place its demand needs allow it. */
bool sched_may_move(const struct sched *, const struct sched_vcpu *, uint32_t to);

/* What there is to choose (registry.c). */

extern const struct sched_ops sched_rr, sched_credit, sched_sedf, sched_fair, sched_gang;

/* Yours, if there is a file that defines it, such as sched/mine.c. It needs no row in a table. */
extern const struct sched_ops sched_mine __attribute__((weak));

/* All there are, in the order of the docs; ends with NULL. */
extern const struct sched_ops *const sched_all[];

/* By name, or NULL. */
const struct sched_ops *sched_find(const char *name);

/* What a scheduler must have and has not, in words; NULL: it is whole. */
const char *sched_lacks(const struct sched_ops *);

/* Its place in sched_all[]. */
uint32_t sched_index(const struct sched_ops *);

/* The parameter of that name, of the scheduler or of those that all have, or NULL. */
const struct sched_parameter *sched_param_find(const struct sched_ops *, const char *name, bool per_vm);

/* The parameters that all schedulers have (place.c); ends with a NULL name. */
extern const struct sched_parameter sched_common_params[];

/* Sets the rows of the top's parameters, or of a VM's, to their initial values. */
void sched_initial_params(bool per_vm, uint64_t values[SCHED_KINDS][SCHED_PARAMS]);

/* Where VCPUs go (place.c). */

enum place_policy { PLACE_COUNT, PLACE_UTIL, PLACE_IDLE, PLACE_BALANCE };

/* Where a VCPU goes that is added, or that wakes. Both read without locks what others change: a
 * guess that may be stale, but always a pCPU that the VCPU may move to, or for one that wakes its home.
 * SCHED_NO_PCPU: none may have it. */
uint32_t place_new(const struct sched *, const struct sched_vcpu *);
uint32_t place_waking(const struct sched *, const struct sched_vcpu *);

/* SCHED_WINDOW or more has passed since vcpu->measured_at: its utilisation since then. Under its queue's lock. */
void place_measure(struct sched *, struct sched_vcpu *, uint64_t now);

/* What the books of a pCPU count for vcpu: its demand, or else its declared or measured utilisation, ppm. */
uint64_t place_load(const struct sched *, const struct sched_vcpu *);

#endif
