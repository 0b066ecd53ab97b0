/* SPDX-License-Identifier: MIT */
/*
 * A line of text, put together column by column. What has no room is cut off.
 */
#ifndef USER_LINE_H
#define USER_LINE_H

#include <stdint.h>
#include "guest-os/kernel/calls.h"

struct line {
    uint32_t length;
    char text[CALL_WRITE_MOST]; /* no NUL behind it */
};

static inline void line_put(struct line *line, char c)
{
    if (line->length < sizeof(line->text))
        line->text[line->length++] = c;
}

static inline void line_pad(struct line *line, uint32_t length, uint32_t width)
{
    for (; length < width; length++)
        line_put(line, ' ');
}

static inline uint32_t text_length(const char *text)
{
    uint32_t length = 0;

    while (text[length])
        length++;
    return length;
}

/* In a column of that width, on its right. */
static inline void line_text(struct line *line, const char *text, uint32_t width)
{
    line_pad(line, text_length(text), width);
    for (; *text; text++)
        line_put(line, *text);
}

/* Likewise, a number that counts tenths, hundredths, ... : the last `decimals` digits stand behind a point. */
static inline void line_number(struct line *line, uint64_t number, uint32_t decimals, uint32_t width)
{
    char digits[20]; /* the last one first */
    uint32_t count = 0;

    for (; number || count <= decimals; number /= 10)
        digits[count++] = (char)('0' + number % 10);
    line_pad(line, count + (decimals > 0), width);
    while (count) {
        line_put(line, digits[--count]);
        if (count && count == decimals)
            line_put(line, '.');
    }
}

/* Ends it, if need be in place of its last character. */
static inline void line_end(struct line *line)
{
    if (line->length == sizeof(line->text))
        line->length--;
    line_put(line, '\n');
}

#endif
