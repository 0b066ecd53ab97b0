/* SPDX-License-Identifier: MIT */
/*
 * What a spinner sees of one span of its time, with its steal-time record beside the clock. Times are ticks of the
 * guest's clock; a tick is 100 ns.
 */
#ifndef TEST_VIEW_H
#define TEST_VIEW_H

#include "tests/guests/steal.h"

#define MS        10000UL
#define TICK_NS   100
#define GAP_LEAST (MS / 200) /* between two looks at the clock: somebody else had the CPU */

static struct view {
    uint64_t passes, elapsed, gaps, breaks,
        longest;    /* breaks: how many gaps; longest: of all times between two looks */
    uint64_t steal; /* by the record */
    uint64_t wrong; /* odd, backwards, or preempted, while it runs */
    int64_t excess; /* by how much steal grew more than time between two looks, at most; < 0: it never did */
} view;

static inline void note_gap(uint64_t gap)
{
    if (gap > GAP_LEAST) {
        view.gaps += gap;
        view.breaks++;
    }
    if (gap > view.longest)
        view.longest = gap;
}

static inline void look(const volatile struct sbi_sta *record, uint64_t ticks)
{
    uint32_t sequence, last_sequence;
    uint64_t begin = rdtime(), first = sta_steal(record, &last_sequence), last = first;
    uint64_t before_last = begin, before = begin; /* the last look at the record lies between them */

    view = (struct view){.excess = INT64_MIN};
    while (before - begin < ticks) {
        bool odd = record->sequence % 2;
        uint64_t steal = sta_steal(record, &sequence), now = rdtime();
        int64_t excess = (int64_t)(steal - last) / TICK_NS - (int64_t)(now - before_last);

        view.wrong += odd || steal < last || (int32_t)(sequence - last_sequence) < 0 ||
                      record->preempted != 0;
        view.excess = steal != last && excess > view.excess ? excess : view.excess;
        note_gap(now - before);
        view.passes++;
        last = steal, last_sequence = sequence, before_last = before, before = now;
    }
    view.elapsed = before - begin;
    view.steal = (sta_steal(record, &sequence) - first) /
                 TICK_NS; /* of an absence behind the last look at it, too */
}

static inline void tell_view(void)
{
    *report_number("passes") = view.passes;
    *report_number("elapsed") = view.elapsed;
    *report_number("gaps") = view.gaps;
    *report_number("breaks") = view.breaks;
    *report_number("longest") = view.longest;
    *report_number("steal") = view.steal;
    *report_number("wrong_views") = view.wrong;
    *report_signed("excess") = view.excess;
}

#endif
