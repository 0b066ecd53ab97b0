/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor says it took: each CPU has a record (include/stint/sta.h), all of them in one page that tasks
 * may read, too. Where nobody tells (SBI extension STA), all records stay zero, as if nothing were ever taken.
 */
#ifndef GUEST_STEAL_H
#define GUEST_STEAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stint/sta.h>
#include "guest-os/kernel/cpu.h"

/* One page, seen by tasks at USER_STEAL (calls.h), where they have no other use for it than to read. */
struct steal_page {
    struct sbi_sta of[CPUS];
} __attribute__((aligned(4096)));

extern struct steal_page steal_page;

/* From now on this hart is told. Whoever stops and starts again begins anew, from 0. */
void steal_init(const struct cpu *cpu);

/* Is anybody told at all? */
bool steal_told(void);

/* Time in ns in which that CPU could have run and did not, since it came up, by the guest's clock. It is written as
 * the CPU comes back: of one that is away now the present absence is not in it. */
static inline uint64_t steal_ns(uint32_t cpu)
{
    return sbi_sta_steal(&steal_page.of[cpu]);
}

#endif
