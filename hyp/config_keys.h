/* SPDX-License-Identifier: MIT */
/*
 * The keys of a scenario: what each may hold, and where that goes.
 */
#ifndef HYP_CONFIG_KEYS_H
#define HYP_CONFIG_KEYS_H

#include "hyp/config_reader.h"

/* Values before any key is read: of the top, and of a VM. */
void keys_set_defaults(struct scenario *);
void keys_set_vm_defaults(struct scenario_vm *);

/* `key = value` at the place where the reader stands. Sets it if the reader's stage is the one for it; checks
 * the rest in the last stage only. */
bool keys_set(struct config_reader *, const char *key, const char *value);

/* A new section begins: all keys may come again. */
void keys_begin_section(struct config_reader *);

#endif
