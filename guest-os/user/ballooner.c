/* SPDX-License-Identifier: MIT */
/*
 * Looks every now and then how many CPUs the guest really has, and lets it keep no more than those.
 */
#include "guest-os/user/programs.h"
#include "guest-os/user/user.h"

void ballooner(uint64_t period)
{
    uint64_t until = now();

    do
        sleep_until(until += period);
    while (call(CALL_BALLOON, 0, 0) == 1);
    exit(0);
}
