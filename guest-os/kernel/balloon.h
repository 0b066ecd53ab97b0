/* SPDX-License-Identifier: MIT */
/*
 * VCPU ballooning: a guest that is given two CPUs' time on four CPUs does better with two, since whoever has a lock
 * there is running. How much it is given it knows from what is stolen: in a time T, usable = sum (T - steal) / T over
 * its CPUs. It keeps as many CPUs, rounded up, and stops the others by SBI HSM.
 *
 * A CPU that is stopped tells nothing of what it would be given. So when nothing is stolen from the others, one more
 * is tried; after each trial in vain the next one waits twice as long.
 */
#ifndef GUEST_BALLOON_H
#define GUEST_BALLOON_H

/* Names its numbers in the report: how many CPUs are `online`, how many were so at `least`, `stops`, `starts`, and
 * `usable_pct`. Boot hart only, before the others come up. */
void balloon_init(void);

/* Looks, and does what there is to do; T is the time since the last look. By one task only, which stays on the lowest
 * of all CPUs: that one never stops. */
void balloon_look(void);

#endif
