/* SPDX-License-Identifier: MIT */
/*
 * The region of RAM in which the hypervisor says what it does. It begins at a
 * fixed physical address; the host maps QEMU's RAM file and reads it there,
 * while the machine runs or after it ended, however it ended.
 *
 *   STINT_SHARED_BASE  struct stint_shared
 *   + pcpus_offset     struct stint_pcpu_stats [pcpus]
 *   + vms_offset       struct stint_vm_stats   [vms]
 *   + vcpus_offset     struct stint_vcpu_stats [vcpus]   VCPUs of a VM are neighbours
 *   + commands_offset  struct stint_command    [commands]
 *   + rings_offset     struct stint_event      [pcpus][ring_slots]
 *   + areas_offset     the guests' areas, each at its own offset (stint_vm_stats)
 *
 * All times are ticks of the machine's timer, `timebase_hz` a second (10 MHz
 * on QEMU's virt: one tick is 100 ns). Everything little-endian.
 *
 * Times are kept so that nothing has to be closed before it is read: the time
 * of the last change of a pCPU is start_time + the sum of its ticks[], and so
 * it is for a VCPU. What has passed since then belongs to `state`. At any
 * instant T >= all of those times the reader adds T - (time of last change) to
 * ticks[state]; the parts then sum to T - start_time by construction.
 */
#ifndef STINT_SHARED_H
#define STINT_SHARED_H

#include <stdint.h>
#include <stint/trace.h>

#define STINT_RAM_BASE       0x80000000UL
#define STINT_SHARED_BASE    0x80600000UL
#define STINT_SHARED_MAGIC   "STINTRAM"
#define STINT_SHARED_VERSION 3

/* The hypervisor's limits; the simulator is compiled with others. */
#ifndef STINT_MAX_PCPUS
#define STINT_MAX_PCPUS 8
#endif
#ifndef STINT_MAX_VMS
#define STINT_MAX_VMS 64
#endif
#ifndef STINT_MAX_VM_VCPUS
#define STINT_MAX_VM_VCPUS 32
#endif
#ifndef STINT_MAX_VCPUS
#define STINT_MAX_VCPUS 256
#endif
#define STINT_MAX_SCHEDS   8
#define STINT_MAX_COMMANDS 64

/* To whom a tick of a pCPU belongs. */
enum stint_pcpu_state {
    STINT_PCPU_GUEST,    /* a guest runs */
    STINT_PCPU_HYP_VCPU, /* the hypervisor works for a VCPU: its exits */
    STINT_PCPU_HYP_SELF, /* the hypervisor works for itself: slices, beats, kicks, scheduling */
    STINT_PCPU_IDLE,
    STINT_PCPU_STATES
};

enum stint_runstate {
    STINT_RUNNING,
    STINT_RUNNABLE,
    STINT_PARKED,
    STINT_BLOCKED,
    STINT_OFFLINE,
    STINT_RUNSTATES
};

/* Why a guest stopped, as counted and shown. */
enum stint_exit {
    STINT_EXIT_ECALL, /* an SBI call */
    STINT_EXIT_TIMER, /* slice or deadline: the pCPU's own timer */
    STINT_EXIT_KICK,  /* another pCPU wanted attention */
    STINT_EXIT_WFI,
    STINT_EXIT_MMIO, /* an emulated device */
    STINT_EXIT_FAULT, /* RAM touched for the first time, or a fault of the guest's own, which is passed on to it */
    STINT_EXIT_CSR,  /* virtual instruction: a register or instruction the guest may not have */
    STINT_EXIT_FP,   /* first use of floating point since it came in */
    STINT_EXIT_BEAT, /* the short timer that makes harts look parallel (DESIGN section 8) */
    STINT_EXIT_OTHER,
    STINT_EXITS
};

enum stint_vm_state {
    STINT_VM_WAITING,
    STINT_VM_RUNNING,
    STINT_VM_STOPPED,
    STINT_VM_CRASHED,
    STINT_VM_PAUSED
};

enum stint_end {
    STINT_END_NOT,     /* still going, or cut off */
    STINT_END_TIME,    /* the scenario's time is over */
    STINT_END_STOPPED, /* every VM has stopped */
    STINT_END_STUCK,   /* every VCPU waits and nothing can wake one */
    STINT_END_REFUSED, /* the scenario is wrong; nothing was started; `message` says why */
    STINT_END_PANIC,   /* the hypervisor itself failed; `message` says why */
};

struct stint_shared {
    char magic[8]; /* written last: the region is ready */
    uint32_t version;
    uint32_t end; /* enum stint_end */
    uint32_t pcpus, vms, vcpus;
    uint32_t timebase_hz;
    uint32_t ring_slots; /* events a pCPU's ring holds; 0: trace off */
    uint32_t boot_hart;
    uint64_t pcpus_offset, vms_offset, vcpus_offset, rings_offset, areas_offset, bytes;
    uint64_t start_time;              /* host time at which accounting begins */
    uint64_t end_time;                /* host time at which it ended; 0 while running */
    uint64_t boot_instret;            /* instructions counted at the hypervisor's first, */
    uint64_t entry_instret;           /* and just before the first entry of a guest */
    uint64_t pages_total, pages_free; /* of 4096 bytes, for guests, their tables and the like */
    char sched[16];                   /* the scheduler in force */
    char message[512];
    char scheds[STINT_MAX_SCHEDS][16]; /* all there are; "" after the last */
    uint64_t commands;
    uint64_t commands_offset;
};

/* What the operator asked for: a line of the scenario that begins with `at`. */
struct stint_command {
    char text[64];          /* after the colon */
    char why[128];          /* why it was refused, the last time it was; "" */
    uint64_t time;          /* host time at which it is due, for the first time */
    uint32_t done, refused; /* how often */
};

struct stint_pcpu_stats {
    uint64_t ticks[STINT_PCPU_STATES];
    uint32_t state; /* enum stint_pcpu_state */
    uint32_t hart;
    uint64_t trace_head; /* events ever written to its ring */
    uint64_t switches;   /* times another VCPU came in */
    uint64_t kicks;      /* interrupts it sent to other pCPUs */
    uint32_t vcpu;       /* index of the VCPU it runs, or STINT_NO_VCPU */
    uint32_t reserved[3];
};

struct stint_vm_stats {
    char name[32];
    char guest[64];
    char why[160];  /* of its end, in words */
    uint32_t state; /* enum stint_vm_state */
    uint32_t vmid;
    uint32_t first_vcpu, vcpus;
    uint64_t memory; /* bytes of RAM the guest was given */
    uint64_t pages;  /* pages held now: guest RAM and tables */
    uint64_t hgatp;  /* 0 when the VM holds no tables */
    uint64_t htimedelta;
    uint64_t area_offset; /* of its area, from STINT_SHARED_BASE; 0: none registered */
    uint64_t area_bytes;
    uint64_t started; /* host time of its last start; 0: never */
    uint64_t starts;
};

struct stint_vcpu_stats {
    uint32_t vm, id;
    uint32_t state; /* enum stint_runstate */
    uint32_t pcpu;  /* where it is, or was last */
    uint64_t ticks[STINT_RUNSTATES];
    uint64_t hyp; /* ticks of the hypervisor on its behalf; part of ticks[RUNNING] */
    /* While RUNNING: its pCPU's ticks[GUEST] + ticks[HYP_VCPU], and ticks[HYP_VCPU], when it came in.
     * What they have grown by since is run time, the rest of the open time is steal (a VCPU waits
     * while the hypervisor works for itself). */
    uint64_t run_base, hyp_base;
    uint64_t switches; /* times it came onto a pCPU after another VCPU, or another pCPU */
    uint64_t migrations;
    uint64_t exits[STINT_EXITS];
    /* Ticks that the hypervisor spent on them. Those of interrupts (TIMER, KICK, BEAT) are its own; the others and
     * `served` are its work for the VCPU, and together `hyp`: up to its last exit, not up to its last leaving. */
    uint64_t exit_ticks[STINT_EXITS];
    uint64_t served; /* ticks: what others asked of it, waits that were none, its steal-time record */
};

_Static_assert(sizeof(struct stint_pcpu_stats) == 80, "the host reads this layout");
_Static_assert(sizeof(struct stint_vm_stats) == 256 + 16 + 64, "the host reads this layout");
_Static_assert(sizeof(struct stint_vcpu_stats) == 16 + 40 + 8 + 16 + 16 + 80 + 80 + 8,
               "the host reads this layout");
_Static_assert(sizeof(struct stint_command) == 208, "the host reads this layout");
_Static_assert(sizeof(struct stint_shared) == 40 + 96 + 16 + 512 + 128 + 16, "the host reads this layout");

#endif
