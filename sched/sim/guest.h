/* SPDX-License-Identifier: MIT */
/*
 * A guest as the simulator sees it: what guest-os/ is made of, reduced to when its VCPUs want to run. Tasks are
 * bound to VCPUs and take turns there as the guest's own policy says; each is a program of programs.c.
 *
 * All times are ns, multiples of TICK_NS; what a guest takes for the time is the time of the run.
 */
#ifndef SIM_GUEST_H
#define SIM_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stint/guest.h>
#include "hyp/config.h"
#include "lib/list.h"
#include "sched/sim/events.h"

#define TICK_NS          100 /* of the machine's timer */
#define GUEST_MOST_TASKS 32
#define GUEST_NUMBERS    10

/* What takes time in the guests of guest-os/, as measured in QEMU at 16 ns an instruction. */
#define ITERATION_NS 64      /* of the programs' working loop, which has four instructions */
#define UNIT_NS      16400   /* a unit of work, which is 1000 instructions, and a look at the clock */
#define BOOT_NS      3000000 /* of the kernel on its first VCPU, up to the first task */
#define WAKE_NS      12000   /* from a task's timer to the task */
#define SLEEP_NS     14000   /* from a task's call to sleep until its VCPU waits, or another task runs */

struct task;

/* What a program wants next. */
struct action {
    enum {
        ACT_WORK,  /* for `ns` of run time; NEVER: for ever */
        ACT_SLEEP, /* until `ns`; it takes no time if that is past */
        ACT_YIELD, /* to other tasks of its guest */
        ACT_OFFER, /* the VCPU, to whoever shares its pCPU; it takes no time */
        ACT_SPIN,  /* asks again when the lock may be free */
        ACT_EXIT,
        ACT_DIE, /* for what it did */
    } kind;
    uint64_t ns;
};

/* How the numbers of a guest's tasks make one of the guest's. */
enum total { TOTAL_NONE, TOTAL_SUM, TOTAL_MOST };

struct number {
    const char *name; /* NULL: the end of a list of them */
    enum total total;
};

struct program {
    const char *kind;                                   /* what its tasks are called */
    const struct number *numbers;                       /* what they report */
    struct action (*step)(struct task *, uint64_t now); /* its last action is complete: the next */
    void (*count)(const struct task *, uint64_t now, uint64_t numbers[GUEST_NUMBERS]);
};

struct task {
    struct list link; /* in ready or sleepers of its VCPU */
    const struct program *program;
    struct guest *guest;
    uint32_t id, cpu;
    enum { TASK_READY, TASK_SLEEPS, TASK_DONE, TASK_KILLED } state;
    uint64_t left;  /* of its action: run time; NEVER: no end */
    bool spins;     /* its action is ACT_SPIN */
    bool lies_down; /* its action is ACT_SLEEP, and `left` the way there */
    bool offers;    /* its action is ACT_OFFER */
    uint64_t wake;
    uint64_t deadline; /* NEVER: none */

    uint64_t ran;         /* run time in all */
    uint64_t seen;        /* when it ran last; NEVER: it has not */
    uint64_t longest_gap; /* between two looks at the clock */

    uint64_t arg[3]; /* the program's, from the guest's arguments */
    uint32_t stage;  /* the program's own, from here on; zero at boot */
    uint64_t value[8];
    struct latency *latency; /* two of them; the guest's, freed with it */
};

/* What a guest's arguments say once for all of its tasks. */
enum guest_setting {
    SETTING_MOST, /* jobs, requests or rounds of a task; 0: no end */
    SETTING_PERIOD,
    SETTING_WORK, /* or inside the lock */
    SETTING_OUTSIDE,
    SETTING_AWAY,
    SETTING_OFFERS, /* 1: instead of to sleep */
    GUEST_SETTINGS
};

struct guest_cpu {
    struct list ready;    /* in the policy's order, without `current` */
    struct list sleepers; /* the first to wake first */
    struct task *current;
    uint64_t slice_end; /* NEVER: nobody else is ready */
};

struct guest {
    const struct guest_kind *kind;
    const struct scenario_vm *config;
    struct guest_cpu *cpu; /* config->vcpus */
    struct task *task;
    uint32_t tasks, alive;
    uint64_t started, up;             /* when its boot began, and when it was done; NEVER: it is not */
    uint64_t boot;                    /* run time that it takes still */
    uint64_t slice;                   /* of its round robin */
    uint64_t ips;                     /* instructions a second that it counts work by */
    uint64_t setting[GUEST_SETTINGS]; /* by enum guest_setting */
    struct task *lock;                /* who has the guest's one lock, or NULL */
    const struct guest_owner *owner;
};

/* Whose guest it is. */
struct guest_owner {
    /* Whoever spins on a VCPU that runs might stop: guest_next is to be called for him. */
    void (*lock_is_free)(struct guest *);
    /* The kernel is up, and wants its other VCPUs to run. */
    void (*is_up)(struct guest *);
};

struct guest_wish {
    enum {
        GUEST_RUNS,   /* until `until` */
        GUEST_WAITS,  /* does not want to run before `until` */
        GUEST_OFFERS, /* wants to run, but others may go first */
        GUEST_ENDS,   /* the machine is to be turned off */
    } kind;
    uint64_t until; /* NEVER: no end */
};

/* Reads the VM's guest and args. What is wrong with one of them, `error` says. */
enum guest_problem { GUEST_IS_FINE, GUEST_IS_UNKNOWN, GUEST_REFUSES_ARGS };
enum guest_problem guest_make(struct guest *, const struct scenario_vm *, const struct guest_owner *,
                              char *error, size_t error_size);
void guest_free(struct guest *);

/* It starts, or starts anew; its first VCPU is to run. */
void guest_boot(struct guest *, uint64_t now);

/* Its VCPU `cpu` ran for `ns` up to now. */
void guest_ran(struct guest *, uint32_t cpu, uint64_t ns, uint64_t now);

/* Its VCPU `cpu`, which is on a pCPU, runs on from now: what does it want? */
struct guest_wish guest_next(struct guest *, uint32_t cpu, uint64_t now);

/* True: the VCPU spins for the lock. */
bool guest_spins(const struct guest *, uint32_t cpu);

/* Fills in what the guest has measured so far. */
void guest_report(const struct guest *, struct stint_area *, uint64_t now);

/* For args.c and programs.c. */

struct guest_kind {
    const char *name;
    const struct guest_argument *arguments; /* ends with a NULL name */
    const char *(*start)(struct guest *);   /* makes the tasks that no argument makes, or NULL */
    bool by_deadline;                       /* earliest deadline first, not round robin */
    uint64_t initial[GUEST_SETTINGS];
};

/* `take` gets what follows the name in a word of the arguments. What it and `start` return is NULL, or what would
 * have been right. */
struct guest_argument {
    const char *name; /* "spin", or with a value "work:"; a setting, of which all are taken first: "slice=" */
    const char *(*take)(struct guest *, const char *value);
};

/* The guests there are; ends with a NULL name. */
extern const struct guest_kind guest_kinds[];

/* A new task, on the VCPU whose turn it is; NULL: the guest has as many as it can. */
struct task *guest_add_task(struct guest *, const struct program *);

/* Run time of so much work: whole iterations, as the guest counts them. */
uint64_t guest_work(const struct guest *, uint64_t ns);

static inline uint64_t round_up_to_tick(uint64_t ns)
{
    return ns > NEVER - TICK_NS ? NEVER : (ns + TICK_NS - 1) / TICK_NS * TICK_NS;
}

extern const struct program program_spin, program_polite, program_wild, program_sleeper, program_finite,
    program_periodic, program_server, program_locker, program_dodger;

#endif
