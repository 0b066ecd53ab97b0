/* SPDX-License-Identifier: MIT */
/*
 * Text from a format, into a buffer.
 *
 * %d %u %x with the lengths l, ll and z; %p %s %c %%. Flags - (left-align) and 0 (pad with zeros), a width
 * and a precision, both also as *; the precision cuts %s, and is the least number of digits of a number.
 * Anything else is copied as it stands. No floating point.
 */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/* As snprintf: writes at most size bytes, ended with NUL (none if size is 0); returns the length of the whole
 * text without the NUL, so text was lost if that is >= size. */
int format(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int vformat(char *buf, size_t size, const char *fmt, va_list args) __attribute__((format(printf, 3, 0)));

#endif
