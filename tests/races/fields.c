/* SPDX-License-Identifier: MIT */
/* What lies where, and who may write to it: a scheduler to what sched/sched.h calls its own, and to nothing else. */
#include <stdio.h>
#include "tests/races/world.h"

struct field {
    const char *name;
    size_t begin, size;
    bool of_scheduler;
};

#define PLACE(type, name) #name, offsetof(struct type, name), sizeof(((struct type *)0)->name)
#define FRAME(type, name) {PLACE(type, name), false}
#define SCHED(type, name) {PLACE(type, name), true}
#define END               {"something", 0, SIZE_MAX, false}

static const struct field of_queue[] = {
    FRAME(sched_rq, lock),    SCHED(sched_rq, queue),   SCHED(sched_rq, parked), SCHED(sched_rq, level),
    SCHED(sched_rq, tree),    FRAME(sched_rq, current), FRAME(sched_rq, queued), FRAME(sched_rq, peer),
    FRAME(sched_rq, members), FRAME(sched_rq, load),    SCHED(sched_rq, priv),   END,
};

static const struct field of_vcpu[] = {
    SCHED(sched_vcpu, link),     SCHED(sched_vcpu, node),  FRAME(sched_vcpu, state),
    FRAME(sched_vcpu, parked),   FRAME(sched_vcpu, moved), FRAME(sched_vcpu, pcpu),
    FRAME(sched_vcpu, since),    FRAME(sched_vcpu, ran),   FRAME(sched_vcpu, load),
    FRAME(sched_vcpu, measured), SCHED(sched_vcpu, priv),  END,
};

static const struct field of_vm[] = {
    FRAME(sched_vm, members), SCHED(sched_vm, turn), FRAME(sched_vm, param), SCHED(sched_vm, priv), END,
};

static const struct field of_sched[] = {
    SCHED(sched, lock),
    FRAME(sched, vms),
    SCHED(sched, turns),
    FRAME(sched, idle),
    FRAME(sched, waiting),
    FRAME(sched, asked),
    FRAME(sched, asks),
    SCHED(sched, due),
    FRAME(sched, values),
    SCHED(sched, priv),
    END,
};

static const struct area {
    const void *begin;
    size_t size, each;
    const struct field *fields;
    const char *of; /* takes a number */
} areas[] = {
    {world.queue, sizeof(world.queue), sizeof(world.queue[0]), of_queue, "pCPU %zu's queue"},
    {world.vcpu, sizeof(world.vcpu), sizeof(world.vcpu[0]), of_vcpu, "VCPU %zu"},
    {world.vm, sizeof(world.vm), sizeof(world.vm[0]), of_vm, "VM %zu"},
    {&world.sched, sizeof(world.sched), sizeof(world.sched), of_sched, "the scheduler"},
};

/* NULL: in none. */
static const struct area *area_of(uintptr_t address, size_t *offset)
{
    for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
        *offset = address - (uintptr_t)areas[i].begin;
        if (*offset < areas[i].size)
            return &areas[i];
    }
    return NULL;
}

static const struct field *field_at(const struct area *area, size_t offset)
{
    const struct field *field = area->fields;

    while (offset % area->each - field->begin >= field->size)
        field++;
    return field;
}

const char *name_of(uintptr_t address)
{
    static char text[96];
    size_t offset;
    const struct area *area = area_of(address, &offset);

    if (!area) {
        snprintf(text, sizeof(text), "a variable of some file (in gdb: info symbol %#zx)", (size_t)address);
        return text;
    }
    int length = snprintf(text, sizeof(text), "`%s` of ", field_at(area, offset)->name);

    snprintf(text + length, sizeof(text) - (size_t)length, area->of, offset / area->each);
    return text;
}

bool is_the_frames(uintptr_t address)
{
    size_t offset;
    const struct area *area = area_of(address, &offset);

    return area && !field_at(area, offset)->of_scheduler;
}
