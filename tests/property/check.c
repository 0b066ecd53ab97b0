/* SPDX-License-Identifier: MIT */
/* What must hold after every call into sched/, whoever schedules: the books, the states, the times. */
#include "tests/property/world.h"

#define BALANCE (1 * MS) /* a pCPU that idles has found by then who waits for it */

static uint32_t number(const struct world *w, const struct actor *actor)
{
    return (uint32_t)(actor - w->actors);
}

/* ---- VCPUs ---- */

static void check_place(struct world *w, struct actor *actor)
{
    struct sched_vcpu *vcpu = &actor->vcpu;

    require(w, vcpu->state != SCHED_MOVING, "VCPU %u still moves although nobody moves it", number(w, actor));
    require(w, vcpu->pcpu < w->sched.pcpus && pcpu_set_has(&vcpu->affinity, vcpu->pcpu),
            "VCPU %u is on pCPU %u, where its affinity does not let it", number(w, actor), vcpu->pcpu);
    require(w, (vcpu->state == SCHED_RUNNING) == (w->queues[vcpu->pcpu].current == vcpu),
            "VCPU %u: its state and its pCPU differ on whether it runs", number(w, actor));
    require(w, !vcpu->parked || vcpu->state == SCHED_QUEUED, "VCPU %u is parked and does not wait",
            number(w, actor));
    require(w, vcpu->state != SCHED_BLOCKED || (list_empty(&vcpu->link) && !vcpu->node.in),
            "VCPU %u is in a queue and does not wait", number(w, actor));
    require(w, vcpu->since == actor->since || actor->state == PARKED,
            "VCPU %u's state changed at %lu, and its `since` says %lu", number(w, actor),
            (unsigned long)actor->since, (unsigned long)vcpu->since);
    require(w, vcpu->vm->param == vcpu->vm->values[sched_index(w->sched.ops)],
            "VM %u has another scheduler's parameters", vcpu->vm->id);
}

static void check_times(struct world *w, struct actor *actor)
{
    uint64_t sum = 0, ran = world_spent(w, actor, RUN) - actor->ran_before;
    uint64_t told = actor->told_parked + (actor->told_since == NEVER ? 0 : w->now - actor->told_since);

    for (enum runstate state = RUN; state < RUNSTATES; state++)
        sum += world_spent(w, actor, state);
    require(w, sum == w->now, "VCPU %u: its states' times do not sum up", number(w, actor));
    if (actor->state == RUN)
        ran -= w->now - w->harts[actor->vcpu.pcpu].since; /* not charged yet */
    require(w, actor->state == OUT || actor->vcpu.ran == ran,
            "VCPU %u ran for %lu ns, and has been charged %lu", number(w, actor), (unsigned long)ran,
            (unsigned long)actor->vcpu.ran);
    require(w, told == world_spent(w, actor, PARKED),
            "VCPU %u: its owner was told of %lu ns parked, and it was for %lu", number(w, actor),
            (unsigned long)told, (unsigned long)world_spent(w, actor, PARKED));
}

/* ---- Queues ---- */

struct tally {
    uint32_t members, queued, waiting;
    uint64_t load;
    uint32_t found;       /* in lists and trees, and how often */
    bool seen[MAX_VCPUS]; /* of those that wait */
};

/* A VCPU is in some list or tree of its queue; who runs may be in one that says whose turn is next. */
static void find(struct world *w, const struct sched_rq *rq, struct sched_vcpu *vcpu, struct tally *tally)
{
    uint32_t i = number(w, actor_of(vcpu));

    require(w, ++tally->found <= 2 * MAX_VCPUS, "a queue of pCPU %u is a circle", rq->pcpu);
    require(w, vcpu->pcpu == rq->pcpu && (vcpu->state == SCHED_QUEUED || vcpu == rq->current),
            "VCPU %u is in a queue of pCPU %u; it belongs to pCPU %u, state %d", i, rq->pcpu, vcpu->pcpu,
            vcpu->state);
    tally->waiting += vcpu->state == SCHED_QUEUED && !tally->seen[i];
    tally->seen[i] = true;
}

static void find_in_list(struct world *w, const struct sched_rq *rq, struct list *head, struct tally *tally)
{
    struct list *link;

    list_for_each (link, head) {
        require(w, link->next->prev == link, "a list of pCPU %u is broken", rq->pcpu);
        find(w, rq, sched_of_link(link), tally);
    }
}

/* The least value of those from `node` on down; each is in order behind `*last`, which becomes the last of them. */
static uint64_t find_in_tree(struct world *w, const struct sched_rq *rq, struct tree_node *node,
                             struct tree_node **last, struct tally *tally)
{
    uint64_t least = node->value, below;

    if (node->child[0]) {
        below = find_in_tree(w, rq, node->child[0], last, tally);
        least = tree_before(below, least) ? below : least;
        require(w, node->child[0]->parent == node, "a tree of pCPU %u is broken", rq->pcpu);
    }
    require(w, !*last || !tree_before(node->key, (*last)->key), "a tree of pCPU %u is not in order",
            rq->pcpu);
    find(w, rq, container_of(node, struct sched_vcpu, node), tally);
    *last = node;
    if (node->child[1]) {
        below = find_in_tree(w, rq, node->child[1], last, tally);
        least = tree_before(below, least) ? below : least;
        require(w, node->child[1]->parent == node, "a tree of pCPU %u is broken", rq->pcpu);
    }
    require(w, node->in && node->least == least, "a tree of pCPU %u does not know its least value", rq->pcpu);
    return least;
}

static void find_waiting(struct world *w, struct sched_rq *rq, struct tally *tally)
{
    find_in_list(w, rq, &rq->queue, tally);
    find_in_list(w, rq, &rq->parked, tally);
    for (size_t i = 0; i < COUNT_OF(rq->level); i++)
        find_in_list(w, rq, &rq->level[i], tally);
    for (size_t i = 0; i < COUNT_OF(rq->tree); i++) {
        struct tree_node *last = NULL;

        if (rq->tree[i].root)
            find_in_tree(w, rq, rq->tree[i].root, &last, tally);
    }
}

static void check_rq(struct world *w, struct sched_rq *rq, struct tally *tally, uint32_t waiting)
{
    find_waiting(w, rq, tally);
    require(w, tally->waiting == waiting, "pCPU %u: %u wait, and %u are in its queues", rq->pcpu, waiting,
            tally->waiting);
    require(w, rq->queued == tally->queued, "pCPU %u counts %u that wait, and %u do", rq->pcpu, rq->queued,
            tally->queued);
    require(w, rq->members == tally->members, "pCPU %u counts %u members, and has %u", rq->pcpu, rq->members,
            tally->members);
    require(w, rq->load == tally->load, "pCPU %u counts a load of %lu, and has %lu", rq->pcpu,
            (unsigned long)rq->load, (unsigned long)tally->load);
    require(w, !spin_held(&rq->lock), "the lock of pCPU %u is held", rq->pcpu);
    require(w, rq->current == w->harts[rq->pcpu].runs, "pCPU %u: its current one is not who runs", rq->pcpu);
    require(w, pcpu_set_has(&w->sched.waiting, rq->pcpu) == (rq->queued > 0),
            "pCPU %u: who looks for the waiting is misled", rq->pcpu);
    require(w, !rq->current || !pcpu_set_has(&w->sched.idle, rq->pcpu), "pCPU %u idles and runs somebody",
            rq->pcpu);
}

static void check_queues(struct world *w)
{
    struct tally tallies[MAX_PCPUS] = {{.members = 0}};
    uint32_t waiting[MAX_PCPUS] = {0};

    for (uint32_t i = 0; i < w->vcpus; i++) {
        struct sched_vcpu *vcpu = &w->actors[i].vcpu;

        if (vcpu->state == SCHED_OUT)
            continue;
        tallies[vcpu->pcpu].members++;
        tallies[vcpu->pcpu].load += vcpu->load;
        tallies[vcpu->pcpu].queued += vcpu->state == SCHED_QUEUED && !vcpu->parked;
        waiting[vcpu->pcpu] += vcpu->state == SCHED_QUEUED;
    }
    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++) {
        check_rq(w, &w->queues[pcpu], &tallies[pcpu], waiting[pcpu]);
        require(w, !w->sched.ops->demand || w->queues[pcpu].load <= SCHED_WHOLE,
                "pCPU %u has promised %lu ppm of itself", pcpu, (unsigned long)w->queues[pcpu].load);
    }
}

/* ---- VMs and the whole ---- */

static void check_vm(struct world *w, struct guest *guest)
{
    uint32_t there = 0, listed = 0;
    struct list *link;

    for (uint32_t i = guest->first; i < guest->first + guest->count; i++)
        there += w->actors[i].vcpu.state != SCHED_OUT;
    require(w, guest->vm.vcpus == there, "VM %u counts %u VCPUs, and has %u", guest->vm.id, guest->vm.vcpus,
            there);
    if (there == 0)
        return;
    list_for_each (link, &guest->vm.members) {
        struct sched_vcpu *vcpu = container_of(link, struct sched_vcpu, sibling);

        require(w, ++listed <= there && vcpu->vm == &guest->vm && vcpu->state != SCHED_OUT,
                "the members of VM %u are not its VCPUs", guest->vm.id);
    }
    require(w, listed == there, "VM %u lists %u of its %u VCPUs", guest->vm.id, listed, there);
}

static void check_vms(struct world *w)
{
    uint32_t there = 0, listed = 0;
    struct list *link;

    for (uint32_t i = 0; i < w->vms; i++) {
        check_vm(w, &w->guests[i]);
        there += w->guests[i].vm.vcpus > 0;
    }
    list_for_each (link, &w->sched.vms)
        require(w, ++listed <= there && container_of(link, struct sched_vm, link)->vcpus > 0,
                "the list of VMs has one that has no VCPUs");
    require(w, listed == there, "%u VMs have VCPUs, and %u are listed", there, listed);
    require(w, !spin_held(&w->sched.lock), "the scheduler's lock is held");
    require(w, w->sched.param == w->sched.values[sched_index(w->sched.ops)],
            "the parameters are another scheduler's");
    require(w, pcpu_set_is_empty(&w->sched.asked), "somebody is to be asked and nobody was told");
}

static void check_wall_time(struct world *w)
{
    uint64_t busy = 0, ran = 0;

    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++) {
        struct hart *hart = &w->harts[pcpu];

        require(w, hart->busy + hart->idle == hart->since, "pCPU %u: run and idle are not its time", pcpu);
        busy += hart->busy + (hart->runs ? w->now - hart->since : 0);
    }
    for (uint32_t i = 0; i < w->vcpus; i++)
        ran += world_spent(w, &w->actors[i], RUN);
    require(w, busy == ran, "the pCPUs were busy for %lu ns, and the VCPUs ran for %lu", (unsigned long)busy,
            (unsigned long)ran);
}

/* ---- Nobody waits while a pCPU idles ---- */

/* pCPU `pcpu` runs nobody, and is not about to look. */
static bool idles(const struct world *w, uint32_t pcpu)
{
    return !w->harts[pcpu].runs && w->harts[pcpu].picks > w->now + w->late + w->skew;
}

static bool waits_in_vain(const struct world *w, const struct actor *actor)
{
    for (uint32_t pcpu = 0; pcpu < w->sched.pcpus; pcpu++)
        if (idles(w, pcpu) && (pcpu == actor->vcpu.pcpu || sched_may_move(&w->sched, &actor->vcpu, pcpu)))
            return true;
    return false;
}

static void check_idle(struct world *w, struct actor *actor)
{
    if (actor->state != WAIT || w->sched.ops->apart /* a gang waits for its pCPUs */ ||
        !waits_in_vain(w, actor)) {
        actor->in_vain = NEVER;
        return;
    }
    if (actor->in_vain == NEVER)
        actor->in_vain = w->now;
    require(w, w->now - actor->in_vain <= BALANCE + 2 * (w->late + w->skew),
            "VCPU %u waits since %lu ns, and a pCPU that may run it idles", number(w, actor),
            (unsigned long)actor->in_vain);
}

void check_world(struct world *w)
{
    for (uint32_t i = 0; i < w->vcpus; i++) {
        struct actor *actor = &w->actors[i];

        if (actor->vcpu.state != SCHED_OUT)
            check_place(w, actor);
        check_times(w, actor);
        check_idle(w, actor);
    }
    check_queues(w);
    check_vms(w);
    check_wall_time(w);
}
