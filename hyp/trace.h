/* SPDX-License-Identifier: MIT */
/*
 * Writing the trace (include/stint/trace.h has the layout). A record is five
 * stores into this pCPU's own ring: no lock, no exit, no console byte.
 */
#ifndef HYP_TRACE_H
#define HYP_TRACE_H

#include <stdint.h>
#include <stint/trace.h>
#include "hyp/pcpu.h"

static inline void trace(struct pcpu *self, uint64_t time, enum stint_event_type type, uint64_t vcpu,
                         uint64_t arg, uint64_t a, uint64_t b)
{
    if (!self->ring)
        return;
    uint64_t n = self->stats->trace_head;
    struct stint_event *event = &self->ring[n & self->ring_mask];
    event->time = time;
    event->type = (uint16_t)type;
    event->vcpu = (uint16_t)vcpu;
    event->arg = (uint32_t)arg;
    event->a = a;
    event->b = b;
    self->stats->trace_head = n + 1;
}

#endif
