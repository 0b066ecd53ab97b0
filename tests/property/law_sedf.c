/* SPDX-License-Identifier: MIT */
/*
 * SEDF: as long as the reservations of a pCPU add up to no more than 1, a VCPU that always wants to run gets its
 * slice in every period from its first wake-up on, whatever its neighbours do; and without `extra` no more than that.
 */
#include "tests/property/laws.h"

#define GRAIN (20 * US) /* less than that of a budget counts as spent, and is set off against the next */

static uint64_t value(const struct actor *actor, const char *name)
{
    return actor->vcpu.vm->param[sched_param_find(sched_find("sedf"), name, true)->slot];
}

/* A period has ended: what did it get? */
static void judge(struct world *w, struct actor *actor)
{
    uint64_t slice = value(actor, "slice"), got = world_spent(w, actor, RUN) - actor->mark;
    uint32_t i = (uint32_t)(actor - w->actors);

    actor->mark += got;
    require(w, got + GRAIN >= slice, "VCPU %u got %lu ns of its %lu in the period that ends now", i,
            (unsigned long)got, (unsigned long)slice);
    require(w, value(actor, "extra") || got <= slice + GRAIN,
            "VCPU %u got %lu ns, more than its slice of %lu", i, (unsigned long)got, (unsigned long)slice);
}

static void judge_all(struct world *w)
{
    for (uint32_t i = 0; i < w->vcpus; i++) {
        struct actor *actor = &w->actors[i];

        if (value(actor, "slice") == 0)
            require(w, world_spent(w, actor, PARKED) == 0, "VCPU %u has no reservation, and was parked", i);
        else if (actor->habits.burst == NEVER && w->now % value(actor, "period") == 0)
            judge(w, actor);
    }
}

/* Reservations of a pCPU that are worth `whole` ppm at most; the last may take all that is left. */
static void reserve(struct world *w, uint32_t pcpu, uint64_t whole)
{
    uint32_t count = (uint32_t)world_between(w, 1, 6);

    for (uint32_t i = 0; i < count; i++) {
        uint64_t share = i + 1 == count ? whole : world_random(w, whole + 1);
        uint64_t period = world_between(w, 2, 60) * MS, slice = period / US * share / SCHED_WHOLE * US;
        struct guest *guest = law_vm(w, 1, pcpu, random_habits(w));

        if (slice < 10 * US)
            continue;
        law_set(w, guest, "period", period);
        law_set(w, guest, "slice", slice);
        law_set(w, guest, "extra", world_random(w, 2));
        whole -= slice * SCHED_WHOLE / period + 1;
    }
}

void law_sedf_slices(struct world *w, const struct sched_ops *only, uint64_t seed)
{
    (void)only;
    w->random = seed;
    law_begin(w, sched_find("sedf"), (uint32_t)world_between(w, 1, 2), seed);
    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++)
        reserve(w, pcpu, world_random(w, 3) ? SCHED_WHOLE : world_between(w, SCHED_WHOLE / 2, SCHED_WHOLE));
    for (uint32_t i = (uint32_t)world_random(w, 3); i-- > 0;)
        law_vm(w, 1, (uint32_t)world_random(w, w->sched.pcpus), random_habits(w));
    for (uint32_t i = 0; i < w->vcpus; i++)
        if (w->actors[i].habits.burst == NEVER)
            w->actors[i].habits.exact = true; /* it wakes at 0 */
    law_start(w);
    while (w->now < 400 * MS) {
        world_run(w, w->now + 1 * MS);
        judge_all(w);
    }
}
