/* SPDX-License-Identifier: MIT */
/*
 * The operator's commands: the lines of the scenario that begin with `at`.
 */
#ifndef HYP_COMMAND_H
#define HYP_COMMAND_H

#include <stdint.h>
#include "hyp/config.h"

struct pcpu;

/* Arms them on this pCPU; `start`: the host time at which the run begins. What becomes of them stands in the shared
 * region's table, which has a row for each. */
void command_arm_all(struct pcpu *self, const struct scenario *, uint64_t start);

#endif
