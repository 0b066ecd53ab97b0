/* SPDX-License-Identifier: MIT */
/*
 * Where the reader of a scenario stands, and how it complains. Every function
 * that may complain returns false when it has; the first complaint is the one
 * that the user sees, and nothing is read after it.
 */
#ifndef HYP_CONFIG_READER_H
#define HYP_CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hyp/config.h"
#include "hyp/config_values.h"

#define CONFIG_MAX_LINE 1024 /* with the NUL */
#define CONFIG_MAX_KEYS 48   /* of the top, or of a VM's section, the schedulers' included */

#define COMMAND_LINE 0 /* a line number: the overrides */

/* What is read when, since one thing needs another: the file's name first; the number of pCPUs, the scheduler
 * and the VMs' names next; then all the rest, with every check. */
enum config_stage { CONFIG_NAME, CONFIG_EARLY, CONFIG_ALL };

struct config_reader {
    struct scenario *scenario;
    struct scenario_vm *vm; /* of the section in which it stands; NULL: at the top */
    uint32_t sections;      /* begun so far */
    enum config_stage stage;
    uint32_t line;                       /* from 1, or COMMAND_LINE */
    char text[CONFIG_MAX_LINE];          /* of the line, or the word of the command line */
    const char *seen[CONFIG_MAX_KEYS];   /* keys of this section so far, */
    uint32_t seen_line[CONFIG_MAX_KEYS]; /* and where */
    char *error;
    size_t error_size;
};

/* `FILE:LINE: ...` or `command line: ...`. Always false. */
bool complain(struct config_reader *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "found 'FOUND', expected one of: NAMES" (a list that ends with NULL) and which of them may have been meant.
 * Always false. */
bool complain_choice(struct config_reader *, const char *found, const char *const *names);

/* Reads `text` as a value of that kind within its range, or as 0 if that may be said as well. */
bool read_ranged(struct config_reader *, const char *name, const char *text, const struct value_kind *,
                 uint64_t min, uint64_t max, bool or_zero, uint64_t *value);

/* The VM of that name, or NULL. */
struct scenario_vm *find_vm(struct scenario *, const char *name);

#endif
