/* SPDX-License-Identifier: MIT */
/*
 * Where a VCPU goes: a new one to where the fewest are, a waking one home
 * unless only another pCPU idles. Load plays no part: VCPUs are counted.
 */
#include "sched/sched.h"

static const char *const policies[] = {"count", NULL};

const struct sched_parameter sched_common_params[] = {
    {
        .name = "placement",
        .what = "where a VCPU begins: where the fewest are",
        .kind = SCHED_PARAM_CHOICE,
        .slot = SCHED_PARAM_PLACEMENT,
        .choices = policies,
    },
    {
        .name = "util",
        .what = "percent of a pCPU that each VCPU declares to need; 0: it is measured",
        .kind = SCHED_PARAM_NUMBER,
        .per_vm = true,
        .slot = SCHED_PARAM_UTIL,
        .max = 100,
    },
    {.name = NULL},
};

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a < b ? b - a : a - b;
}

/* Ties go to the highest number. */
uint32_t place_new(const struct sched *s, const struct sched_vcpu *vcpu)
{
    uint32_t best = SCHED_NO_PCPU;
    uint32_t fewest = UINT32_MAX;

    for (uint32_t pcpu = s->pcpus; pcpu-- > 0;) {
        uint32_t members = __atomic_load_n(&s->rq[pcpu].members, __ATOMIC_RELAXED);

        if (members < fewest && sched_may_move(s, vcpu, pcpu)) {
            best = pcpu;
            fewest = members;
        }
    }
    return best;
}

/* The idle pCPU nearest by number to its home; its home if it idles or none does. */
uint32_t place_waking(const struct sched *s, const struct sched_vcpu *vcpu)
{
    struct pcpu_set idle = pcpu_set_both(&s->idle, &vcpu->affinity);
    uint32_t home = vcpu->pcpu, best = home, pcpu;

    if (pcpu_set_has(&idle, home))
        return home;
    pcpu_set_for_each(pcpu, &idle) if ((best == home || distance(pcpu, home) < distance(best, home)) &&
                                       sched_may_move(s, vcpu, pcpu)) best = pcpu;
    return best;
}

uint64_t place_load(const struct sched *s, const struct sched_vcpu *vcpu)
{
    uint64_t util = vcpu->vm->param[SCHED_PARAM_UTIL];

    if (s->ops->demand)
        return s->ops->demand(vcpu->vm->param);
    return util ? util * (SCHED_WHOLE / 100) : vcpu->measured;
}

void place_measure(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    struct sched_rq *rq = &s->rq[vcpu->pcpu];
    uint64_t load;

    vcpu->measured = (vcpu->ran - vcpu->measured_ran) * 1000 / ((now - vcpu->measured_at) / 1000 + 1);
    vcpu->measured_ran = vcpu->ran;
    vcpu->measured_at = now;
    load = place_load(s, vcpu);
    __atomic_fetch_add(&rq->load, load - vcpu->load, __ATOMIC_RELAXED);
    vcpu->load = load;
}
