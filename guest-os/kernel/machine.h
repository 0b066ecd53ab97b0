/* SPDX-License-Identifier: MIT */
/*
 * What this machine is, from its device tree.
 */
#ifndef GUEST_MACHINE_H
#define GUEST_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define MACHINE_ARGS_LENGTH 511

struct machine {
    uint64_t harts; /* bit n: there is a hart of id n */
    bool sstc;      /* they have stimecmp */
    char args[MACHINE_ARGS_LENGTH + 1];
};

/* Panics when this kernel cannot run on such a machine. To be called before the MMU is on: the tree lies
 * anywhere. */
void machine_read(struct machine *machine, const void *tree);

#endif
