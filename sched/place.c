/* SPDX-License-Identifier: MIT */
/*
 * Where a VCPU goes: a new one to where the fewest are, a waking one home
 * unless only another pCPU idles. Load plays no part: VCPUs are counted.
 */
#include "sched/sched.h"

static bool allows(const struct sched_vcpu *vcpu, uint32_t pcpu)
{
    return vcpu->affinity >> pcpu & 1;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a < b ? b - a : a - b;
}

/* Ties go to the lowest number. */
uint32_t place_new(const struct sched *s, const struct sched_vcpu *vcpu)
{
    uint32_t best = SCHED_NO_PCPU;
    uint32_t fewest = UINT32_MAX;

    for (uint32_t pcpu = 0; pcpu < s->pcpus; pcpu++) {
        uint32_t members = __atomic_load_n(&s->rq[pcpu].members, __ATOMIC_RELAXED);
        if (allows(vcpu, pcpu) && members < fewest) {
            best = pcpu;
            fewest = members;
        }
    }
    return best;
}

/* The idle pCPU nearest by number to its home; its home if it idles or none does. */
uint32_t place_waking(const struct sched *s, const struct sched_vcpu *vcpu)
{
    uint64_t idle = __atomic_load_n(&s->idle, __ATOMIC_RELAXED) & vcpu->affinity;
    uint32_t home = vcpu->pcpu;
    uint32_t best = home;

    if (!idle || idle >> home & 1)
        return home;
    for (uint32_t pcpu = 0; pcpu < s->pcpus; pcpu++) {
        if (!(idle >> pcpu & 1))
            continue;
        if (best == home || distance(pcpu, home) < distance(best, home))
            best = pcpu;
    }
    return best;
}
