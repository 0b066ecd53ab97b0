/* SPDX-License-Identifier: MIT */
/* EEVDF: nobody is owed, or owes, more than the greatest request. */
#include "tests/property/laws.h"

#define ROUNDING (2 * US)

static uint64_t value(const struct world *w, uint32_t i, const char *name)
{
    return w->actors[i].vcpu.vm->param[sched_param_find(sched_find("fair"), name, true)->slot];
}

static uint64_t greatest_request(const struct world *w)
{
    uint64_t greatest = 0;

    for (uint32_t i = 0; i < w->vcpus; i++)
        greatest = value(w, i, "request") > greatest ? value(w, i, "request") : greatest;
    return greatest;
}

/* Spinners that all woke at 0: the lag is what a pCPU that is divided endlessly fine would have given, less what they
 * had. */
static void watch_lags(struct world *w)
{
    double weights = 0, bound = (double)(greatest_request(w) + ROUNDING);

    for (uint32_t i = 0; i < w->vcpus; i++)
        weights += (double)value(w, i, "weight");
    for (uint32_t i = 0; i < w->vcpus; i++) {
        double lag = (double)w->now * (double)value(w, i, "weight") / weights -
                     (double)world_spent(w, &w->actors[i], RUN);

        require(w, lag < bound && lag > -bound, "VCPU %u has a lag of %.0f ns; the greatest request is %.0f",
                i, lag, bound);
    }
}

static void spinning(struct world *w, uint64_t seed)
{
    uint32_t count = (uint32_t)world_between(w, 1, 8);

    law_begin(w, sched_find("fair"), 1, seed);
    for (uint32_t i = 0; i < count; i++) {
        struct guest *guest = law_vm(w, 1, 0, (struct habits){.burst = NEVER, .exact = true});

        law_set(w, guest, "weight", world_between(w, 16, 2048));
        law_set(w, guest, "request", world_between(w, 100 * US, 20 * MS));
    }
    law_start(w);
    w->watch = watch_lags;
    world_run(w, SECOND);
}

/* What a weight of 1 got since `mark`. */
static double virtual_time(const struct world *w, uint32_t i)
{
    return (double)(world_spent(w, &w->actors[i], RUN) - w->actors[i].mark) / (double)value(w, i, "weight");
}

/* Any two that spin have got alike, by weight, since both were there: at either end of that time each was within
 * the bound of where it should have been. */
static void compare(struct world *w, uint32_t spinners)
{
    double bound = 2 * (double)(greatest_request(w) + ROUNDING);

    for (uint32_t i = 0; i < spinners; i++) {
        for (uint32_t j = 0; j < i; j++) {
            double apart = virtual_time(w, i) - virtual_time(w, j);
            double most = bound / (double)value(w, i, "weight") + bound / (double)value(w, j, "weight");

            require(w, apart <= most && apart >= -most,
                    "VCPUs %u and %u are %f ns by weight apart, more than %f", i, j, apart, most);
        }
    }
}

static void among_sleepers(struct world *w, uint64_t seed)
{
    uint32_t spinners = (uint32_t)world_between(w, 2, 4), others = (uint32_t)world_between(w, 1, 6);

    law_begin(w, sched_find("fair"), 1, seed);
    for (uint32_t i = 0; i < spinners + others; i++) {
        struct habits habits = i < spinners ? (struct habits){.burst = NEVER, .exact = true}
                                            : random_habits(w);
        struct guest *guest = law_vm(w, 1, 0, habits);

        law_set(w, guest, "weight", world_between(w, 64, 1024));
        law_set(w, guest, "request", world_between(w, 100 * US, 20 * MS));
    }
    law_start(w);
    world_run(w, world_random(w, 200 * MS));
    for (uint32_t i = 0; i < spinners; i++)
        w->actors[i].mark = world_spent(w, &w->actors[i], RUN);
    for (uint32_t i = 0; i < 20; i++) {
        world_run(w, w->now + world_random(w, 100 * MS));
        compare(w, spinners);
    }
}

void law_fair_lag(struct world *w, const struct sched_ops *only, uint64_t seed)
{
    (void)only;
    w->random = seed;
    spinning(w, seed);
    among_sleepers(w, seed);
}
