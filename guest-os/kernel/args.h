/* SPDX-License-Identifier: MIT */
/*
 * The arguments of a guest: words, from /chosen/bootargs of the device tree. Each guest has a table of
 * those that it understands; for a word that it does not, it says what it would, and the machine ends.
 */
#ifndef GUEST_ARGS_H
#define GUEST_ARGS_H

#include <stdint.h>

struct argument {
    /* As people write it, what varies in capitals: "spin", "work:AMOUNT", "slice=TIME". With '=' it is a
     * setting; all settings are taken before all else, wherever they stand. */
    const char *form;
    const char *what;                /* one line for people */
    void (*take)(const char *value); /* what follows the ':' or '='; "" when the form has neither */
};

/* Takes every word of `text`: see above. `also` is the table of what every guest understands, beside its own. */
void args_read(const char *text, const struct argument *also);

/* For `take`: a value, or the first part of one up to *end. They do not return if it is none. */
uint64_t args_number(const char *value, const char **end);
uint64_t args_time(const char *value, const char **end); /* such as 10ms; in ns */

/* The same for values with nothing behind them. */
uint64_t args_whole_number(const char *value);
uint64_t args_whole_time(const char *value);

/* Refuses the word at hand, or all of them: says what would be right, then ends the machine. */
__attribute__((noreturn)) void args_refuse(const char *right);

/* How many iterations of the programs' working loop (user/work.h) fill a time, on a CPU that is not taken
 * away: by the setting "ips=", instructions a second, which every guest has. */
uint64_t args_iterations(uint64_t ns);

#endif
