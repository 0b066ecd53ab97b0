/* SPDX-License-Identifier: MIT */
/*
 * The lines of a scenario that begin with `at`: what the operator would type then.
 *
 *   at TIME [every TIME]: pause VM | resume VM | stop VM | reset VM
 *                         sched NAME           another scheduler; with `every` also NAME,NAME,... in turn
 *                         sched-set KEY=VALUE  another value for a parameter of the top
 *                         sched-set VM KEY=VALUE
 */
#ifndef HYP_CONFIG_EVENTS_H
#define HYP_CONFIG_EVENTS_H

#include "hyp/config_reader.h"

/* The line on which the reader stands, of which `text` is what follows `at`. */
bool event_read(struct config_reader *, char *text);

/* What takes the whole scenario to see. */
bool events_check(struct config_reader *);

#endif
