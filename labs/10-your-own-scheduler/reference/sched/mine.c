/* SPDX-License-Identifier: MIT */
/*
 * Pass: whoever has come the shortest way goes next.
 *
 * Each VCPU has a mark on a road, its pass, that goes on by (time it runs) / weight. Of those who wait on a pCPU the
 * one with the least pass is next. Whoever runs goes on until he is a turn ahead of that one, so equals change places
 * after two turns, and everybody pays for exactly what he ran.
 *
 * Where a queue stands, its floor, is the least pass of all who run or wait there; it never goes back. A VCPU that is
 * in no queue keeps its distance to the floor and comes back with it: sleeping earns nothing, moving costs nothing, and
 * a debt, two turns of it at most, stays one. Whoever comes and is not a turn ahead of the one who runs goes first. So
 * one that wants less than its share hardly waits, and one that wants more gains nothing by going to sleep.
 *
 * Who is alone on a pCPU pays nothing, because nobody else wanted it: his pass stands still until somebody comes. So
 * does that of one who runs when this scheduler takes over.
 *
 * A pass counts ns of a VCPU of weight 256, and wraps around.
 */
#include "lib/printf.h"
#include "sched/sched.h"

#define TURN   UINT64_C(2000000) /* ns */
#define LEAST  UINT64_C(50000)   /* ns: no slice is shorter */
#define COMMON 256               /* the weight of a VCPU whose pass is its time */

#define WEIGHT(vcpu) ((vcpu)->vm->param[0])
#define PASS(vcpu)   ((vcpu)->node.key)
#define AWAY(vcpu)   ((vcpu)->priv[0]) /* while it is in no queue: how far ahead of the floor */
#define FLOOR(rq)    ((rq)->priv[0])
#define YIELDS(rq)   ((rq)->priv[1]) /* who runs there offers his place */
#define HURRY(rq)    ((rq)->priv[2]) /* somebody came who should not wait for a turn to end */
#define PAYS(rq)     ((rq)->priv[3]) /* ns: from when on who runs pays for it */
#define WAITING(rq)  (&(rq)->tree[0])

static struct sched_vcpu *of_node(struct tree_node *node)
{
    return node ? container_of(node, struct sched_vcpu, node) : NULL;
}

static void mine_init(struct sched *s, uint64_t now)
{
    for (uint32_t i = 0; i < s->pcpus; i++)
        PAYS(&s->rq[i]) = now;
}

/* Up to the least pass of who runs and who waits. */
static void raise_floor(struct sched_rq *rq, const struct sched_vcpu *current)
{
    const struct tree_node *first = tree_first(WAITING(rq));
    uint64_t least = PASS(current);

    if (first && tree_before(first->key, least))
        least = first->key;
    if (tree_before(FLOOR(rq), least))
        FLOOR(rq) = least;
}

static bool mine_arrive(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    bool was_alone = WAITING(rq)->root == NULL;

    (void)s;
    if (PAYS(rq) == SCHED_FOREVER)
        PAYS(rq) = now;
    PASS(vcpu) = FLOOR(rq) + (AWAY(vcpu) < 2 * TURN ? AWAY(vcpu) : 2 * TURN);
    tree_insert(WAITING(rq), &vcpu->node);
    if (rq->current && tree_before(PASS(vcpu), PASS(rq->current) + TURN))
        HURRY(rq) = true;
    return was_alone || HURRY(rq);
}

static void mine_dequeue(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    (void)s;
    tree_remove(WAITING(rq), &vcpu->node);
    AWAY(vcpu) = PASS(vcpu) - FLOOR(rq);
}

static void mine_block(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)now;
    AWAY(vcpu) = PASS(vcpu) - FLOOR(rq);
}

static void mine_yield(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)vcpu, (void)now;
    YIELDS(rq) = true;
}

static void mine_charge(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t ran,
                        uint64_t now)
{
    uint64_t most = now > PAYS(rq) ? now - PAYS(rq) : 0;

    (void)s;
    PASS(vcpu) += (ran < most ? ran : most) * COMMON / WEIGHT(vcpu);
    raise_floor(rq, vcpu);
}

/* ns that `vcpu` may run until it is a turn ahead of the first who waits; less than LEAST is not worth a switch. */
static uint64_t left(const struct sched_vcpu *vcpu, const struct tree_node *first)
{
    uint64_t end = first->key + TURN;
    uint64_t ns = tree_before(PASS(vcpu), end) ? (end - PASS(vcpu)) * WEIGHT(vcpu) / COMMON : 0;

    return ns > LEAST ? ns : 0;
}

static bool goes_on(const struct sched_rq *rq, const struct sched_vcpu *current,
                    const struct tree_node *first)
{
    if (YIELDS(rq) || (HURRY(rq) && tree_before(first->key, PASS(current) + TURN)))
        return false;
    return left(current, first) > 0;
}

static struct sched_vcpu *mine_pick(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current,
                                    uint64_t now, uint64_t *slice)
{
    struct tree_node *first = tree_first(WAITING(rq));
    struct sched_vcpu *next = current;

    (void)s, (void)now;
    if (first && !(current && goes_on(rq, current, first))) {
        next = of_node(first);
        tree_remove(WAITING(rq), first);
        if (current)
            tree_insert(WAITING(rq), &current->node);
        first = tree_first(WAITING(rq));
    }
    YIELDS(rq) = HURRY(rq) = false;
    PAYS(rq) = first ? 0 : SCHED_FOREVER;
    *slice = SCHED_FOREVER;
    if (first)
        *slice = left(next, first) ? left(next, first) : LEAST;
    return next;
}

static struct sched_vcpu *mine_victim(struct sched *s, struct sched_rq *rq, uint32_t thief)
{
    struct tree_node *node = tree_first(WAITING(rq));

    while (node && !sched_may_move(s, of_node(node), thief))
        node = tree_next(node);
    return of_node(node);
}

/* The last who may go: it would wait longest here. */
static struct sched_vcpu *mine_spare(struct sched *s, struct sched_rq *rq, uint32_t to, uint32_t waiting)
{
    struct tree_node *node = tree_last(WAITING(rq));

    for (uint32_t place = rq->queued; node && place > waiting; place--, node = tree_prev(node))
        if (sched_may_move(s, of_node(node), to))
            return of_node(node);
    return NULL;
}

static void mine_dump(const struct sched *s, const struct sched_vcpu *vcpu, char *text, size_t size)
{
    int64_t ahead = (int64_t)(PASS(vcpu) - FLOOR(&s->rq[vcpu->pcpu]));

    format(text, size, "weight %llu, %lld us ahead of its queue", (unsigned long long)WEIGHT(vcpu),
           (long long)ahead / 1000);
}

static const struct sched_parameter mine_params[] = {
    {
        .name = "weight",
        .what = "share of the pCPUs that each of its VCPUs is given, in proportion to the others'",
        .kind = SCHED_PARAM_NUMBER,
        .per_vm = true,
        .slot = 0,
        .min = 1,
        .max = 65535,
        .initial = COMMON,
    },
    {.name = NULL},
};

const struct sched_ops sched_mine = {
    .name = "mine",
    .what = "pass: whoever has come the shortest way, by weight, goes next",
    .params = mine_params,
    .init = mine_init,
    .wake = mine_arrive,
    .arrive = mine_arrive,
    .dequeue = mine_dequeue,
    .block = mine_block,
    .yield = mine_yield,
    .charge = mine_charge,
    .pick = mine_pick,
    .victim = mine_victim,
    .spare = mine_spare,
    .dump = mine_dump,
};
