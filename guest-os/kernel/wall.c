/* SPDX-License-Identifier: MIT */
/*
 * Slewing the wall clock. The drift is how far it is behind host time: `before` as it would be had nobody ever
 * corrected it, `after` as it is.
 */
#include "guest-os/kernel/wall.h"
#include "guest-os/kernel/area.h"
#include "guest-os/kernel/sbi.h"
#include "guest-os/kernel/timer.h"

#define SLOWEST 500 /* thousandths of guest time's speed */
#define FASTEST 4000

/* At the last correction, in ns: host time, guest time, and what the wall clock showed. */
static int64_t host_then, guest_then, shown_then;
static int64_t offset; /* of host time to guest time, at first */
static int64_t speed = 1000;
static int64_t *drift_before_ns, *drift_after_ns;

static int64_t guest_ns(void)
{
    return (int64_t)(time_now() * NS_PER_TICK);
}

/* Where nobody tells it, there is no other time than the guest's. */
static int64_t host_ns(void)
{
    struct sbi_result host = sbi_call(SBI_EXT_STINT, STINT_WALL_TIME, 0, 0, 0);

    return host.error == SBI_SUCCESS ? host.value : guest_ns();
}

void wall_init(void)
{
    host_then = shown_then = host_ns();
    guest_then = guest_ns();
    offset = host_then - guest_then;
    drift_before_ns = report_signed("drift_before_ns");
    drift_after_ns = report_signed("drift_after_ns");
}

/* As fast as host time went since the last correction, and as much faster as makes good the drift by the next one. */
static int64_t choose_speed(int64_t host_passed, int64_t drift, int64_t guest_passed)
{
    int64_t wanted = guest_passed > 0 ? (host_passed + drift) * 1000 / guest_passed : speed;

    return wanted < SLOWEST ? SLOWEST : wanted > FASTEST ? FASTEST : wanted;
}

void wall_correct(void)
{
    int64_t host = host_ns(), guest = guest_ns();
    int64_t shown = shown_then + (guest - guest_then) * speed / 1000;

    *drift_before_ns = host - (guest + offset);
    *drift_after_ns = host - shown;
    speed = choose_speed(host - host_then, host - shown, guest - guest_then);
    host_then = host;
    guest_then = guest;
    shown_then = shown;
}
