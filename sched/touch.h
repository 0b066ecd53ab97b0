/* SPDX-License-Identifier: MIT */
/* For benchmarks of the schedulers: sched_touch is called for every node of a queue that is looked at. */
#ifndef SCHED_TOUCH_H
#define SCHED_TOUCH_H

#include <stdint.h>

#ifdef SCHED_COUNT_TOUCHES
extern uint64_t sched_touched;
static inline void sched_touch(void)
{
    sched_touched++;
}
#else
static inline void sched_touch(void)
{
}
#endif

#endif
