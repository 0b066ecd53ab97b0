/* SPDX-License-Identifier: MIT */
/*
 * What the guest lets the host see (include/stint/guest.h): a report of named
 * values, and one ring of events a VCPU. All of it is ordinary memory of the
 * guest: to report is to store, to trace is to store, and neither costs an exit.
 */
#ifndef GUEST_AREA_H
#define GUEST_AREA_H

#include <stint/guest.h>

/*
 * Makes the area, with one ring for each of `vcpus` VCPUs (at most STINT_AREA_RINGS), and marks it valid.
 * Call it once, before anything else in this file. The linker script must put `.bss.area` where memory is
 * zero at first; no page of the rings is touched here.
 */
void area_init(uint32_t vcpus);

/* Tells the hypervisor where the area is. Where there is none, nothing happens: the host finds `stint_area`
 * by name. */
void area_register(void);

/* The name that the host shows for a task's number; numbers beyond STINT_AREA_TASKS have none. */
void area_task_name(uint32_t task, const char *name);

/*
 * Writes an event with the present guest time to the ring of `vcpu`. A ring has one writer: call it on that
 * VCPU, with interrupts off if a handler traces too.
 */
void area_trace(uint32_t vcpu, uint16_t type, uint32_t arg, uint64_t a, uint64_t b);

/*
 * The place of a named value, made when it is not there yet. Update it by plain stores from then on. When
 * the report is full the place returned is one that nobody reads. Values are made by one VCPU at a time.
 */
uint64_t *report_number(const char *name);
int64_t *report_signed(const char *name);
void report_text(const char *name, const char *text); /* the first 16 characters of it */

#endif
