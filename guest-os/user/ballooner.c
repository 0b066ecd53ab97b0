/* SPDX-License-Identifier: MIT */
/*
 * Looks every now and then how many CPUs the guest really has, and lets it keep no more than those.
 */
#include "guest-os/user/programs.h"
#include "guest-os/user/user.h"

void ballooner(uint64_t period)
{
    do
        sleep_until(now() +
                    period); /* after a late look no short one: steal is told late, and weighs more in it */
    while (call(CALL_BALLOON, 0, 0) == 1);
    exit(0);
}
