/* SPDX-License-Identifier: MIT */
/*
 * What happened before what. Each player counts its own time; what it has heard of the others' is its knowledge. A lock
 * hands knowledge on: who releases it publishes, who acquires it learns. Two accesses are ordered if the later player
 * knew of the earlier one's.
 */
#include "tests/races/races.h"

#include <stdlib.h>
#include <string.h>

#define CELLS 32768 /* a power of two */

struct knowledge {
    uint32_t time[PLAYERS];
};

struct cell {
    uintptr_t address; /* 0: free */
    uint32_t time[ACCESSES][PLAYERS];
    uintptr_t place[ACCESSES][PLAYERS];
    struct knowledge published;
};

static struct cell cells[CELLS];
static uint32_t used[CELLS], count; /* cells that are not free */
static struct knowledge known[PLAYERS];

static const char *const words[] = {
    [PLAIN_READ] = "reads",
    [PLAIN_WRITE] = "writes",
    [ATOMIC_READ] = "reads",
    [ATOMIC_WRITE] = "changes",
};

void memory_forget(void)
{
    for (uint32_t i = 0; i < count; i++)
        memset(&cells[used[i]], 0, sizeof(cells[0]));
    count = 0;
    memset(known, 0, sizeof(known));
    for (uint32_t i = 0; i < PLAYERS; i++)
        known[i].time[i] = 1;
}

static struct cell *cell_of(uintptr_t address)
{
    uint32_t i = (uint32_t)((address * UINT64_C(0x9e3779b97f4a7c15)) >> 40) % CELLS;

    while (cells[i].address && cells[i].address != address)
        i = (i + 1) % CELLS;
    if (!cells[i].address) {
        if (count == CELLS / 2)
            abort();
        cells[i].address = address;
        used[count++] = i;
    }
    return &cells[i];
}

static void learn(struct knowledge *to, const struct knowledge *from)
{
    for (uint32_t i = 0; i < PLAYERS; i++)
        if (from->time[i] > to->time[i])
            to->time[i] = from->time[i];
}

void memory_acquire(uintptr_t address)
{
    learn(&known[player()], &cell_of(address)->published);
}

void memory_release(uintptr_t address, bool on_top)
{
    struct cell *cell = cell_of(address);
    struct knowledge *own = &known[player()];

    if (!on_top)
        memset(&cell->published, 0, sizeof(cell->published));
    learn(&cell->published, own);
    own->time[player()]++;
}

static bool is_write(enum access access)
{
    return access == PLAIN_WRITE || access == ATOMIC_WRITE;
}

static bool collide(enum access a, enum access b)
{
    bool both_atomic = a >= ATOMIC_READ && b >= ATOMIC_READ;

    return !both_atomic && (is_write(a) || is_write(b));
}

static void found_race(const struct cell *cell, enum access access, uintptr_t place, enum access other,
                       uint32_t who)
{
    finding.place[0] = place;
    finding.place[1] = cell->place[other][who];
    finding.places = 2;
    found("race", "pCPU %u %s %s in @0, and pCPU %u %s it in @1: they may do so at the same time", player(),
          words[access], name_of(cell->address), who, words[other]);
}

/* The section of the schedulers' code (build.mk); its ends are the linker's. */
extern const char __start_schedulers[], __stop_schedulers[];

static void check_writer(uintptr_t address, uintptr_t place)
{
    if (place < (uintptr_t)__start_schedulers || place >= (uintptr_t)__stop_schedulers ||
        !is_the_frames(address))
        return;
    finding.place[0] = place;
    finding.places = 1;
    found("wrong", "pCPU %u writes %s in @0: that is the frame's, and no scheduler's", player(),
          name_of(address));
}

void memory_access(uintptr_t address, enum access access, uintptr_t place)
{
    struct cell *cell = cell_of(address);
    uint32_t self = player();

    if (is_write(access))
        check_writer(address, place);
    for (enum access other = 0; other < ACCESSES; other++)
        for (uint32_t who = 0; collide(access, other) && who < PLAYERS; who++)
            if (who != self && cell->time[other][who] > known[self].time[who])
                found_race(cell, access, place, other, who);
    cell->time[access][self] = known[self].time[self];
    cell->place[access][self] = place;
}
