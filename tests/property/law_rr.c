/* SPDX-License-Identifier: MIT */
/* Round robin: among N VCPUs of a pCPU nobody waits longer than (N - 1) quanta, and spinners share alike. */
#include "tests/property/laws.h"

static uint64_t quantum(const struct world *w)
{
    return w->sched.param[sched_param_find(&sched_rr, "quantum", false)->slot];
}

static void watch_waits(struct world *w)
{
    for (uint32_t i = 0; i < w->vcpus; i++) {
        const struct actor *actor = &w->actors[i];
        uint64_t bound = (w->queues[actor->vcpu.pcpu].members - 1) * quantum(w);

        require(w, actor->state != WAIT || w->now - actor->since <= bound,
                "VCPU %u waits for %lu ns, longer than the %lu of all others' quanta", i,
                (unsigned long)(w->now - actor->since), (unsigned long)bound);
    }
}

/* Who begins to wait runs once all who wait before him, and the one who runs, have had a quantum: wherever he goes. */
static void note_wait(struct world *w, struct actor *actor, enum runstate before)
{
    const struct sched_rq *rq = &w->queues[actor->vcpu.pcpu];

    (void)before;
    actor->mark = actor->state == WAIT ? w->now + (rq->queued - 1 + (rq->current != NULL)) * quantum(w)
                                       : NEVER;
}

static void watch_marks(struct world *w)
{
    for (uint32_t i = 0; i < w->vcpus; i++)
        require(w, w->now <= w->actors[i].mark,
                "VCPU %u waits for %lu ns, longer than the quanta of all before it", i,
                (unsigned long)(w->now - w->actors[i].since));
}

/* VCPUs that may run anywhere, of VMs that come in time. */
static void moving(struct world *w, uint64_t seed)
{
    uint32_t vms;

    law_begin(w, &sched_rr, (uint32_t)world_between(w, 2, 8), seed);
    w->watch = watch_marks;
    w->on_state = note_wait;
    vms = (uint32_t)world_between(w, 2, 16);
    for (uint32_t i = 0; i < vms; i++) {
        uint32_t pcpu = world_random(w, 4) ? SCHED_NO_PCPU : (uint32_t)world_random(w, w->sched.pcpus);

        law_vm(w, (uint32_t)world_between(w, 1, 4), pcpu, random_habits(w))->starts = world_random(w, SECOND);
    }
    for (uint32_t i = 0; i < w->vcpus; i++)
        w->actors[i].mark = NEVER;
    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++)
        world_pick(w, pcpu);
    world_run(w, 2 * SECOND);
}

/* VCPUs pinned to their pCPUs, with any habits. */
static void fixed(struct world *w, uint64_t seed)
{
    uint32_t vms;

    law_begin(w, &sched_rr, (uint32_t)world_between(w, 1, 3), seed);
    law_set(w, NULL, "quantum", world_between(w, 100 * US, 40 * MS));
    w->watch = watch_waits;
    vms = (uint32_t)world_between(w, 1, 12);
    for (uint32_t i = 0; i < vms; i++)
        law_vm(w, 1, (uint32_t)world_random(w, w->sched.pcpus), random_habits(w));
    law_start(w);
    for (int i = 0; i < 20; i++) {
        world_run(w, w->now + world_random(w, 50 * MS));
        world_pick(w, (uint32_t)world_random(w, w->sched.pcpus)); /* asked without need */
    }
}

static bool never_waits(struct world *w, uint32_t i)
{
    return world_spent(w, &w->actors[i], WAIT) == 0;
}

/* N spinners on one pCPU: after whole rounds all have run equally long. */
static void spinning(struct world *w, uint64_t seed)
{
    uint32_t count = (uint32_t)world_between(w, 1, 10);

    law_begin(w, &sched_rr, 1, seed);
    for (uint32_t i = 0; i < count; i++)
        law_vm(w, 1, 0, (struct habits){.burst = NEVER});
    law_start(w);
    world_run(w, 7 * count * quantum(w));
    for (uint32_t i = 0; i < count; i++)
        require(w, world_spent(w, &w->actors[i], RUN) == 7 * quantum(w),
                "VCPU %u ran for %lu ns, not for 7 quanta", i,
                (unsigned long)world_spent(w, &w->actors[i], RUN));
    require(w, count > 1 || never_waits(w, 0), "a VCPU that is alone waits");
}

void law_rr_wait(struct world *w, const struct sched_ops *only, uint64_t seed)
{
    (void)only;
    w->random = seed;
    fixed(w, seed);
    moving(w, seed);
    spinning(w, seed);
}
