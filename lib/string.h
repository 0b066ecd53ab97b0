/* SPDX-License-Identifier: MIT */
/*
 * Memory, strings and numbers in text. Those with a name of the C library do what they do there; the compiler
 * counts on memcpy, memset, memmove and memcmp.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t most);
char *strchr(const char *text, int character);

/* Copies as much as fits and always ends it with NUL (unless size is 0). Returns strlen(from): text was lost
 * if that is >= size. */
size_t strlcpy(char *to, const char *from, size_t size);

/*
 * A whole number at the beginning of `text`, decimal or, after "0x", hexadecimal. *end is what follows it.
 * False when there is no digit or the number does not fit 64 bits; *value and *end are then as they were.
 */
bool parse_u64(const char *text, const char **end, uint64_t *value);

#endif
