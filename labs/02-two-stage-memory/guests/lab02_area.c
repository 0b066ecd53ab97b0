/* SPDX-License-Identifier: MIT */
/*
 * A page is moved while siblings use it: the boot hart hands over its area, with which the hypervisor exchanges the
 * pages behind it. Once the call has returned, whatever a sibling stores there must be seen by all.
 *
 * Arguments: hands=N (siblings that use the area meanwhile; the others of the machine only spin), at=N (ticks: when it
 * is handed over), for=N (ticks that all go on spinning afterwards).
 */
#include "tests/guests/frame/frame.h"

#define PATIENCE 300000UL /* ticks, 30 ms */
#define PAGE     4096UL

extern struct stint_area stint_area; /* its beginning (guest-os/kernel/area.c) */

static volatile uint64_t ready[HARTS], moved, stored[HARTS], until;

/* A word of the area that nobody else uses: of the last page of its rings, one for each hart. */
static volatile uint64_t *word_of(uint64_t id)
{
    return (volatile uint64_t *)((char *)&stint_area + stint_area.bytes - PAGE) + id;
}

static void spin(void)
{
    while (!until || rdtime() < until)
        ;
}

/* Its translation of the page is in use when the page moves; then it stores once. */
static void use(uint64_t hands)
{
    uint64_t id = this_hart()->id;

    *word_of(id) = 1;
    ready[id] = 1;
    if (id <= hands) {
        while (!moved)
            *word_of(id) = 1;
        *word_of(id) = 2;
        stored[id] = 1;
    }
    spin();
}

static void begin_others(uint64_t hands)
{
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, use, hands);
    for (uint64_t id = 1; id < hart_count; id++)
        await(&ready[id], 1, PATIENCE * 10);
}

int test_main(void)
{
    uint64_t hands = arg_number("hands", hart_count - 1), lost = 0;

    if (hands >= hart_count)
        hands = hart_count - 1;
    begin_others(hands);
    spin_until(arg_number("at", 0));
    *report_number("before") = rdtime();
    area_register();
    *report_number("after") = rdtime();
    moved = 1;
    for (uint64_t id = 1; id <= hands; id++) {
        await(&stored[id], 1, PATIENCE);
        lost += *word_of(id) != 2;
    }
    *report_number("stores") = hands;
    *report_number("lost") = lost;
    until = rdtime() + arg_number("for", 100000);
    *report_number("finished") = 1;
    spin();
    return 0;
}
