/* SPDX-License-Identifier: MIT */
/* The simulator's queue of events: by time, and in the order of putting among those of one time. */
#include "tests/unit/unit.h"

#include "sched/sim/events.h"
#include "sched/sim/host.h"

#define MANY 500

static struct event_queue queue;
static struct event event[MANY];

static void test_by_time(void **state)
{
    (void)state;
    events_init(&queue, 4);
    events_put(&queue, &event[0], 30);
    events_put(&queue, &event[1], 10);
    events_put(&queue, &event[2], 20);
    assert_true(events_due(&queue) == 10);
    assert_ptr_equal(events_take(&queue), &event[1]);
    assert_ptr_equal(events_take(&queue), &event[2]);
    assert_ptr_equal(events_take(&queue), &event[0]);
    assert_null(events_take(&queue));
    assert_true(events_due(&queue) == NEVER);
    events_free(&queue);
}

static void test_equal_times_in_the_order_of_putting(void **state)
{
    (void)state;
    events_init(&queue, 8);
    for (uint32_t i = 0; i < 8; i++)
        events_put(&queue, &event[i], 5);
    events_put(&queue, &event[3], 5); /* again: it is the last now */
    for (uint32_t i = 0; i < 7; i++)
        assert_ptr_equal(events_take(&queue), &event[i < 3 ? i : i + 1]);
    assert_ptr_equal(events_take(&queue), &event[3]);
    events_free(&queue);
}

static void test_never_takes_it_out(void **state)
{
    (void)state;
    events_init(&queue, 2);
    events_put(&queue, &event[0], 1);
    events_put(&queue, &event[1], 2);
    events_put(&queue, &event[0], NEVER);
    events_put(&queue, &event[0], NEVER);
    assert_ptr_equal(events_take(&queue), &event[1]);
    assert_null(events_take(&queue));
    events_free(&queue);
}

/* What events_take gives, in order, is what a search of all of them finds. */
static void test_many(void **state)
{
    uint64_t random = 1;

    (void)state;
    events_init(&queue, MANY);
    for (uint32_t turn = 0; turn < 20 * MANY; turn++) {
        struct event *put, *first = NULL;

        random = random * 6364136223846793005 + 1442695040888963407;
        put = &event[(random >> 40) % MANY];
        events_put(&queue, put, (random >> 33) % 8 == 0 ? NEVER : (random >> 50) % 100);
        if ((random >> 20) % 4)
            continue;
        for (uint32_t i = 0; i < MANY; i++)
            if (event[i].place && (!first || event[i].time < first->time ||
                                   (event[i].time == first->time && event[i].order < first->order)))
                first = &event[i];
        assert_ptr_equal(events_take(&queue), first);
    }
    events_free(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_time),
        cmocka_unit_test(test_equal_times_in_the_order_of_putting),
        cmocka_unit_test(test_never_takes_it_out),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
