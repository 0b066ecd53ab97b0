/* SPDX-License-Identifier: MIT */
/*
 * Blanks and words of a line. All change the text in place.
 */
#ifndef HYP_CONFIG_WORDS_H
#define HYP_CONFIG_WORDS_H

#include <stdbool.h>

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline char *skip_blanks(char *text)
{
    while (is_blank(*text))
        text++;
    return text;
}

void cut_trailing_blanks(char *text);

/* Ends the text at its first blank; returns what follows. */
char *split_word(char *text);

/* Ends the text at the first `mark`, without the blanks before it; returns what follows it and the blanks behind. NULL:
 * there is none, and nothing has changed. */
char *split_at(char *text, char mark);

#endif
