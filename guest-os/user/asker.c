/* SPDX-License-Identifier: MIT */
/*
 * Asks for one timer, and notes how long it took: by the guest's clock, and by the host's.
 */
#include "guest-os/user/programs.h"
#include "guest-os/user/user.h"

static uint64_t host_ns(void)
{
    return (uint64_t)call(CALL_WALL_TIME, 0, 0);
}

void asker(uint64_t at, uint64_t ticks)
{
    uint64_t began, began_host, reported[3] = {ticks * NS_PER_TICK}; /* as ASKER_NUMBERS says */

    sleep_until(at);
    began = now();
    began_host = host_ns();
    sleep_until(began + ticks);
    reported[1] = (now() - began) * NS_PER_TICK;
    reported[2] = host_ns() - began_host;
    report(reported, 3);
    exit(0);
}
