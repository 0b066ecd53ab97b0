/* SPDX-License-Identifier: MIT */
/*
 * A known amount of work. Its checksum is the same on every machine, however often the program was
 * interrupted.
 */
#include "guest-os/user/programs.h"
#include "guest-os/user/progress.h"
#include "guest-os/user/work.h"

/* Says so whenever another tenth of it is done. */
static void tell_tenths(uint64_t done, uint64_t units)
{
    uint64_t tenths = done * 10 / units;

    if (tenths != (done - 1) * 10 / units)
        call(CALL_PROGRESS, done, tenths * 10);
}

void finite(uint64_t iterations)
{
    struct progress progress = progress_begin();
    uint64_t *sum = &progress.reported[PROGRESS_SUM];
    uint64_t units = iterations / WORK_UNIT_ITERATIONS, rest = iterations % WORK_UNIT_ITERATIONS;

    for (uint64_t done = 1; done <= units; done++) {
        *sum = work_iterations(WORK_UNIT_ITERATIONS, *sum);
        progress_step(&progress, 1);
        tell_tenths(done, units);
    }
    if (rest)
        *sum = work_iterations(rest, *sum);
    report(progress.reported, 3);
    exit(0);
}
