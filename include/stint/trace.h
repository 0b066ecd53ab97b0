/* SPDX-License-Identifier: MIT */
/*
 * The trace: fixed-size binary events, little-endian, in rings. The hypervisor
 * keeps one ring a pCPU (in the shared region, include/stint/shared.h), a guest
 * one ring a VCPU (in its area, include/stint/guest.h). A ring has a power of
 * two of slots; event number n (from 0) is in slot n mod slots; the ring's head
 * is the number of events ever written, so max(0, head - slots) are lost.
 */
#ifndef STINT_TRACE_H
#define STINT_TRACE_H

#include <stdint.h>

struct stint_event {
    uint64_t time; /* ticks: host time in the hypervisor's rings, guest time in a guest's */
    uint16_t type; /* enum stint_event_type */
    uint16_t vcpu; /* index in the VCPU table; STINT_NO_VCPU where none; VCPU number in a guest's ring */
    uint32_t arg;  /* by type */
    uint64_t a, b; /* by type */
};

#define STINT_NO_VCPU 0xffff

/*
 * By type: what arg, a and b hold.
 */
enum stint_event_type {
    /* The hypervisor's. */
    STINT_EV_NONE = 0,
    STINT_EV_EXIT = 1,    /* arg: exit class (enum stint_exit), a: guest pc, b: ticks its handling took.
                              time is that of the exit. One record covers the exit and its handling. */
    STINT_EV_RUN = 2,     /* a VCPU came onto this pCPU. a: slice in ns, all-ones: no end */
    STINT_EV_LEAVE = 3,   /* it left. arg: its new runstate (enum stint_runstate) */
    STINT_EV_WAKE = 4,    /* vcpu became runnable. arg: enum stint_wake, a: pCPU it is queued on */
    STINT_EV_MIGRATE = 5, /* arg: enum stint_migrate, a: from pCPU, b: to pCPU */
    STINT_EV_FENCE = 6,   /* arg: enum stint_fence, a: hgatp in force, b: why (enum stint_fence_why) */
    STINT_EV_VM = 7,      /* arg: new state (enum stint_vm_state), a: VM index, b: free pages after it */
    STINT_EV_DELTA = 8,   /* a: VM index, b: htimedelta from now on */
    STINT_EV_KICK = 9,    /* a: the pCPU that is sent an interrupt */
    STINT_EV_VCPU = 10,   /* a VCPU went offline (arg 0) or came up (1; a: the pCPU it was given) */
    STINT_EV_PARK = 11,   /* vcpu, which wants to run, may not (arg 1), or may again (0) */
    STINT_EV_SCHED =
        12, /* sched. arg: which scheduler (index in stint_shared.scheds), a: number of the command, b: 1: it
                                is in force from now on, 0: it was refused */
    STINT_EV_SCHED_SET =
        13, /* sched-set. arg: 1: the value is in force from now on, 0: it was refused, a: number of the
                                command, b: the value */

    /* A guest's. Types from 0x100; a guest may add its own above 0x180. */
    STINT_EV_TASK_RUN =
        0x100, /* arg: task (index in the area's task table) now runs on this VCPU; STINT_NO_TASK: idle */
    STINT_EV_TASK_READY = 0x101,  /* arg: task */
    STINT_EV_TASK_SLEEP = 0x102,  /* arg: task, a: guest ticks of its wake-up */
    STINT_EV_TASK_EXIT = 0x103,   /* arg: task, a: exit status */
    STINT_EV_JOB_RELEASE = 0x104, /* arg: task, a: job number, b: deadline in guest ticks */
    STINT_EV_JOB_DONE = 0x105,    /* arg: task, a: job number, b: ticks late (0: in time) */
    STINT_EV_PROGRESS = 0x106,    /* arg: task, a: work done so far */
    STINT_EV_LOCK = 0x107, /* arg: lock, a: spins before it was had, b: ticks from wanting it to having it */
};

#define STINT_NO_TASK 0xffffffffu

enum stint_wake { STINT_WAKE_TIMER, STINT_WAKE_IPI, STINT_WAKE_START, STINT_WAKE_RESUME, STINT_WAKE_CONSOLE };
enum stint_migrate { STINT_MIGRATE_WAKE, STINT_MIGRATE_STEAL, STINT_MIGRATE_AFFINITY, STINT_MIGRATE_SWITCH };
enum stint_fence { STINT_FENCE_GVMA, STINT_FENCE_VVMA, STINT_FENCE_I };
enum stint_fence_why {
    STINT_FENCE_MOVED,    /* the VCPU last ran on another pCPU */
    STINT_FENCE_SIBLING,  /* a sibling of the same VMID ran here since */
    STINT_FENCE_UNMAP,    /* a G-stage mapping went away or changed */
    STINT_FENCE_GUEST,    /* a guest asked for it (SBI RFENCE) */
    STINT_FENCE_NEW_VMID, /* the VMID is given to another VM */
};

#endif
