/* SPDX-License-Identifier: MIT */
/*
 * A clock that is kept by counting the periods of a timer, as kernels did for long: it is right as long as every period
 * is seen. Those that end while the CPU is away are one interrupt. A guest that lets them coalesce counts one, and has
 * lost the others; one that replays counts one, and asks at once for the next, until none is left.
 */
#ifndef GUEST_TICK_H
#define GUEST_TICK_H

#include <stdbool.h>
#include <stdint.h>
#include "guest-os/kernel/cpu.h"

#define TICK_NS 10000000

/* The boot CPU counts from now on: `ticks` and `lost_ns` in the report. */
void tick_start(bool replay);

/* Guest time of the next period's end, if that CPU counts; NEVER: it does not. */
uint64_t tick_next(const struct cpu *cpu);

/* It is `now`: counts, if the period has ended. */
void tick_look(const struct cpu *cpu, uint64_t now);

#endif
