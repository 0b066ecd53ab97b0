/* SPDX-License-Identifier: MIT */
/* Players: each has a stack of its own, and one of them goes on at a time. */
#include "tests/races/races.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#define STACK   (256 * 1024)
#define DEPTH   64     /* of calls that are remembered */
#define ENDLESS 400000 /* accesses to memory in which nobody achieves anything */

struct finding finding;

static char stacks[PLAYERS][STACK];
static ucontext_t contexts[PLAYERS], host;
static uintptr_t at[PLAYERS];             /* where each is, */
static uintptr_t callers[PLAYERS][DEPTH]; /* and by which calls it came there */
static uint32_t depth[PLAYERS];
static bool over[PLAYERS];
static uint32_t count, current = PLAYERS;
static void (*code)(uint32_t);
static uint64_t dice, mean;
static uint64_t left;    /* accesses until it is another one's turn */
static uint64_t in_vain; /* accesses since somebody achieved something */

uint32_t player(void)
{
    return current;
}

bool is_private(uintptr_t address)
{
    return address - (uintptr_t)stacks < sizeof(stacks);
}

/* Anyone who has not come to his end: the same one again, if there is no other. */
static uint32_t draw(void)
{
    uint32_t next = (uint32_t)(draw_number(&dice) % count);

    while (over[next])
        next = (next + 1) % count;
    return next;
}

static void switch_to(uint32_t next)
{
    uint32_t self = current;

    left = 1 + draw_number(&dice) % (2 * mean);
    current = next;
    if (next != self)
        swapcontext(&contexts[self], &contexts[next]);
}

uintptr_t last_place(void)
{
    return current < PLAYERS ? at[current] : 0;
}

void note_progress(void)
{
    in_vain = 0;
}

void enter_function(uintptr_t caller)
{
    uint32_t level = depth[current]++;

    if (level < DEPTH)
        callers[current][level] = caller;
}

void leave_function(void)
{
    depth[current]--;
}

/* Who waits for a lock does so in a function of its own: who called that is of interest. */
static uintptr_t caller_of(uint32_t who)
{
    uint32_t level = depth[who];

    return level > 0 && level <= DEPTH ? callers[who][level - 1] : at[who];
}

static void found_endless(void)
{
    finding.places = count;
    for (uint32_t i = 0; i < count; i++)
        finding.place[i] = caller_of(i);
    found("endless",
          "nobody goes on: each pCPU waits for a lock that another one has, or goes round in a loop");
}

void give_turn(void)
{
    if (++in_vain > ENDLESS)
        found_endless();
    switch_to(draw());
}

void come_to(uintptr_t place)
{
    at[current] = place;
    if (++in_vain > ENDLESS)
        found_endless();
    if (--left == 0)
        switch_to(draw());
}

__attribute__((noinline)) void found(const char *kind, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    if (!finding.kind) {
        finding.kind = kind;
        vsnprintf(finding.text, sizeof(finding.text), fmt, args);
    }
    va_end(args);
    if (current < PLAYERS) {
        current = PLAYERS;
        setcontext(&host);
    }
}

static void begin(void)
{
    uint32_t self = current;

    code(self);
    over[self] = true;
    for (uint32_t i = 0; i < count; i++)
        if (!over[i])
            switch_to(draw());
    current = PLAYERS;
    setcontext(&host);
}

void play(uint32_t players, void (*its_code)(uint32_t), uint64_t seed, uint32_t its_mean)
{
    volatile bool begun = false;

    count = players;
    code = its_code;
    dice = seed;
    mean = its_mean;
    in_vain = 0;
    memory_forget();
    memset(over, 0, sizeof(over));
    memset(at, 0, sizeof(at));
    memset(depth, 0, sizeof(depth));
    for (uint32_t i = 0; i < count; i++) {
        getcontext(&contexts[i]);
        contexts[i].uc_stack.ss_sp = stacks[i];
        contexts[i].uc_stack.ss_size = STACK;
        makecontext(&contexts[i], begin, 0);
    }
    getcontext(&host);
    if (begun)
        return;
    begun = true;
    left = 1;
    current = 0;
    setcontext(&contexts[0]);
}
