/* SPDX-License-Identifier: MIT */
/*
 * What will happen, and when: a binary heap by (time, order of putting). Events are embedded in what they are
 * about; an event is in the queue once at most, and putting it again moves it.
 */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H

#include <stdint.h>

#define NEVER UINT64_MAX /* a time */

struct event {
    uint64_t time;  /* ns since the run began */
    uint64_t order; /* among those of one time */
    uint32_t place; /* in the heap; 0: in none */
    void (*happen)(struct event *);
};

struct event_queue {
    struct event **heap; /* from 1 on */
    uint32_t count, room;
    uint64_t puts; /* so far */
};

/* For `room` events at most. Ends the program when there is no memory for that. */
void events_init(struct event_queue *, uint32_t room);
void events_free(struct event_queue *);

/* At `time`, behind all that are there for that time already; NEVER: not at all. */
void events_put(struct event_queue *, struct event *, uint64_t time);

/* The first one, out of the queue; NULL: there is none. */
struct event *events_take(struct event_queue *);

/* When that one is due; NEVER: there is none. */
static inline uint64_t events_due(const struct event_queue *queue)
{
    return queue->count ? queue->heap[1]->time : NEVER;
}

#endif
