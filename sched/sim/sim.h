/* SPDX-License-Identifier: MIT */
/*
 * The simulated machine: pCPUs, VCPUs and VMs as the hypervisor has them (hyp/), without hardware. What happens
 * happens at one moment of `sim.now` after the other; of what is due at one moment, guests and timers come
 * first, and then each pCPU that must asks the scheduler, once.
 *
 * All times are ns since the run began, multiples of TICK_NS.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stint/shared.h>
#include "hyp/config.h"
#include "sched/sched.h"
#include "sched/sim/events.h"
#include "sched/sim/guest.h"

struct pcpu {
    uint32_t id;
    struct vcpu *current; /* NULL: it idles */
    struct vcpu *last;    /* who came in last; NULL: it has idled since */
    bool arrives;         /* `current` is being switched to, and runs from event.time on */
    bool asked;           /* it must ask the scheduler */
    bool listed;          /* in sim.thinkers */
    uint64_t came;        /* since when `current` is here, for the scheduler's charge */
    uint64_t ran_to;      /* up to when its guest knows that it ran */
    uint64_t slice;       /* of `current`, from its arrival on */
    uint64_t slice_end;
    uint64_t guest_due; /* when `current` wants something else than to run */
    struct event event; /* the first of these */

    uint64_t since; /* the last change of stats->state */
    struct stint_pcpu_stats *stats;
    struct stint_event *ring; /* NULL: trace off */
};

struct vcpu {
    struct sched_vcpu sched;
    struct vm *vm;
    uint32_t id, index;
    uint32_t ran_on;   /* where it ran last; SCHED_NO_PCPU: nowhere yet */
    bool started;      /* it is not OFFLINE, or its VM pauses */
    bool waits;        /* it is BLOCKED and may be woken */
    bool goes_offline; /* as soon as it is on a pCPU */
    struct event wake;
    uint64_t since; /* the last change of stats->state */
    struct stint_vcpu_stats *stats;
};

enum vm_ending { VM_GOES_ON, VM_PAUSES, VM_STOPS, VM_CRASHES, VM_REBOOTS };

struct vm {
    struct sched_vm sched;
    uint32_t index;
    const struct scenario_vm *config;
    struct stint_vm_stats *stats;
    struct vcpu *vcpu;
    uint32_t vcpus, online;
    enum vm_ending ending;
    bool resumes; /* it was resumed while its VCPUs went offline for a pause */
    struct guest guest;
    struct event start;
};

struct sim {
    uint64_t now;
    uint32_t end; /* enum stint_end */
    uint64_t switch_cost;
    struct scenario *scenario;
    struct sched sched;
    struct sched_rq *rq;
    struct event_queue events;
    struct pcpu *pcpu;
    struct pcpu *self; /* the one that acts at this moment */
    struct vcpu *vcpu;
    struct vm *vm;
    uint32_t vcpus;
    uint64_t random;        /* state of sim_random */
    struct pcpu **thinkers; /* pCPUs that something came up for, first come, first served */
    uint32_t first_thinker, thinker_count;
};

extern struct sim sim;

/* ---- run.c: pCPUs ---- */

/* Runs the scenario to its end. */
void run_all(void);

/* Something has come up for pCPU p: it thinks at this moment, when all else that is due has happened. */
void pcpu_alert(struct pcpu *);

/* Makes those pCPUs ask the scheduler of which it wants that. */
void pcpu_ask_all(void);

/* The guest of the VCPU that runs on p may want something else now. */
void pcpu_poke(struct pcpu *);

/* The VCPU that runs here leaves for another runstate than RUNNABLE. */
void pcpu_give_up(struct pcpu *, enum stint_runstate next);

/* ---- vcpu.c ---- */

void vcpu_init(struct vcpu *, struct vm *, uint32_t id);

/* OFFLINE to RUNNABLE. */
void vcpu_online(struct vcpu *, enum stint_wake why);

/* Ends its BLOCKED state if it is in it. */
void vcpu_wake(struct vcpu *, enum stint_wake why);

/* Of the one that is current on p: waits until a time, or NEVER; goes offline. */
void vcpu_block(struct pcpu *, uint64_t until);
void vcpu_offline(struct pcpu *);

/* Comes onto a pCPU, true: after somebody else or from elsewhere; leaves it. */
bool vcpu_enter(struct pcpu *, struct vcpu *, uint64_t slice);
void vcpu_leave(struct pcpu *, enum stint_runstate next);

/* The scheduler's owner is told (struct sched_owner). */
void vcpu_note_parked(struct sched_vcpu *, bool parked, uint64_t now);

/* ---- vm.c ---- */

void vm_init_all(void);
void vm_free_all(void);

/* The VM that the scheduler would refuse, were all to start at once; NULL: none. */
const struct vm *vm_find_refused(void);

void vm_begin_all(void);
void vm_end(struct vm *, enum vm_ending, const char *why);
void vm_pause(struct vm *);
void vm_resume(struct vm *);

/* A VCPU of it went offline; the last one makes its end come true. */
void vm_vcpu_gone(struct vm *);

/* ---- commands.c: what the operator does ---- */

/* `rows`: where each says what became of it. */
void commands_begin(struct stint_command *rows);

/* ---- region.c: what the host reads ---- */

/* The file that stands for the machine's RAM. Ends the program when it cannot be made. */
void region_open(const char *path);

/* The run is over: the guests' areas, the end, the magic. */
void region_close(void);

/* An event of now, into the ring of sim.self. */
void trace(enum stint_event_type, uint32_t vcpu, uint64_t arg, uint64_t a, uint64_t b);

/* The host's clock, in ticks; when the run began, it showed this. */
#define START_TICKS 10000000

static inline uint64_t ticks(uint64_t ns)
{
    return ns / TICK_NS;
}

static inline uint64_t host_clock(void)
{
    return START_TICKS + ticks(sim.now);
}

/* One for each of the scenario's commands. */
struct stint_command *region_commands(void);

/* The VM's area, filled in as of now. */
void region_report(struct vm *);

/* A number that only the scenario's seed decides. */
uint32_t sim_random(void);

#endif
