/* SPDX-License-Identifier: MIT */
/*
 * A random machine with random VMs, to which random things happen: VCPUs compute, sleep, yield, VMs come and go,
 * pCPUs ask without need, parameters and schedulers change. No law is watched but those of check.c.
 */
#include "tests/property/chaos.h"

#include <string.h>

#define MISCHIEFS 120 /* a world */

static struct sched_topology random_topology(struct world *w)
{
    static const struct sched_topology all[] = {
        {1, 1, 1}, {1, 2, 1}, {2, 1, 1}, {1, 1, 2}, {3, 1, 1}, {1, 4, 1}, {2, 2, 1},
        {1, 2, 2}, {5, 1, 1}, {1, 3, 2}, {7, 1, 1}, {1, 8, 1}, {1, 4, 2}, {2, 2, 2},
    };

    return all[world_random(w, COUNT_OF(all))];
}

/* Never empty. */
static struct pcpu_set random_affinity(struct world *w)
{
    struct pcpu_set everywhere = pcpu_set_first(w->sched.pcpus), some;

    some.word[0] = world_random(w, UINT64_MAX);
    some = pcpu_set_both(&some, &everywhere);
    return world_random(w, 3) == 0 && !pcpu_set_is_empty(&some) ? some : everywhere;
}

struct habits random_habits(struct world *w)
{
    static const struct habits all[] = {
        {.burst = NEVER},
        {.burst = NEVER},
        {.burst = 200 * MS, .sleep = 300 * MS},
        {.burst = 20 * MS, .sleep = 30 * MS},
        {.burst = 5 * MS, .sleep = 5 * MS, .yields = 50},
        {.burst = 300 * US, .sleep = 20 * MS},
        {.burst = 50 * US, .sleep = 2 * MS},
        {.burst = 9500 * US, .sleep = 500 * US, .exact = true}, /* awake but for the tick */
        {.burst = 10 * MS, .yields = 100},
    };

    return all[world_random(w, COUNT_OF(all))];
}

/* ---- Parameters ---- */

/* Mostly near what is usual. */
static uint64_t random_value(struct world *w, const struct sched_parameter *param)
{
    uint64_t least = param->min, most = param->max;

    if (param->kind == SCHED_PARAM_CHOICE) {
        for (most = 0; param->choices[most]; most++)
            ;
        return world_random(w, most);
    }
    if (param->or_zero && world_random(w, 4) == 0)
        return 0;
    if (world_random(w, 8) == 0)
        return world_random(w, 2) ? least : most;
    if (param->initial > 0 && param->initial / 8 > least)
        least = param->initial / 8;
    if (param->kind == SCHED_PARAM_TIME && param->initial == 0 && most > 100 * MS)
        most = 100 * MS;
    if (param->initial > 0 && param->initial < most / 8)
        most = param->initial * 8;
    return world_between(w, least, most);
}

/* A parameter of the scheduler in force, or of those that all have. NULL: there is none of that sort. */
static const struct sched_parameter *random_param(struct world *w, bool per_vm)
{
    const struct sched_parameter *found[2 * SCHED_PARAMS];
    const struct sched_parameter *const tables[] = {w->sched.ops->params, sched_common_params};
    uint32_t count = 0;

    for (size_t i = 0; i < COUNT_OF(tables); i++)
        for (const struct sched_parameter *param = tables[i]; param->name; param++)
            if (param->per_vm == per_vm)
                found[count++] = param;
    return count ? found[world_random(w, count)] : NULL;
}

static void set_something(struct world *w)
{
    struct guest *guest = world_random(w, 4) ? &w->guests[world_random(w, w->vms)] : NULL;
    const struct sched_parameter *param = random_param(w, guest != NULL);

    if (param)
        world_set(w, guest, param, random_value(w, param));
}

/* The parameters of a VM that has not begun yet, for all schedulers at once; nothing that cannot be. */
void random_params(struct world *w, uint64_t values[SCHED_KINDS][SCHED_PARAMS], bool per_vm, uint32_t vcpus)
{
    sched_initial_params(per_vm, values);
    for (uint32_t i = 0; sched_all[i]; i++) {
        uint64_t before[SCHED_PARAMS], most;

        memcpy(before, values[i], sizeof(before));
        for (const struct sched_parameter *param = sched_all[i]->params; param->name; param++)
            if (param->per_vm == per_vm && world_random(w, 2))
                values[i][param->slot] = random_value(w, param);
        if (per_vm && sched_all[i]->check && sched_all[i]->check(values[i], vcpus, &most) >= 0)
            memcpy(values[i], before, sizeof(before));
    }
}

/* ---- Mischief ---- */

static const struct sched_ops *random_scheduler(struct world *w)
{
    uint32_t count = 0;

    while (sched_all[count])
        count++;
    return sched_all[world_random(w, count)];
}

static void come_or_go(struct world *w)
{
    uint32_t vm = (uint32_t)world_random(w, w->vms);
    struct guest *guest = &w->guests[vm];

    if (!guest->started && guest->vm.vcpus == 0)
        guest->starts = w->now;
    else if (!guest->leaving)
        world_stop_vm(w, vm);
}

static void do_mischief(struct world *w, const struct sched_ops *only)
{
    struct actor *actor = &w->actors[world_random(w, w->vcpus)];
    uint32_t pcpu = (uint32_t)world_random(w, w->sched.pcpus);

    switch (world_random(w, 8)) {
    case 0: world_pick(w, pcpu); break;
    case 1: world_wake(w, actor); break;
    case 2:
        if (w->harts[pcpu].runs)
            world_yield(w, pcpu);
        break;
    case 3:
        if (w->harts[pcpu].runs && actor_of(w->harts[pcpu].runs)->habits.sleep)
            world_block(w, pcpu);
        break;
    case 4: come_or_go(w); break;
    case 5: set_something(w); break;
    default:
        if (!only)
            world_change(w, random_scheduler(w));
    }
}

/* VMs of 1 to 8 VCPUs, as many as there is room for, or fewer. */
static void populate(struct world *w)
{
    uint32_t vcpus = (uint32_t)(world_random(w, 2) ? world_between(w, 1, MAX_VCPUS) : world_between(w, 1, 8));

    while (w->vcpus < vcpus && w->vms < MAX_VMS) {
        uint32_t most = vcpus - w->vcpus < 8 ? vcpus - w->vcpus : 8;
        uint32_t vm = world_add_vm(w, (uint32_t)(world_random(w, 2) ? 1 : world_between(w, 1, most)));
        struct guest *guest = &w->guests[vm];

        random_params(w, guest->vm.values, true, guest->count);
        guest->starts = world_random(w, 2) ? 0 : world_random(w, 100 * MS);
        for (uint32_t i = guest->first; i < guest->first + guest->count; i++) {
            w->actors[i].vcpu.affinity = random_affinity(w);
            w->actors[i].habits = random_habits(w);
        }
    }
}

/* What people are told of a VCPU can be told at any time, and fits. */
static void describe(struct world *w, const struct actor *actor)
{
    char text[160] = "";

    if (actor->state != OUT && w->sched.ops->dump)
        w->sched.ops->dump(&w->sched, &actor->vcpu, text, sizeof(text));
    require(w, strlen(text) < sizeof(text) - 1, "what there is to say of a VCPU does not fit: %s", text);
}

void chaos(struct world *w, const struct sched_ops *only, uint64_t seed)
{
    uint64_t values[SCHED_KINDS][SCHED_PARAMS];
    struct sched_topology topology;

    w->random = seed;
    topology = random_topology(w);
    world_begin(w, only ? only : random_scheduler(w), &topology, seed);
    random_params(w, values, false, 1);
    sched_begin_with(&w->sched, values);
    w->late = world_random(w, 2) ? 0 : world_between(w, 1, 300 * US);
    w->skew = world_random(w, 3) ? 0 : world_between(w, 1, 300 * US);
    populate(w);
    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++)
        world_pick(w, pcpu);
    for (uint32_t i = 0; i < MISCHIEFS; i++) {
        world_run(w, w->now + world_random(w, 10 * MS));
        do_mischief(w, only);
        describe(w, &w->actors[world_random(w, w->vcpus)]);
    }
}
