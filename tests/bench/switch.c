/* SPDX-License-Identifier: MIT */
/*
 * Half of a measurement of the switch between two VCPUs: two VMs of this image share a pCPU. Each reads instret
 * all the time (switch_loop.S) and leaves an event EV_GAP for every gap in what it read: a: the last value
 * before it, b: the first one after.
 * Under QEMU's instruction counting instret counts for the whole machine, so one VM's last value
 * and the other's first one lie on one axis. It never stops.
 */
#include "tests/guests/frame/frame.h"

#define EV_GAP 0x180

struct gap {
    uint64_t before, after;
};

struct gap next_gap(void);

int test_main(void)
{
    area_register();
    for (uint32_t n = 0;; n++) {
        struct gap gap = next_gap();
        area_trace(0, EV_GAP, n, gap.before, gap.after);
    }
}
