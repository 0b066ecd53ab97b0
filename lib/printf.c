/* SPDX-License-Identifier: MIT */
/*
 * Text from a format, into a buffer: one conversion at a time, into a sink that counts what no longer fits.
 */
#include "lib/printf.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"

/* Where the text goes. */
struct sink {
    char *buf;
    size_t size;
    size_t length; /* of the whole text so far, also of what did not fit */
};

/* One conversion, as the format says it. */
struct spec {
    bool left, zeros;
    bool wide; /* of 64 bits: l, ll and z mean the same here */
    int width;
    int precision; /* -1: none given */
};

#define DIGITS_MAX 20 /* of UINT64_MAX in decimal */

static void put(struct sink *sink, char c)
{
    if (sink->length < sink->size)
        sink->buf[sink->length] = c;
    sink->length++;
}

static void put_many(struct sink *sink, char c, int count)
{
    for (; count > 0; count--)
        put(sink, c);
}

static void put_text(struct sink *sink, const struct spec *spec, const char *text, size_t length)
{
    int padding = spec->width - (int)length;

    if (!spec->left)
        put_many(sink, ' ', padding);
    for (size_t i = 0; i < length; i++)
        put(sink, text[i]);
    if (spec->left)
        put_many(sink, ' ', padding);
}

/* `prefix` is a sign or "0x" and stands before the zeros. */
static void put_number(struct sink *sink, const struct spec *spec, const char *prefix, uint64_t value,
                       unsigned base)
{
    char digits[DIGITS_MAX];
    int count = 0, zeros, padding;

    for (; value || (!count && spec->precision); value /= base)
        digits[count++] = "0123456789abcdef"[value % base];
    zeros = spec->precision - count;
    padding = spec->width - count - (int)strlen(prefix);
    if (spec->precision < 0 && spec->zeros && !spec->left)
        zeros = padding;
    if (zeros > 0)
        padding -= zeros;
    if (!spec->left)
        put_many(sink, ' ', padding);
    while (*prefix)
        put(sink, *prefix++);
    put_many(sink, '0', zeros);
    while (count)
        put(sink, digits[--count]);
    if (spec->left)
        put_many(sink, ' ', padding);
}

static void put_signed(struct sink *sink, const struct spec *spec, int64_t value)
{
    put_number(sink, spec, value < 0 ? "-" : "", value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

/* A whole number at *fmt, or the next int argument for '*'. */
static int read_count(const char **fmt, va_list *args)
{
    int count = 0;

    if (**fmt == '*') {
        (*fmt)++;
        return va_arg(*args, int);
    }
    for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++) {
        if (count < 10000)
            count = count * 10 + (**fmt - '0');
    }
    return count;
}

/* *fmt goes from behind the '%' to the conversion's letter. */
static struct spec read_spec(const char **fmt, va_list *args)
{
    struct spec spec = {.precision = -1};

    for (; **fmt == '-' || **fmt == '0'; (*fmt)++) {
        spec.left |= **fmt == '-';
        spec.zeros |= **fmt == '0';
    }
    spec.width = read_count(fmt, args);
    if (spec.width < 0) {
        spec.left = true;
        spec.width = -spec.width;
    }
    if (**fmt == '.') {
        (*fmt)++;
        spec.precision = read_count(fmt, args);
    }
    for (; **fmt == 'l' || **fmt == 'z'; (*fmt)++)
        spec.wide = true;
    return spec;
}

static uint64_t next_unsigned(const struct spec *spec, va_list *args)
{
    return spec->wide ? va_arg(*args, unsigned long) : va_arg(*args, unsigned int);
}

static int64_t next_signed(const struct spec *spec, va_list *args)
{
    return spec->wide ? va_arg(*args, long) : va_arg(*args, int);
}

static void put_string(struct sink *sink, const struct spec *spec, const char *text)
{
    if (!text)
        text = "(null)";
    put_text(sink, spec, text, spec->precision < 0 ? strlen(text) : strnlen(text, (size_t)spec->precision));
}

/* False: no conversion has that letter. */
static bool convert(struct sink *sink, const struct spec *spec, char letter, va_list *args)
{
    char c;

    switch (letter) {
    case 'd': put_signed(sink, spec, next_signed(spec, args)); return true;
    case 'u': put_number(sink, spec, "", next_unsigned(spec, args), 10); return true;
    case 'x': put_number(sink, spec, "", next_unsigned(spec, args), 16); return true;
    case 'p': put_number(sink, spec, "0x", (uintptr_t)va_arg(*args, void *), 16); return true;
    case 's': put_string(sink, spec, va_arg(*args, const char *)); return true;
    case 'c':
        c = (char)va_arg(*args, int);
        put_text(sink, spec, &c, 1);
        return true;
    case '%': put(sink, '%'); return true;
    default: return false;
    }
}

int vformat(char *buf, size_t size, const char *fmt, va_list args)
{
    struct sink sink = {.buf = buf, .size = size};
    va_list rest;

    va_copy(rest, args);
    while (*fmt) {
        const char *start = fmt;
        struct spec spec;

        if (*fmt++ != '%') {
            put(&sink, *start);
            continue;
        }
        spec = read_spec(&fmt, &rest);
        if (*fmt && convert(&sink, &spec, *fmt, &rest)) {
            fmt++;
            continue;
        }
        while (start < fmt)
            put(&sink, *start++);
    }
    va_end(rest);
    if (size)
        buf[sink.length < size ? sink.length : size - 1] = '\0';
    return (int)sink.length;
}

int format(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int length;

    va_start(args, fmt);
    length = vformat(buf, size, fmt, args);
    va_end(args);
    return length;
}
