/* SPDX-License-Identifier: MIT */
/* Lines for people, or, for programs, the strings of one JSON object: {"nonce": ..., "steps": [...]}; and chance. */
#ifndef TESTS_PLAYS_SAY_H
#define TESTS_PLAYS_SAY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    char text[1024];
    size_t length;
    const char *nonce; /* NULL: for people */
    bool has_begun;
} line;

static struct {
    uint64_t seed, plays; /* as the command says */
    uint64_t state;
} dice = {.seed = 1, .plays = 10};

__attribute__((format(printf, 1, 2))) static inline void say(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(line.text + line.length, sizeof(line.text) - line.length, fmt, args);
    va_end(args);
    line.length = strlen(line.text);
}

static inline void end_line(void)
{
    if (line.nonce)
        printf("%s\"%s\"", line.has_begun ? ", " : "", line.text);
    else
        printf("%s\n", line.text);
    line.has_begun = true;
    line.length = 0;
    line.text[0] = '\0';
}

static inline uint64_t chance(uint64_t sides)
{
    dice.state ^= dice.state << 13;
    dice.state ^= dice.state >> 7;
    dice.state ^= dice.state << 17;
    return (dice.state * UINT64_C(2685821657736338717) >> 16) % sides;
}

/* True: the word was one of those that both programs know. */
static inline bool take_common(const char *name, const char *value)
{
    if (strcmp(name, "--seed") == 0)
        dice.seed = strtoull(value, NULL, 10);
    else if (strcmp(name, "--plays") == 0)
        dice.plays = strtoull(value, NULL, 10);
    else if (strcmp(name, "--nonce") == 0)
        line.nonce = value;
    else
        return false;
    return true;
}

/* Plays as often as the command says; each play's numbers hang on the seed and on its own number. */
static inline void play_all(void (*play)(uint64_t number))
{
    if (line.nonce)
        printf("{\"nonce\": \"%s\", \"steps\": [", line.nonce);
    for (uint64_t number = 0; number < dice.plays; number++) {
        dice.state = (dice.seed << 20) + number + 1;
        for (int i = 0; i < 8; i++)
            chance(1); /* neighbours begin alike */
        play(number);
    }
    if (line.nonce)
        printf("]}\n");
}

#endif
