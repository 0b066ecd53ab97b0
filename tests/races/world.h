/* SPDX-License-Identifier: MIT */
/* What there is in the world of the players. */
#ifndef TESTS_RACES_WORLD_H
#define TESTS_RACES_WORLD_H

#include "sched/sched.h"
#include "tests/races/races.h"

#define VMS      4
#define VM_VCPUS 3 /* at most */
#define NOBODY   UINT32_MAX

struct world {
    struct sched sched;
    struct sched_rq queue[PLAYERS];
    struct sched_vm vm[VMS];
    struct sched_vcpu vcpu[VMS * VM_VCPUS];
    uint32_t vcpus;
    uint64_t now;                     /* ns, of all */
    uint64_t since[PLAYERS];          /* ns: when a pCPU's VCPU was charged last */
    struct sched_vcpu *runs[PLAYERS]; /* who runs there, */
    uint64_t slice[PLAYERS];          /* ns: and for how long, until the pCPU is to be asked again */
    uint32_t owner[VMS * VM_VCPUS];   /* and where a VCPU runs, by its pCPU's own word; NOBODY's: nowhere */
    bool asked[PLAYERS];              /* what a kick does */
    uint32_t arrived, meetings;
};

extern struct world world;

/* All are at rest: is what the frame has written down true, and does nobody wait in vain? */
void check_rest(void);

/* Wakes a VCPU that is blocked, while all are at rest. If there are idle pCPUs that may run it, other than those that
 * are taken, it has to go to one of them, which has to be asked, and is taken from now on. */
void check_waking(uint32_t number, uint64_t now, struct pcpu_set *taken);

/* The same for one whose pCPU runs somebody, as if no pCPU idled. Then it turns out that some do: one of those that may
 * run it has to be claimed and asked. */
void check_helping(uint32_t number, uint64_t now);

#endif
