/* SPDX-License-Identifier: MIT */
/*
 * A machine on which the schedulers are put to the proof: pCPUs, VMs and VCPUs in simulated time, driven by
 * random numbers from a seed. After every call into sched/ all that must hold at any time is checked (check.c);
 * what a scheduler promises beyond that is watched by the laws (law_*.c).
 */
#ifndef TESTS_PROPERTY_WORLD_H
#define TESTS_PROPERTY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sched/sched.h"

#define US        UINT64_C(1000)
#define MS        UINT64_C(1000000)
#define SECOND    UINT64_C(1000000000)
#define NEVER     UINT64_MAX
#define MAX_PCPUS 8
#define MAX_VMS   32
#define MAX_VCPUS 64

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What a VCPU does: it runs for up to `burst` ns (NEVER: it spins), and then sleeps for up to `sleep` ns or, in
 * `yields` of a hundred cases, yields. `exact`: not up to, but just that. */
struct habits {
    uint64_t burst, sleep;
    uint32_t yields;
    bool exact;
};

enum runstate { RUN, WAIT, PARKED, BLOCKED, OUT, RUNSTATES };

struct actor {
    struct sched_vcpu vcpu;
    struct habits habits;
    uint64_t left;             /* ns that it still wants to run before it blocks or yields */
    uint64_t wakes;            /* when, while it is blocked */
    enum runstate state;       /* as last seen, */
    uint64_t since;            /* and since when */
    uint64_t spent[RUNSTATES]; /* ns in each, until `since` */
    uint64_t ran_before;       /* spent[RUN] when it was added last */
    uint64_t added;            /* when that was */
    uint64_t woke;             /* when it woke last */
    uint64_t in_vain; /* since when it waits although a pCPU idles that might run it; NEVER: it does not */
    uint64_t told_parked; /* ns that the owner's callback has counted, and */
    uint64_t told_since;  /* since when it does; NEVER: not parked */
    uint64_t mark;        /* a law's own */
};

struct guest {
    struct sched_vm vm;
    uint32_t first, count; /* its actors */
    bool started;          /* its VCPUs are added */
    bool leaving;          /* each of them is removed as soon as it is blocked */
    uint64_t starts;       /* when it comes (back), while it is not started */
};

struct hart {
    struct sched_vcpu *runs;
    uint64_t since; /* up to when its time is counted: that of its last call */
    uint64_t picks; /* when it calls sched_pick next */
    uint64_t busy, idle;
};

struct world {
    struct sched sched;
    struct sched_rq queues[MAX_PCPUS];
    struct hart harts[MAX_PCPUS];
    struct guest guests[MAX_VMS];
    struct actor actors[MAX_VCPUS];
    uint32_t vms, vcpus;
    uint64_t now;
    uint64_t late; /* ns that a pCPU may be late: at the end of a slice, and when it is asked */
    uint64_t skew; /* ns by which the time that a pCPU has read may be old when it calls */
    uint64_t call; /* the time of the call that is made */
    uint64_t seed, random;
    uint32_t calls_now;            /* sched_pick since time last went on */
    uint64_t steps;                /* of the event loop */
    uint64_t changed;              /* when the scheduler was changed last */
    void (*watch)(struct world *); /* a law: called when nobody has anything to do at `now`; may be NULL */
    /* A law: an actor has come out of that state; may be NULL. */
    void (*on_state)(struct world *, struct actor *, enum runstate before);
};

/* ---- world.c ---- */

/* A machine without VMs at time 0. */
void world_begin(struct world *, const struct sched_ops *, const struct sched_topology *, uint64_t seed);

/* A VM, not started, whose VCPUs spin and may run anywhere; parameters at their initial values. Returns its index. */
uint32_t world_add_vm(struct world *, uint32_t vcpus);

/* Adds its VCPUs; they wake at once. False: one of them was refused, and none is there. */
bool world_start_vm(struct world *, uint32_t vm);

/* Each of its VCPUs goes as soon as it is blocked, which a running one is from now on. */
void world_stop_vm(struct world *, uint32_t vm);

/* The next thing happens that is to happen no later than `until`, and then all else that is due; after the last
 * one time goes on to `until` and the answer is false. */
bool world_step(struct world *, uint64_t until);

/* Steps until then. */
void world_run(struct world *, uint64_t until);

/* What may be done to it at `now`, from outside. */
void world_pick(struct world *, uint32_t pcpu);
void world_block(struct world *, uint32_t pcpu);
void world_yield(struct world *, uint32_t pcpu);
void world_wake(struct world *, struct actor *);
bool world_change(struct world *, const struct sched_ops *);
bool world_set(struct world *, struct guest *, const struct sched_parameter *, uint64_t value);

/* ns that it has been in that state, up to now. */
uint64_t world_spent(const struct world *, const struct actor *, enum runstate);

/* A random number below `limit`, which is not 0; and between two, both included. */
uint64_t world_random(struct world *, uint64_t limit);
uint64_t world_between(struct world *, uint64_t least, uint64_t most);

static inline struct actor *actor_of(struct sched_vcpu *vcpu)
{
    return container_of(vcpu, struct actor, vcpu);
}

static inline struct guest *guest_of(struct sched_vm *vm)
{
    return container_of(vm, struct guest, vm);
}

/* ---- check.c ---- */

/* All that must hold after every call. */
void check_world(struct world *);

/* ---- report.c ---- */

/* Notes what is done, for the reader of a failure. `format` stays as it is; it may have three %u's. */
void note(struct world *, const char *format, uint32_t a, uint32_t b, uint32_t c);

/* Ends the program: says what is wrong, what was done last, who is where, and how to see it again. */
void fail(struct world *, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

#define require(world, condition, ...)  \
    do {                                \
        if (!(condition))               \
            fail((world), __VA_ARGS__); \
    } while (0)

#define LAST_STEPS 24

struct report {
    struct step {
        uint64_t now;
        const char *format;
        uint32_t a, b, c;
    } steps[LAST_STEPS];
    uint64_t noted;
    const struct world *subject; /* the world of the last step */
    char replay[200];            /* how the program is called to see it again, up to the seed */
};

#define REPORTED 3 /* the exit code of a process that has printed its report */

/* Notes go there from now on. */
void report_begin(struct report *);

void report_print(const struct report *);

/* ---- The proofs, each for one seed ---- */

struct proof {
    const char *name;
    const char *sched; /* the scheduler it is about; NULL: all */
    void (*run)(struct world *, const struct sched_ops *, uint64_t seed);
};

/* Ends with a NULL name (proofs.c). */
extern const struct proof proofs[];

#endif
