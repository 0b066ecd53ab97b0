/* SPDX-License-Identifier: MIT */
/*
 * A guest machine: RAM, VCPUs, devices.
 *
 * Its life: WAITING until its start time, RUNNING, then STOPPED (its own wish,
 * or the operator's) or CRASHED (it did wrong); a stop takes effect when its last VCPU
 * has gone offline, and that pCPU frees its memory or boots it anew.
 */
#ifndef HYP_VM_H
#define HYP_VM_H

#include <stdbool.h>
#include <stdint.h>
#include <stint/shared.h>
#include "hyp/clock.h"
#include "hyp/config.h"
#include "hyp/dev/uart.h"
#include "hyp/gstage.h"
#include "hyp/guest_clock.h"
#include "lib/spinlock.h"

struct pcpu;
struct vcpu;

#define VM_RAM_BASE 0x80000000UL

struct vm {
    uint32_t index; /* VMID is index + 1 */
    const struct scenario_vm *config;
    struct stint_vm_stats *stats;

    struct spinlock lock; /* guards gstage, uart and area; no other lock is taken under it but the page
                                       allocator's and the console's */
    struct gstage gstage;
    struct uart uart;
    uint64_t htimedelta; /* added to host time; changes only while no VCPU runs (guest_clock.h) */
    struct guest_clock clock;

    struct vcpu *vcpus;
    uint32_t vcpu_count;
    struct sched_vm sched;
    uint32_t online;    /* VCPUs that are not offline, and who is about to end them; under lock */
    uint32_t ending;    /* enum vm_ending; under lock: who sets it first decides */
    bool resumes;       /* it was resumed while its VCPUs went offline for a pause; under lock */
    struct timer timer; /* its start */
};

enum vm_ending { VM_GOES_ON, VM_PAUSES, VM_STOPS, VM_CRASHES, VM_REBOOTS };

extern struct vm *vms;
extern uint32_t vm_count;

/* The VM's tables of the shared region and of struct vm, from the scenario. Nothing runs yet. */
void vm_init_all(const struct scenario *);

/* If all VMs were started now, one after the other: the first that the scheduler would not take, or NULL. */
const struct vm *vm_find_refused(void);

/* The run begins: VCPUs' times count from here, and each VM will start when its time comes. */
void vm_begin_all(struct pcpu *self);

/* VCPU v, whose hsm the caller has made START_PENDING, begins at pc with a1 = opaque. */
void vm_start_vcpu(struct vcpu *v, uint64_t pc, uint64_t opaque);

/* Loads its images and device tree and puts VCPU 0 online. */
void vm_start(struct vm *);

/* Ends the VM: its VCPUs go offline, then it is STOPPED or CRASHED (or starts anew). The first reason
 * counts. `why`: as printf, in words, for the report. From any pCPU. */
void vm_end(struct vm *, enum vm_ending, const char *why, ...) __attribute__((format(printf, 3, 4)));

/* A guest did what it must not: says so on the console with its state, then ends the VM. Called on the
 * pCPU on which `v` is current. */
void vm_crash(struct vcpu *v, const char *why, ...) __attribute__((format(printf, 2, 3)));

/* Its VCPUs go offline, and come back; of a VM that is about to pause, once they all are. */
void vm_pause(struct vm *);
void vm_resume(struct vm *);

/* A VCPU of it went offline; the last one makes the VM's end, or pause, come true. */
void vm_vcpu_gone(struct vm *);

/* Is [gpa, gpa + bytes) RAM of this VM? bytes > 0; wraps are refused. */
static inline bool vm_is_ram(const struct vm *vm, uint64_t gpa, uint64_t bytes)
{
    uint64_t offset = gpa - VM_RAM_BASE;
    return offset < vm->config->memory && bytes <= vm->config->memory - offset;
}

/* Whatever pCPUs that do not run it now remember of its translations is void. */
void vm_forget_translations(struct vm *);

/* Copies between the hypervisor and guest RAM. False, and nothing promised about the destination, unless
 * all of it is RAM and pages can be had. */
bool vm_read(struct vm *, uint64_t gpa, void *to, uint64_t bytes);
bool vm_write(struct vm *, uint64_t gpa, const void *from, uint64_t bytes);

/* The host address of RAM at gpa, mapped now if it was not, up to the end of its page. It may change when the guest
 * hands over an area (vm_set_area). NULL: not RAM, or no page left. Under the VM's lock. */
void *vm_host_address(struct vm *, uint64_t gpa);

/* STINT_SET_AREA of include/stint/sbi.h; returns SBI's error number. */
long vm_set_area(struct vm *, uint64_t gpa, uint64_t bytes);

/* Makes sure that the page with gpa is mapped. False: not RAM, or no page left. */
bool vm_touch(struct vm *, uint64_t gpa);

#endif
