/* SPDX-License-Identifier: MIT */
/*
 * What the programs here have in common. Each says lines of text: for people, or, with --nonce, as the strings of one
 * JSON object: {"nonce": ..., "steps": [...]}. What it plays hangs on --seed.
 */
#ifndef TESTS_PLAYS_SAY_H
#define TESTS_PLAYS_SAY_H

#include <stdbool.h>
#include <stdint.h>

/* Adds to the line, which is cut off after 1,000 characters. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void end_line(void);

/* 0 to sides - 1. */
uint64_t chance(uint64_t sides);

/* --seed, --plays, --nonce. False: it is none of them. */
bool take_common(const char *name, const char *value);

/* Ends the program. expected: its words. */
void refuse(const char *word, const char *expected) __attribute__((noreturn));

/* Plays as often as the command says; each play's numbers hang on the seed and on its own number. */
void play_all(void (*play)(uint64_t number));

#endif
