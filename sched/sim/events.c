/* SPDX-License-Identifier: MIT */
/*
 * The heap of events: see events.h.
 */
#include "sched/sim/events.h"
#include <stdbool.h>
#include "sched/sim/host.h"

void events_init(struct event_queue *queue, uint32_t room)
{
    *queue = (struct event_queue){.heap = host_memory(room + 1, sizeof(struct event *)), .room = room};
}

void events_free(struct event_queue *queue)
{
    host_free(queue->heap);
}

static bool is_before(const struct event *a, const struct event *b)
{
    return a->time < b->time || (a->time == b->time && a->order < b->order);
}

static void set(struct event_queue *queue, uint32_t place, struct event *event)
{
    queue->heap[place] = event;
    event->place = place;
}

static void rise(struct event_queue *queue, uint32_t place, struct event *event)
{
    for (; place > 1 && is_before(event, queue->heap[place / 2]); place /= 2)
        set(queue, place, queue->heap[place / 2]);
    set(queue, place, event);
}

static void sink(struct event_queue *queue, uint32_t place, struct event *event)
{
    for (;;) {
        uint32_t below = 2 * place;

        if (below < queue->count && is_before(queue->heap[below + 1], queue->heap[below]))
            below++;
        if (below > queue->count || is_before(event, queue->heap[below]))
            break;
        set(queue, place, queue->heap[below]);
        place = below;
    }
    set(queue, place, event);
}

/* Puts the last one into the gap that `event` leaves. */
static void drop(struct event_queue *queue, struct event *event)
{
    struct event *last = queue->heap[queue->count--];
    uint32_t place = event->place;

    event->place = 0;
    if (last == event)
        return;
    if (place > 1 && is_before(last, queue->heap[place / 2]))
        rise(queue, place, last);
    else
        sink(queue, place, last);
}

void events_put(struct event_queue *queue, struct event *event, uint64_t time)
{
    if (event->place)
        drop(queue, event);
    if (time == NEVER)
        return;
    host_must(queue->count < queue->room, "more events than things they could be about");
    event->time = time;
    event->order = queue->puts++;
    rise(queue, ++queue->count, event);
}

struct event *events_take(struct event_queue *queue)
{
    struct event *first = queue->count ? queue->heap[1] : NULL;

    if (first)
        drop(queue, first);
    return first;
}
