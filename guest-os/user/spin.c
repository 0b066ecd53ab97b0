/* SPDX-License-Identifier: MIT */
/*
 * Work without end.
 */
#include "guest-os/user/programs.h"
#include "guest-os/user/progress.h"
#include "guest-os/user/work.h"

void spin(void)
{
    struct progress progress = progress_begin();

    for (;;) {
        work_iterations(WORK_UNIT_ITERATIONS, 0);
        progress_step(&progress, 1);
    }
}

void polite(void)
{
    struct progress progress = progress_begin();

    for (;;) {
        work_iterations(WORK_UNIT_ITERATIONS, 0);
        progress_step(&progress, 1);
        yield();
    }
}
