/* SPDX-License-Identifier: MIT */
/*
 * The tasks by which a guest is watched from inside, on its own console: `sar` and `top`. They are there when somebody
 * asks for them, in any guest, and what they use of its CPUs is in the accounts that they show.
 */
#ifndef GUEST_WATCH_H
#define GUEST_WATCH_H

#include "guest-os/kernel/args.h"

/* For args_read(). */
extern const struct argument watch_arguments[];

#endif
