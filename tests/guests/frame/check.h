/* SPDX-License-Identifier: MIT */
/*
 * What a test image is told, and what it says. Apart from the rest of the frame, for an image that has files of the
 * hypervisor's in it: hyp/riscv.h has its own words for what frame.h has for a guest.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include "guest-os/kernel/area.h"

int test_main(void);

/* Ends the machine. */
void shut_down(long reason) __attribute__((noreturn));

/* Text to the console, cut off after 200 characters. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* args.c: the image's arguments, words `key=value`. */
void args_init(const char *bootargs);
bool arg_is(const char *key, const char *value);
uint64_t arg_number(const char *key, uint64_t otherwise);

/* check.c: counts in the report as `checks` and `failed`; what is wrong also stands there as
 * wrong.NAME.got and wrong.NAME.expected. NAME has at most 24 characters. Called on one hart at a time. */
void check(const char *name, uint64_t got, uint64_t expected);
void check_range(const char *name, uint64_t got, uint64_t least, uint64_t most);

#endif
