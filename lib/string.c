/* SPDX-License-Identifier: MIT */
/*
 * Memory, strings and numbers in text. Memory moves by eight words at a time where both sides are aligned
 * alike: clearing and copying pages is what a hypervisor does most.
 */
#include "lib/string.h"

/* Without this the compiler sees memcpy and memset in these loops, and calls the function it compiles. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

/* A word that may lie over data of any type. */
typedef uint64_t __attribute__((may_alias)) word;

#define WORD  sizeof(word)
#define BLOCK (8 * sizeof(word))

static bool word_aligned(const void *pointer)
{
    return (uintptr_t)pointer % WORD == 0;
}

/* Eight words, all loaded before the first is stored: right for overlapping ranges in either direction. */
static inline void copy_block(word *to, const word *from)
{
    word a = from[0], b = from[1], c = from[2], d = from[3];
    word e = from[4], f = from[5], g = from[6], h = from[7];

    to[0] = a, to[1] = b, to[2] = c, to[3] = d;
    to[4] = e, to[5] = f, to[6] = g, to[7] = h;
}

/* From the lowest address up; right for overlapping ranges if to <= from. */
static void copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
    if (((uintptr_t)to - (uintptr_t)from) % WORD == 0) {
        for (; size && !word_aligned(to); size--)
            *to++ = *from++;
        for (; size >= BLOCK; size -= BLOCK, to += BLOCK, from += BLOCK)
            copy_block((word *)to, (const word *)from);
        for (; size >= WORD; size -= WORD, to += WORD, from += WORD)
            *(word *)to = *(const word *)from;
    }
    for (; size; size--)
        *to++ = *from++;
}

/* From the highest address down; right for overlapping ranges if to >= from. */
static void copy_down(unsigned char *to, const unsigned char *from, size_t size)
{
    to += size;
    from += size;
    if (((uintptr_t)to - (uintptr_t)from) % WORD == 0) {
        for (; size && !word_aligned(to); size--)
            *--to = *--from;
        for (; size >= BLOCK; size -= BLOCK)
            copy_block((word *)(to -= BLOCK), (const word *)(from -= BLOCK));
        for (; size >= WORD; size -= WORD) {
            to -= WORD;
            from -= WORD;
            *(word *)to = *(const word *)from;
        }
    }
    for (; size; size--)
        *--to = *--from;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    copy_up(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to <= (uintptr_t)from)
        copy_up(to, from, size);
    else
        copy_down(to, from, size);
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *at = to;
    word w = (unsigned char)byte * UINT64_C(0x0101010101010101);

    for (; size && !word_aligned(at); size--)
        *at++ = (unsigned char)byte;
    for (; size >= BLOCK; size -= BLOCK, at += BLOCK) {
        word *block = (word *)at;

        block[0] = w, block[1] = w, block[2] = w, block[3] = w;
        block[4] = w, block[5] = w, block[6] = w, block[7] = w;
    }
    for (; size >= WORD; size -= WORD, at += WORD)
        *(word *)at = w;
    for (; size; size--)
        *at++ = (unsigned char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;

    for (; size; size--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

size_t strlen(const char *text)
{
    const char *end = text;

    while (*end)
        end++;
    return (size_t)(end - text);
}

size_t strnlen(const char *text, size_t most)
{
    size_t length = 0;

    while (length < most && text[length])
        length++;
    return length;
}

int strncmp(const char *a, const char *b, size_t most)
{
    for (; most; most--, a++, b++) {
        if (*a != *b || !*a)
            return (unsigned char)*a - (unsigned char)*b;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    while (*a == *b && *a) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

char *strchr(const char *text, int character)
{
    for (; *text != (char)character; text++) {
        if (!*text)
            return NULL;
    }
    return (char *)(uintptr_t)text;
}

size_t strlcpy(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);

    if (size) {
        size_t fits = length < size ? length : size - 1;

        memcpy(to, from, fits);
        to[fits] = '\0';
    }
    return length;
}

/* 16 and more: no digit of any base here. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A' + 10);
    return 16;
}

bool parse_u64(const char *text, const char **end, uint64_t *value)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && digit_value(text[2]) < 16;
    unsigned base = hex ? 16 : 10;
    const char *digits = hex ? text + 2 : text;
    const char *at = digits;
    uint64_t sum = 0;

    for (; digit_value(*at) < base; at++) {
        unsigned digit = digit_value(*at);

        if (sum > (UINT64_MAX - digit) / base)
            return false;
        sum = sum * base + digit;
    }
    if (at == digits)
        return false;
    *end = at;
    *value = sum;
    return true;
}
