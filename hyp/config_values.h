/* SPDX-License-Identifier: MIT */
/*
 * The values of a scenario: numbers, times, sizes, lists of pCPUs, from text
 * and into text. All readers take a NUL-terminated text and return false when
 * it is none of theirs. A value that is too large for 64 bits becomes
 * UINT64_MAX, which no key allows.
 */
#ifndef HYP_CONFIG_VALUES_H
#define HYP_CONFIG_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sched/pcpu_set.h"

bool value_number(const char *text, uint64_t *number);    /* 42 */
bool value_time(const char *text, uint64_t *ns);          /* 30ms, 1.5s; whole nanoseconds; 0 needs no unit */
bool value_size(const char *text, uint64_t *bytes);       /* 4096, 64K, 16M, 1G */
bool value_product(const char *text, uint64_t factor[3]); /* 2 x 4 x 1 */

/* 0-2,5: a set of pCPUs below `limit`, which is at most SCHED_MAX_PCPUS. False also for a number that is not;
 * *bad is then that number, else UINT64_MAX. Reads up to the end or a ';', which *end points to. */
bool value_list(const char *text, const char **end, uint32_t limit, struct pcpu_set *set, uint64_t *bad);

/* In the largest unit in which it is a whole number. */
void show_number(char *buf, size_t size, uint64_t number);
void show_time(char *buf, size_t size, uint64_t ns);
void show_size(char *buf, size_t size, uint64_t bytes);

/* A kind of value that has a range. */
struct value_kind {
    const char *what;
    bool (*read)(const char *text, uint64_t *value);
    void (*show)(char *buf, size_t size, uint64_t value);
};

extern const struct value_kind value_kind_number, value_kind_time, value_kind_size;

#endif
