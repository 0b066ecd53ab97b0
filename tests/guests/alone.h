/* SPDX-License-Identifier: MIT */
/*
 * For an image that has files of the hypervisor's in it, and no hypervisor: what all of them may call. A panic ends the
 * machine, and the report has its text in pieces of 16 characters: said.0, said.1 and so on.
 */
#ifndef TEST_ALONE_H
#define TEST_ALONE_H

#include <stdarg.h>

void end_saying(const char *why, va_list args) __attribute__((noreturn));

#endif
