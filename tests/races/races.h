/* SPDX-License-Identifier: MIT */
/*
 * Looks for races in sched/ by playing several pCPUs in one thread of the host: they change over wherever the code
 * touches memory that it shares, in an order that hangs on a seed alone. So whatever is found is found again.
 *
 * The files of sched/ are compiled with -fsanitize=thread, which makes the compiler call a function before every
 * access to memory. Those functions are ours (hooks.c), not the sanitizer's.
 */
#ifndef TESTS_RACES_H
#define TESTS_RACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tests/draw.h"

#define PLAYERS 4 /* pCPUs, at most */

/* What was found first; nothing is looked for after that. `kind` NULL: nothing was. In `text`, @0 and @1 stand for the
 * places in the code. */
struct finding {
    const char *kind; /* race, wrong, or endless */
    char text[320];
    uintptr_t place[PLAYERS];
    uint32_t places;
};

extern struct finding finding;

/* Ends the play at once, if one goes on. Break here in a debugger. The first finding counts. */
void found(const char *kind, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- Players (players.c) ---- */

/* `count` players, each in code(its number), until all have returned or something was found. About every `mean`
 * accesses to memory it is another one's turn. */
void play(uint32_t count, void (*code)(uint32_t), uint64_t seed, uint32_t mean);

/* Who plays; PLAYERS: nobody. */
uint32_t player(void);

/* It is another one's turn. */
void give_turn(void);

/* The player has achieved something. If nobody does for long, they wait for each other without end. */
void note_progress(void);

/* Before the code at `place` touches shared memory. */
void come_to(uintptr_t place);

/* It calls a function, and returns from it. */
void enter_function(uintptr_t caller);
void leave_function(void);

/* Where the player's code was last. */
uintptr_t last_place(void);

/* The address is in a player's own stack. */
bool is_private(uintptr_t address);

/* ---- Memory (memory.c) ---- */

enum access { PLAIN_READ, PLAIN_WRITE, ATOMIC_READ, ATOMIC_WRITE, ACCESSES };

void memory_forget(void);

/* The player has what all others had published at `address` before, and publishes all that it has. */
void memory_acquire(uintptr_t address);
void memory_release(uintptr_t address, bool on_top);

/* Code of a scheduler writes to what is its own. Two accesses to one address are a race if one of them writes, not both
 * are atomic, and nothing orders them. */
void memory_access(uintptr_t address, enum access, uintptr_t place);

/* Between the two calls, while all rest, code of sched/ may be asked something without the locks that it needs. */
void look_away(bool away);

/* ---- The world (world.c) ---- */

struct world_kind {
    const char *sched, *placement;
    bool changes; /* of the scheduler, now and then; and VCPUs go away and come back */
    uint32_t pcpus, mean;
    uint64_t seed;
};

void world_play(const struct world_kind *);

/* What lies at that address, in words (fields.c). */
const char *name_of(uintptr_t address);

/* It is for the frame to write there (sched/sched.h), and for no scheduler. */
bool is_the_frames(uintptr_t address);

#endif
