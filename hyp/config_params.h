/* SPDX-License-Identifier: MIT */
/*
 * The parameters of the schedulers in a scenario. A name means the same in all schedulers that have it, so a
 * value goes to all of them.
 */
#ifndef HYP_CONFIG_PARAMS_H
#define HYP_CONFIG_PARAMS_H

#include "hyp/config_reader.h"

/* The parameter of that name, of whichever scheduler has it; NULL: none does. */
const struct sched_parameter *param_find(const char *name, bool per_vm);

/* Reads `text` as a value of it, within its range, or complains. */
bool param_read(struct config_reader *, const struct sched_parameter *, const char *text, uint64_t *value);

/* Writes it as it stands in a scenario. */
void param_show(const struct sched_parameter *, char *buf, size_t size, uint64_t value);

/* Sets it in the row of every scheduler that has it. */
void param_store(uint64_t rows[SCHED_KINDS][SCHED_PARAMS], const struct sched_parameter *, uint64_t value);

/* The same for the line where that was said. */
void param_note_line(uint32_t rows[SCHED_KINDS][SCHED_PARAMS], const struct sched_parameter *, uint32_t line);

/* The names of all there are, each once, into `names`, which has room for `most`; returns their number. */
size_t param_names(const char **names, size_t most, bool per_vm);

/* The scheduler of that name. NULL, and a complaint: there is none, or it is not whole. */
const struct sched_ops *param_sched(struct config_reader *, const char *name);

/* Whether what was said of the VMs and in events can be, seen together and under the schedulers that will be in
 * force; the rest of the scenario has been checked. Complains otherwise. */
bool params_check(struct config_reader *);

#endif
