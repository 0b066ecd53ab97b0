/* SPDX-License-Identifier: MIT */
/*
 * Names of values in the report (area.h) that have a number in them.
 */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

#include <stdint.h>

/* The number "tasks.ID.NAME". */
uint64_t *report_of_task(uint32_t id, const char *name);

/* The text "tasks.ID.NAME". */
void report_text_of_task(uint32_t id, const char *name, const char *text);

#endif
