/* SPDX-License-Identifier: MIT */
/* Credit: shares by weight in the long run, a cap that is kept but for the error of a window, prompt wake-ups. */
#include "tests/property/laws.h"

static uint64_t value(const struct actor *actor, const char *name)
{
    return actor->vcpu.vm->param[sched_param_find(sched_find("credit"), name, true)->slot];
}

static const struct habits spins = {.burst = NEVER, .exact = true};

/* ---- Weights ---- */

#define LONG_RUN (6 * SECOND)

/* All spin: each has its part of the pCPUs, within 3 % of it and what rounding credits up costs. */
static void judge_shares(struct world *w, uint64_t from)
{
    double weights = 0, time = (double)(w->now - from) * w->sched.pcpus;

    for (uint32_t i = 0; i < w->vcpus; i++)
        weights += (double)value(&w->actors[i], "weight");
    for (uint32_t i = 0; i < w->vcpus; i++) {
        double fair = (double)value(&w->actors[i], "weight") / weights;
        double got = (double)(world_spent(w, &w->actors[i], RUN) - w->actors[i].mark) / time;

        require(w, got > 0.97 * fair - 0.02 && got < 1.03 * fair + 0.02,
                "VCPU %u got %.3f of all time, and is worth %.3f", i, got, fair);
    }
}

static void run_shares(struct world *w)
{
    law_start(w);
    world_run(w, SECOND);
    for (uint32_t i = 0; i < w->vcpus; i++)
        w->actors[i].mark = world_spent(w, &w->actors[i], RUN);
    world_run(w, SECOND + LONG_RUN);
    judge_shares(w, SECOND);
}

/* One pCPU. Two VCPUs may have any weights. Where three or more are very unlike, the heaviest saves more than it may
 * keep while the others have a turn each, and the lightest owes more than it must: it gets up to twice its share. */
static void by_weight(struct world *w, uint64_t seed)
{
    uint32_t count = (uint32_t)world_between(w, 1, 5);
    uint64_t least = count <= 2 ? 64 : 512;

    law_begin(w, sched_find("credit"), 1, seed);
    for (uint32_t i = 0; i < count; i++)
        law_set(w, law_vm(w, 1, 0, spins), "weight", world_between(w, least, 1024));
    run_shares(w);
}

void law_credit_shares(struct world *w, const struct sched_ops *only, uint64_t seed)
{
    (void)only;
    w->random = seed;
    by_weight(w, seed);
}

/* ---- Caps ---- */

/* In one second a VM passes its cap by no more than what it had saved, 30 ms, its debt before it is parked, 0.3 ms for
 * a percent, and two periods in which nobody looks. */
#define WINDOW_ERROR(cap) (100 * MS + (cap) * 300 * US)

void law_credit_cap(struct world *w, const struct sched_ops *only, uint64_t seed)
{
    uint64_t cap, total = 0;
    uint32_t hogs;

    (void)only;
    w->random = seed;
    law_begin(w, sched_find("credit"), 1, seed);
    cap = world_between(w, 2, 90);
    hogs = (uint32_t)world_random(w, 3);
    law_set(w, law_vm(w, 1, 0, spins), "cap", cap);
    for (uint32_t i = 0; i < hogs; i++)
        law_vm(w, 1, 0, spins);
    law_start(w);
    for (uint32_t second = 1; second <= 6; second++) {
        uint64_t before = world_spent(w, &w->actors[0], RUN), got;

        world_run(w, second * SECOND);
        got = world_spent(w, &w->actors[0], RUN) - before;
        total += got;
        require(w, got <= cap * SECOND / 100 + WINDOW_ERROR(cap),
                "capped at %lu %%, VCPU 0 ran for %lu ns of a second", (unsigned long)cap,
                (unsigned long)got);
    }
    require(w, total <= 6 * cap * SECOND / 100 + WINDOW_ERROR(cap),
            "capped at %lu %%, VCPU 0 ran for %lu ns in 6 s", (unsigned long)cap, (unsigned long)total);
    require(w, hogs > 0 || total + WINDOW_ERROR(cap) >= 6 * cap * SECOND / 100,
            "capped at %lu %% and alone, VCPU 0 ran for no more than %lu ns in 6 s", (unsigned long)cap,
            (unsigned long)total);
    for (uint32_t i = 1; i < w->vcpus; i++)
        require(w, world_spent(w, &w->actors[i], PARKED) == 0, "VCPU %u has no cap, and was parked", i);
}

/* ---- Wake-ups ---- */

static void note_wakeup(struct world *w, struct actor *actor, enum runstate before)
{
    if (actor == w->actors && actor->state == RUN && before == WAIT && w->now > 100 * MS)
        require(w, w->now - actor->since <= MS && w->now - actor->woke <= MS,
                "VCPU 0, which runs seldom, waited for %lu ns after its wake-up",
                (unsigned long)(w->now - actor->woke));
}

/* An I/O VCPU among hogs: it runs within the rate limit of 1 ms. */
void law_credit_boost(struct world *w, const struct sched_ops *only, uint64_t seed)
{
    uint32_t hogs;

    (void)only;
    w->random = seed;
    law_begin(w, sched_find("credit"), (uint32_t)world_between(w, 1, 4), seed);
    w->on_state = note_wakeup;
    hogs = (uint32_t)world_between(w, 1, 3 * w->sched.pcpus);
    law_vm(w, 1, SCHED_NO_PCPU, (struct habits){.burst = 100 * US, .sleep = 10 * MS});
    for (uint32_t i = 0; i < hogs; i++)
        law_vm(w, 1, SCHED_NO_PCPU, spins);
    law_start(w);
    world_run(w, SECOND);
}
