/* SPDX-License-Identifier: MIT */
/*
 * Blanks and words. See config_words.h.
 */
#include "hyp/config_words.h"
#include <stddef.h>
#include "lib/string.h"

void cut_trailing_blanks(char *text)
{
    size_t length = strlen(text);

    while (length && is_blank(text[length - 1]))
        text[--length] = '\0';
}

char *split_word(char *text)
{
    while (*text && !is_blank(*text))
        text++;
    if (*text)
        *text++ = '\0';
    return skip_blanks(text);
}

char *split_at(char *text, char mark)
{
    char *place = strchr(text, mark);

    if (!place)
        return NULL;
    *place = '\0';
    cut_trailing_blanks(text);
    return skip_blanks(place + 1);
}
