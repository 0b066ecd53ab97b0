/* SPDX-License-Identifier: MIT */
/*
 * The arguments of a test image: words of the form key=value.
 */
#include "lib/string.h"
#include "tests/guests/frame/frame.h"

static const char *arguments = "";

void args_init(const char *bootargs)
{
    arguments = bootargs;
}

/* What follows `key=`, or NULL. */
static const char *find(const char *key)
{
    size_t length = strlen(key);

    for (const char *word = arguments; word; word = strchr(word, ' ')) {
        while (*word == ' ')
            word++;
        if (strncmp(word, key, length) == 0 && word[length] == '=')
            return word + length + 1;
    }
    return NULL;
}

bool arg_is(const char *key, const char *value)
{
    const char *is = find(key);
    size_t length = strlen(value);

    return is && strncmp(is, value, length) == 0 && (is[length] == ' ' || is[length] == '\0');
}

uint64_t arg_number(const char *key, uint64_t otherwise)
{
    const char *text = find(key), *end;
    uint64_t value;

    return text && parse_u64(text, &end, &value) ? value : otherwise;
}
