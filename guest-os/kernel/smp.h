/* SPDX-License-Identifier: MIT */
/*
 * Several harts: bringing them up, and calling one from another.
 */
#ifndef GUEST_SMP_H
#define GUEST_SMP_H

#include <stdint.h>
#include "guest-os/kernel/cpu.h"

/* Starts every hart of the set but this one, also those that have stopped. They come in by themselves, in any order:
 * nobody waits for them. */
void smp_start_others(uint64_t harts);

/* Interrupts the CPUs of the set: they are to call schedule(). */
void smp_kick(uint64_t set);

/* Such an interrupt has been noticed. */
void smp_kicked(void);

/* This hart stops. If it is started again it comes in as it did the first time. Interrupts must be off. */
__attribute__((noreturn)) void smp_stop(void);

/* Waits until an interrupt is pending on this hart: a kick, which is noticed here, or the timer. */
void smp_wait(void);

#endif
