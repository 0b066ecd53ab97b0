/* SPDX-License-Identifier: MIT */
#include "tests/plays/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/spinlock.h"
#include "tests/draw.h"

static char line[1024];
static size_t length;
static const char *nonce;
static uint64_t seed = 1, plays = 10, dice;

void say(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(line + length, sizeof(line) - length, fmt, args);
    va_end(args);
    length += strlen(line + length);
}

void end_line(void)
{
    static bool has_begun;

    if (nonce)
        printf("%s\"%s\"", has_begun ? ", " : "", line);
    else
        printf("%s\n", line);
    has_begun = true;
    length = 0;
    line[0] = '\0';
}

uint64_t chance(uint64_t sides)
{
    return draw_number(&dice) % sides;
}

bool take_common(const char *name, const char *value)
{
    if (strcmp(name, "--seed") == 0)
        seed = strtoull(value, NULL, 10);
    else if (strcmp(name, "--plays") == 0)
        plays = strtoull(value, NULL, 10);
    else if (strcmp(name, "--nonce") == 0)
        nonce = value;
    else
        return false;
    return true;
}

void refuse(const char *word, const char *expected)
{
    fprintf(stderr, "found '%s', expected %s--seed N, --plays N or --nonce TEXT\n", word, expected);
    exit(2);
}

void play_all(void (*play)(uint64_t number))
{
    if (nonce)
        printf("{\"nonce\": \"%s\", \"steps\": [", nonce);
    for (uint64_t number = 0; number < plays; number++) {
        dice = (seed << 20) + number + 1;
        for (int i = 0; i < 8; i++)
            draw_number(&dice); /* neighbours begin alike */
        play(number);
    }
    if (nonce)
        printf("]}\n");
}

/* There is one thread: whoever waits for a lock waits for himself. */
void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    fprintf(stderr, "a lock is taken twice\n");
    exit(2);
}
