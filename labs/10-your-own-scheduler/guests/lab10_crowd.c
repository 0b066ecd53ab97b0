/* SPDX-License-Identifier: MIT */
/*
 * Many harts that want to run and offer their place again and again (STINT_YIELD): each offer is a decision of the
 * hypervisor's scheduler. How many there were in the time that has passed tells what one costs.
 */
#include <stint/sbi.h>
#include "tests/guests/frame/frame.h"

static volatile uint64_t offers[HARTS];

static void offer(uint64_t id)
{
    for (;;) {
        sbi_call(SBI_EXT_STINT, STINT_YIELD, 0, 0, 0);
        offers[id]++;
    }
}

/* The boot hart looks on: each time it comes to run it adds up what the others have done since all have begun. */
int test_main(void)
{
    uint64_t sum, before = 0, began = 0;

    area_register();
    uint64_t *harts = report_number("harts"), *made = report_number("offers"), *took = report_number("ns");

    for (uint64_t id = 1; id < hart_count; id++)
        check("start", (uint64_t)hart_start(id, offer, id), 0);
    for (;;) {
        sum = 0;
        *harts = 1;
        for (uint64_t id = 1; id < hart_count; id++) {
            sum += offers[id];
            *harts += offers[id] > 0;
        }
        if (*harts == hart_count && !began) {
            began = rdtime();
            before = sum;
        }
        *made = sum - before;
        *took = began ? (rdtime() - began) * 100 : 0;
        sbi_call(SBI_EXT_STINT, STINT_YIELD, 0, 0, 0);
    }
}
