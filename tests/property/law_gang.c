/* SPDX-License-Identifier: MIT */
/* Gang: of a VM either all runnable VCPUs run, or none; and every VM has its turn. */
#include "tests/property/laws.h"

static uint64_t slot(const struct world *w)
{
    return w->sched.param[sched_param_find(sched_find("gang"), "slot", false)->slot];
}

/* Returns how many of its VCPUs run. */
static uint32_t judge_gang(struct world *w, const struct guest *guest, uint32_t *runnable)
{
    uint32_t runs = 0;

    *runnable = 0;
    for (uint32_t i = guest->first; i < guest->first + guest->count; i++) {
        runs += w->actors[i].state == RUN;
        *runnable += w->actors[i].state == RUN || w->actors[i].state == WAIT;
    }
    require(w, runs == 0 || runs == *runnable, "of VM %u %u VCPUs run, and %u want to", guest->vm.id, runs,
            *runnable);
    return runs;
}

/* The mark of a VM's first VCPU: since when the VM wants to run and does not. */
static void watch_gangs(struct world *w)
{
    uint32_t all = 0, wanted = 0;

    for (uint32_t vm = 0; vm < w->vms; vm++) {
        struct actor *first = &w->actors[w->guests[vm].first];
        uint32_t runnable, runs = judge_gang(w, &w->guests[vm], &runnable);

        all += runs;
        wanted += runnable;
        if (runs > 0 || runnable == 0)
            first->mark = NEVER;
        else if (first->mark == NEVER)
            first->mark = w->now;
        require(w, first->mark == NEVER || w->now - first->mark <= w->vms * slot(w),
                "VM %u waits since %lu, longer than a slot for each VM", vm, (unsigned long)first->mark);
    }
    require(w, all > 0 || wanted == 0, "%u VCPUs want to run, and none does", wanted);
}

void law_gang_together(struct world *w, const struct sched_ops *only, uint64_t seed)
{
    uint32_t vms;

    (void)only;
    w->random = seed;
    law_begin(w, sched_find("gang"), (uint32_t)world_between(w, 1, 8), seed);
    law_set(w, NULL, "slot", world_between(w, MS, 30 * MS));
    vms = (uint32_t)world_between(w, 1, 8);
    for (uint32_t vm = 0; vm < vms; vm++) {
        struct guest *guest = law_vm(w, (uint32_t)world_between(w, 1, w->sched.pcpus), SCHED_NO_PCPU,
                                     random_habits(w));

        guest->starts = world_random(w, 2) ? 0 : world_random(w, 200 * MS);
        w->actors[guest->first].mark = NEVER;
    }
    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++)
        world_pick(w, pcpu);
    w->watch = watch_gangs;
    world_run(w, SECOND);
}
