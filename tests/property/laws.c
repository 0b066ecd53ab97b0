/* SPDX-License-Identifier: MIT */
/* What the laws share, and those that concern all schedulers. */
#include "tests/property/laws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void law_begin(struct world *w, const struct sched_ops *ops, uint32_t pcpus, uint64_t seed)
{
    const struct sched_topology topology = {pcpus, 1, 1};

    world_begin(w, ops, &topology, seed);
}

struct guest *law_vm(struct world *w, uint32_t vcpus, uint32_t pcpu, struct habits habits)
{
    struct guest *guest = &w->guests[world_add_vm(w, vcpus)];

    for (uint32_t i = guest->first; i < guest->first + guest->count; i++) {
        w->actors[i].habits = habits;
        if (pcpu != SCHED_NO_PCPU) {
            w->actors[i].vcpu.affinity = (struct pcpu_set){{0}};
            pcpu_set_add(&w->actors[i].vcpu.affinity, pcpu);
        }
    }
    return guest;
}

void law_set(struct world *w, struct guest *guest, const char *name, uint64_t value)
{
    uint64_t values[SCHED_KINDS][SCHED_PARAMS];
    bool known = false;

    memcpy(values, guest ? guest->vm.values : w->sched.values, sizeof(values));
    for (uint32_t i = 0; sched_all[i]; i++) {
        const struct sched_parameter *param = sched_param_find(sched_all[i], name, guest != NULL);

        if (!param)
            continue;
        known = true;
        values[i][param->slot] = value;
    }
    if (!known) {
        printf("no scheduler has a parameter '%s'\n", name);
        exit(2);
    }
    if (guest)
        memcpy(guest->vm.values, values, sizeof(values));
    else
        sched_begin_with(&w->sched, values);
}

void law_start(struct world *w)
{
    for (uint32_t vm = 0; vm < w->vms; vm++)
        require(w, world_start_vm(w, vm), "VM %u is refused", vm);
    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++)
        world_pick(w, pcpu);
}

/* Every scheduler by itself in a random world. */
void chaos_alone(struct world *w, const struct sched_ops *only, uint64_t seed)
{
    for (uint32_t i = 0; sched_all[i]; i++)
        if (!only || only == sched_all[i])
            chaos(w, sched_all[i], seed);
}

/* ---- placement = balance: no two siblings that run or wait on one pCPU, if they are no more than the pCPUs ---- */

static bool is_awake(const struct actor *actor)
{
    return actor->state == RUN || actor->state == WAIT || actor->state == PARKED;
}

static void watch_siblings(struct world *w)
{
    for (uint32_t i = 0; i < w->vcpus; i++)
        for (uint32_t j = i + 1; j < w->vcpus && w->actors[j].vcpu.vm == w->actors[i].vcpu.vm; j++)
            require(w,
                    w->actors[i].vcpu.pcpu != w->actors[j].vcpu.pcpu || !is_awake(&w->actors[i]) ||
                        !is_awake(&w->actors[j]),
                    "VCPUs %u and %u are siblings, and share pCPU %u", i, j, w->actors[i].vcpu.pcpu);
}

static void try_balance(struct world *w, const struct sched_ops *ops, uint64_t seed)
{
    uint32_t vms;

    w->random = seed;
    law_begin(w, ops, (uint32_t)world_between(w, 2, 8), seed);
    law_set(w, NULL, "placement", PLACE_BALANCE);
    w->watch = watch_siblings;
    vms = (uint32_t)world_between(w, 1, 6);
    for (uint32_t i = 0; i < vms; i++) {
        law_vm(w, (uint32_t)world_between(w, 1, w->sched.pcpus), SCHED_NO_PCPU, random_habits(w));
        w->guests[i].starts = world_random(w, 50 * MS);
    }
    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++)
        world_pick(w, pcpu);
    world_run(w, 600 * MS);
}

void law_balance(struct world *w, const struct sched_ops *only, uint64_t seed)
{
    for (uint32_t i = 0; sched_all[i]; i++)
        if (!only || only == sched_all[i])
            try_balance(w, sched_all[i], seed);
}
