/* SPDX-License-Identifier: MIT */
/*
 * The guest's own scheduler: one queue of ready tasks for all CPUs, one lock. What is fair is not known here:
 * that is the policy's (guest-os/policy/policy.h).
 *
 *               sched_add            schedule
 *     (made) -------------> READY <------------> RUNNING ------> ENDED
 *                             ^    sched_yield      |  sched_exit
 *                             |                     |
 *                             +----- SLEEPING <-----+
 *                            timer         sched_sleep
 */
#ifndef GUEST_SCHED_H
#define GUEST_SCHED_H

#include <stdint.h>
#include "guest-os/kernel/cpu.h"
#include "guest-os/kernel/task.h"

struct policy;

void sched_init(const struct policy *policy);
void sched_cpu_init(struct cpu *cpu);

/* Whether a slice is so much time in which the CPU was there, or, as at first, so much time. */
void sched_measure_slices(bool without_steal);

/* A new task. Boot hart only. */
void sched_add(struct task *task);

/*
 * The task that runs on this CPU from now on: the one that did, unless its time is over or a better one
 * waits. Wakes the sleepers that are due, sets the timer, and waits for an interrupt while there is nobody
 * to run. Returns with the address space of that task in force.
 */
struct task *schedule(struct cpu *cpu);

/* The task that runs on this CPU gives way, sleeps until a guest time, or is over. schedule() must follow. */
void sched_yield(struct cpu *cpu);
void sched_sleep(struct cpu *cpu, uint64_t when);
/* Ends the machine with the last of the tasks; it does not return then. With the last that is no helper, those that are
 * wake up. */
void sched_exit(struct cpu *cpu, uint64_t status);

/* Tasks that have not ended and are no helpers. */
uint32_t sched_working(void);

/* The CPUs that take tasks, as bits. */
uint64_t sched_online(void);

/* These CPUs are to stop, each as soon as its task gives way; they come back by smp_start_others(). A task that runs
 * there goes on elsewhere if it may. */
void sched_retire(uint64_t set);

#endif
