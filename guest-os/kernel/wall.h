/* SPDX-License-Identifier: MIT */
/*
 * The guest's wall clock. It goes by the guest's own time, which need not be that of the wall; corrected now and then,
 * it goes faster or slower, between half the speed and four times, until it is right. It never goes backwards or jumps.
 */
#ifndef GUEST_WALL_H
#define GUEST_WALL_H

/* It is set, to host time, and goes on uncorrected: `drift_before_ns` and `drift_after_ns` in the report. */
void wall_init(void);

/* Compares it with host time (SBI, STINT_WALL_TIME), and chooses its speed until the next time. */
void wall_correct(void);

#endif
