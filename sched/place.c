/* SPDX-License-Identifier: MIT */
/*
 * Where a VCPU goes.
 *
 * A new one goes where the policy of the scenario (`placement`) finds the least against it; ties go to the highest
 * number. A policy is a function that says what speaks against a pCPU, the weightiest first:
 *
 *   count    how many VCPUs are there, whatever they do (Xen 3.4)
 *   util     the sum of what they need (the paper "VCPU allocation policy for soft real-time Xen")
 *   idle     that it is busy, then that its core is, then its socket (today's Xen)
 *   balance  its siblings there (EuroSys'11, "Is co-scheduling too expensive for SMP VMs?")
 *
 * One that wakes goes home, unless only another pCPU idles.
 */
#include "sched/sched.h"

#define MEMORY 900000000 /* ns: what place_measure remembers weighs as much as a window of this length */

static const char *const policies[] = {"count", "util", "idle", "balance", NULL};

const struct sched_parameter sched_common_params[] = {
    {
        .name = "placement",
        .what =
            "where a new VCPU goes: to the fewest VCPUs, the least load, an idle core, or away from siblings",
        .kind = SCHED_PARAM_CHOICE,
        .slot = SCHED_PARAM_PLACEMENT,
        .initial = PLACE_COUNT,
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

/* ---- A new one ---- */

/* Who looks for a place, and what it sees of the machine. */
struct search {
    const struct sched *s;
    const struct sched_vcpu *vcpu;
    struct pcpu_set siblings;     /* where its siblings are at home */
    struct pcpu_set free;         /* pCPUs where nobody runs or is about to, as far as one can see */
    uint32_t home;                /* the socket of its first sibling; UINT32_MAX: it has none */
    uint32_t home_free;           /* free pCPUs of that socket, */
    uint32_t socket, socket_free; /* and of the one that was looked at last */
};

#define RANKS 5

/* What speaks against a pCPU, the weightiest first. */
struct cost {
    uint64_t rank[RANKS];
};

static bool is_less(const struct cost *a, const struct cost *b)
{
    uint32_t i = 0;

    while (i < RANKS - 1 && a->rank[i] == b->rank[i])
        i++;
    return a->rank[i] < b->rank[i];
}

static uint32_t members_of(const struct sched *s, uint32_t pcpu)
{
    return __atomic_load_n(&s->rq[pcpu].members, __ATOMIC_RELAXED);
}

/*
 * Xen 3.4 counts, but on a machine with threads it never looks at the first thread of a core: of each core its second
 * one stands for all, so that no two VCPUs share a core while another has none, and the first of all, pCPU 0, is left
 * to the system. So four plain pCPUs fill as 3, 2, 1, 0, and four cores of two threads as 7, 5, 3, 1, 7, 5, ...
 * The paper expects the highest number first in both, 7, 6, 5, 4: that is what the same machine does when its
 * topology does not tell of threads.
 *
 * Here a VCPU looks at the other threads, too, when a second one is not to be had: its affinity forbids them, or they
 * have its siblings. (Xen 3.4 places only a VM's first VCPU like this; the others follow it by number.)
 */
static struct cost count_cost(struct search *search, uint32_t pcpu)
{
    uint32_t threads = search->s->topology.threads;
    bool second = threads > 1 && pcpu % threads == 1 && !pcpu_set_has(&search->siblings, pcpu);

    return (struct cost){{threads > 1 && !second, members_of(search->s, pcpu)}};
}

static struct cost util_cost(struct search *search, uint32_t pcpu)
{
    uint64_t load = __atomic_load_n(&search->s->rq[pcpu].load, __ATOMIC_RELAXED);

    return (struct cost){{load, members_of(search->s, pcpu)}};
}

static struct cost balance_cost(struct search *search, uint32_t pcpu)
{
    uint32_t siblings = 0;

    if (pcpu_set_has(&search->siblings, pcpu))
        siblings = sched_siblings_on(search->vcpu, pcpu);
    return (struct cost){{siblings, members_of(search->s, pcpu)}};
}

static uint32_t count_free(const struct search *search, uint32_t first, uint32_t count)
{
    uint32_t pcpu = pcpu_set_next(&search->free, first), found = 0;

    for (; pcpu < first + count; pcpu = pcpu_set_next(&search->free, pcpu + 1))
        found++;
    return found;
}

static uint32_t socket_of(const struct sched *s, uint32_t pcpu)
{
    return pcpu / (s->topology.threads * s->topology.cores);
}

static uint32_t free_in_socket(const struct search *search, uint32_t socket)
{
    uint32_t size = search->s->topology.threads * search->s->topology.cores;

    return count_free(search, socket * size, size);
}

/* The first VCPU of a VM goes to the socket with the most free pCPUs. Its siblings stay there, unless another one
 * has more than twice as many. */
static uint64_t socket_cost(struct search *search, uint32_t socket)
{
    if (socket != search->socket) {
        search->socket = socket;
        search->socket_free = free_in_socket(search, socket);
    }
    if (search->home == UINT32_MAX)
        return SCHED_MAX_PCPUS - search->socket_free;
    if (search->home == socket)
        return 1;
    return search->socket_free > 2 * search->home_free ? 0 : 2;
}

/* A free pCPU, of the core with the most free threads, the fewest VCPUs. */
static struct cost idle_cost(struct search *search, uint32_t pcpu)
{
    const struct sched *s = search->s;
    uint32_t threads = s->topology.threads, first = pcpu - pcpu % threads, in_core = 0;

    if (!pcpu_set_has(&search->free, pcpu))
        return (struct cost){{1, members_of(s, pcpu)}};
    for (uint32_t thread = 0; thread < threads; thread++)
        in_core += members_of(s, first + thread);
    return (struct cost){{0, socket_cost(search, socket_of(s, pcpu)),
                          threads - count_free(search, first, threads), in_core, members_of(s, pcpu)}};
}

static struct cost (*const costs[])(struct search *, uint32_t pcpu) = {
    [PLACE_COUNT] = count_cost,
    [PLACE_UTIL] = util_cost,
    [PLACE_IDLE] = idle_cost,
    [PLACE_BALANCE] = balance_cost,
};

/* Siblings that are about to run beside it make a pCPU busy, although they do not run yet. */
static void look_for_free(struct search *search)
{
    const struct sched *s = search->s;

    for (uint32_t pcpu = 0; pcpu < s->pcpus; pcpu++)
        if (!pcpu_set_has(&search->siblings, pcpu) &&
            (pcpu_set_has(&s->idle, pcpu) || members_of(s, pcpu) == 0))
            pcpu_set_add(&search->free, pcpu);
    search->socket = UINT32_MAX;
    search->home_free = search->home == UINT32_MAX ? 0 : free_in_socket(search, search->home);
}

static void look_for_siblings(struct search *search)
{
    const struct list *members = &search->vcpu->vm->members, *link;

    search->home = UINT32_MAX;
    list_for_each (link, members) {
        const struct sched_vcpu *other = container_of(link, const struct sched_vcpu, sibling);
        uint32_t pcpu = __atomic_load_n(&other->pcpu, __ATOMIC_RELAXED);

        if (other == search->vcpu || pcpu >= search->s->pcpus) /* where it goes is being decided (change.c) */
            continue;
        pcpu_set_add(&search->siblings, pcpu);
        if (search->home == UINT32_MAX)
            search->home = socket_of(search->s, pcpu);
    }
}

uint32_t place_new(const struct sched *s, const struct sched_vcpu *vcpu)
{
    uint64_t policy = s->param[SCHED_PARAM_PLACEMENT];
    struct search search = {.s = s, .vcpu = vcpu};
    struct cost least = {{UINT64_MAX}};
    uint32_t best = SCHED_NO_PCPU;

    look_for_siblings(&search);
    if (policy == PLACE_IDLE)
        look_for_free(&search);
    for (uint32_t pcpu = s->pcpus; pcpu-- > 0;) {
        struct cost cost = costs[policy](&search, pcpu);

        if (is_less(&cost, &least) && sched_may_move(s, vcpu, pcpu)) {
            least = cost;
            best = pcpu;
        }
    }
    return best;
}

/* ---- One that wakes ---- */

static uint32_t gap(uint32_t a, uint32_t b)
{
    return a < b ? b - a : a - b;
}

/* Of two pCPUs, or SCHED_NO_PCPU, the one nearer to `home`: in its core, in its socket, by number; or the first. */
static uint32_t nearer(const struct sched *s, uint32_t home, uint32_t a, uint32_t b)
{
    uint32_t far_a, far_b;

    if (a == SCHED_NO_PCPU || b == SCHED_NO_PCPU)
        return a == SCHED_NO_PCPU ? b : a;
    far_a = sched_distance(s, home, a);
    far_b = sched_distance(s, home, b);
    if (far_a != far_b)
        return far_a < far_b ? a : b;
    return gap(home, a) <= gap(home, b) ? a : b;
}

/* The pCPU of the set that is nearest to `home`, and that vcpu may go to; SCHED_NO_PCPU: there is none. Cores and
 * sockets are adjacent, so it is the nearest below or the nearest above. */
static uint32_t nearest(const struct sched *s, const struct sched_vcpu *vcpu, struct pcpu_set *set,
                        uint32_t home)
{
    for (;;) {
        uint32_t best = nearer(s, home, pcpu_set_last(set, home), pcpu_set_next(set, home));

        if (best == SCHED_NO_PCPU || sched_may_move(s, vcpu, best))
            return best;
        pcpu_set_remove(set, best);
    }
}

/* Nobody idles, and a sibling waits or runs at home: where are the fewest of those, then the fewest who wait? */
static uint32_t away_from_siblings(const struct sched *s, const struct sched_vcpu *vcpu, uint32_t home)
{
    struct cost least = {{sched_siblings_awake(vcpu, home)}};
    uint32_t best = home, pcpu;

    if (least.rank[0] == 0)
        return home;
    pcpu_set_for_each(pcpu, &vcpu->affinity)
    {
        struct cost cost;

        if (pcpu >= s->pcpus)
            break;
        cost = (struct cost){{sched_siblings_awake(vcpu, pcpu),
                              __atomic_load_n(&s->rq[pcpu].queued, __ATOMIC_RELAXED), gap(home, pcpu)}};
        if (is_less(&cost, &least) && sched_may_move(s, vcpu, pcpu)) {
            least = cost;
            best = pcpu;
        }
    }
    return best;
}

uint32_t place_waking(const struct sched *s, const struct sched_vcpu *vcpu)
{
    struct pcpu_set idle = pcpu_set_both(&s->idle, &vcpu->affinity);
    uint32_t home = vcpu->pcpu, best;

    if (s->ops->apart || pcpu_set_has(&idle, home))
        return home;
    best = nearest(s, vcpu, &idle, home);
    if (best != SCHED_NO_PCPU)
        return best;
    return s->param[SCHED_PARAM_PLACEMENT] == PLACE_BALANCE ? away_from_siblings(s, vcpu, home) : home;
}

/* ---- What a VCPU needs ---- */

uint64_t place_load(const struct sched *s, const struct sched_vcpu *vcpu)
{
    uint64_t util = vcpu->vm->param[SCHED_PARAM_UTIL];

    if (s->ops->demand)
        return s->ops->demand(vcpu->vm->param);
    return util ? util * (SCHED_WHOLE / 100) : vcpu->measured;
}

/* Parts per million; a first time counts in full, then a VCPU's load is its mean over about the last second. */
void place_measure(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    struct sched_rq *rq = &s->rq[vcpu->pcpu];
    uint64_t passed = now - vcpu->measured_at, ran = vcpu->ran - vcpu->measured_ran;
    uint64_t memory = vcpu->measured_ran ? MEMORY : 0;
    uint64_t load;

    vcpu->measured = (ran / 1000 * SCHED_WHOLE + vcpu->measured * (memory / 1000)) /
                     ((passed + memory) / 1000);
    vcpu->measured_ran = vcpu->ran;
    vcpu->measured_at = now;
    load = place_load(s, vcpu);
    __atomic_fetch_add(&rq->load, load - vcpu->load, __ATOMIC_RELAXED);
    vcpu->load = load;
}
