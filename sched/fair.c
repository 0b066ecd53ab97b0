/* SPDX-License-Identifier: MIT */
/*
 * Earliest eligible virtual deadline first (EEVDF): what Linux does for tasks since 6.6, and so what a VCPU of KVM
 * gets.
 *
 * Each VCPU has a virtual time v, which goes on by (time it runs) / weight. V, the mean of all v here by
 * weight, is where everybody would be if the pCPU were divided endlessly fine. A VCPU's lag, weight * (V - v),
 * is the time it is owed; the sum of all lags is 0. Who is owed something or nothing, v <= V, is eligible. A
 * VCPU asks for one `request` of time after the other, and each has a virtual deadline: v at its beginning
 * + request / weight. Of the eligible the one with the least deadline runs, to the end of its request unless
 * somebody wakes who is eligible and has an earlier one. So nobody's lag exceeds the greatest request. A short
 * request buys short waits, not more time.
 *
 * Who blocks, or is moved, takes its lag along, and is put where it has the same lag again: sleeping earns no
 * credit. A debt is paid off meanwhile at the pace at which it would be if the VCPU stood in the queue and was not
 * eligible: its v stays where it is until V has caught up. Who yields is compared with the others before its
 * request ends, and if it is owed time it gives that request away.
 *
 * A remainder of less than 1/64 of the request counts as run, as in rr. Who is alone runs without a slice.
 *
 * Arithmetic: virtual times count 2^-16 ns of a VCPU of weight 1, and wrap around; all in a queue stay within 2^60
 * of V. V is exact: it is kept as a whole number and a REST, the sum of weight * (v - V), which is less than the
 * sum of the weights. What rounds is only v itself: by less than weight * 2^-16 ns of run time in a charge.
 */
#include "lib/printf.h"
#include "sched/sched.h"

enum { PARAM_WEIGHT, PARAM_REQUEST };

#define REQUEST_MAX UINT64_C(100000000)          /* ns */
#define LAG_MAX     ((int64_t)REQUEST_MAX << 16) /* that is remembered */

/* Of a VCPU. Its lag counts as v does; both that and `left` are kept while it is in no queue. */
#define VTIME(vcpu)    ((vcpu)->node.value)
#define DEADLINE(vcpu) ((vcpu)->node.key)
#define COUNTED(vcpu)  ((vcpu)->priv[0]) /* its weight in the sums of a queue; 0: it is in none */
#define LAG(vcpu)      (*(int64_t *)&(vcpu)->priv[1]) /* weight * (V - v) */
#define LEFT(vcpu)     ((vcpu)->priv[2])              /* weight * (deadline - v); 0: it has no request yet */
#define SLEPT(vcpu)    ((vcpu)->priv[3])              /* 1 + on which pCPU it has blocked; 0: it has not */
#define AHEAD(vcpu)    ((vcpu)->priv[4]) /* ns that its v has been advanced by and it has not run yet */

/* Of a queue. */
#define READY(rq)   (&(rq)->tree[0])
#define V(rq)       ((rq)->priv[0])
#define REST(rq)    (*(int64_t *)&(rq)->priv[1])
#define WEIGHTS(rq) ((rq)->priv[2]) /* the sum of them, of who runs, too */
#define SINCE(rq)   ((rq)->priv[3]) /* ns: when who runs was picked or charged last */
#define PREEMPT(rq) ((rq)->priv[4]) /* who runs is to be compared with the others before its request ends */
#define BEGUN(rq)   ((rq)->priv[5]) /* who runs has been charged by this scheduler */

static uint64_t weight_of(const struct sched_vcpu *vcpu)
{
    return vcpu->vm->param[PARAM_WEIGHT];
}

static uint64_t request_of(const struct sched_vcpu *vcpu)
{
    return vcpu->vm->param[PARAM_REQUEST];
}

static struct sched_vcpu *of_node(struct tree_node *node)
{
    return node ? container_of(node, struct sched_vcpu, node) : NULL;
}

/* Some v has changed, by change / weight: V follows. */
static void shift(struct sched_rq *rq, int64_t change)
{
    int64_t weights = (int64_t)WEIGHTS(rq), steps;

    REST(rq) += change;
    if (weights == 0)
        return;
    steps = REST(rq) / weights;
    if (REST(rq) % weights < 0)
        steps--;
    V(rq) += (uint64_t)steps;
    REST(rq) -= steps * weights;
}

static void advance(struct sched_rq *rq, struct sched_vcpu *vcpu, int64_t ns)
{
    int64_t weight = (int64_t)COUNTED(vcpu);
    int64_t step = (int64_t)((uint64_t)(ns / weight) << 16) + ns % weight * 65536 / weight;

    VTIME(vcpu) += (uint64_t)step;
    if (COUNTED(vcpu) == WEIGHTS(rq))
        V(rq) = VTIME(vcpu);
    else
        shift(rq, step * weight);
}

/* Brings who runs, and V, up to `now`, for somebody who comes or goes between two charges. If it turns out that the
 * hypervisor took some of that time the VCPU has it for nothing later: V does not go back, or who was put at V just
 * now would not be eligible. */
static void catch_up(struct sched_rq *rq, uint64_t now)
{
    struct sched_vcpu *current = rq->current;

    if (!current || now <= SINCE(rq) + AHEAD(current))
        return;
    advance(rq, current, (int64_t)(now - SINCE(rq) - AHEAD(current)));
    AHEAD(current) = now - SINCE(rq);
}

static int64_t lag_of(const struct sched_rq *rq, const struct sched_vcpu *vcpu)
{
    return (int64_t)COUNTED(vcpu) * (int64_t)(V(rq) - VTIME(vcpu));
}

/* How far behind V vcpu begins; who comes to an empty queue, at V. That its coming moves V has to be made up for, or
 * it would lose part of its lag: with lag / weight + lag / weights, V goes back by lag / weights, and what is left is
 * its lag. Who slept with a debt and wakes where it slept is no further ahead of V than its old v. */
static int64_t distance_behind(const struct sched_rq *rq, const struct sched_vcpu *vcpu)
{
    int64_t weights = (int64_t)WEIGHTS(rq);
    int64_t behind = weights ? LAG(vcpu) / (int64_t)weight_of(vcpu) + LAG(vcpu) / weights : 0;
    int64_t still = (int64_t)(V(rq) - VTIME(vcpu));

    if (behind < 0 && SLEPT(vcpu) == rq->pcpu + 1 && still > behind)
        behind = still < 0 ? still : 0;
    return behind;
}

static void join(struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    int64_t weight = (int64_t)weight_of(vcpu), behind = distance_behind(rq, vcpu);

    COUNTED(vcpu) = (uint64_t)weight;
    VTIME(vcpu) = V(rq) - (uint64_t)behind;
    DEADLINE(vcpu) = VTIME(vcpu) + (LEFT(vcpu) ? LEFT(vcpu) : request_of(vcpu) << 16) / (uint64_t)weight;
    WEIGHTS(rq) += (uint64_t)weight;
    SLEPT(vcpu) = 0;
    shift(rq, -behind * weight);
}

static void leave(struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    int64_t lag = lag_of(rq, vcpu);

    LAG(vcpu) = lag > LAG_MAX ? LAG_MAX : lag < -LAG_MAX ? -LAG_MAX : lag;
    LEFT(vcpu) = tree_before(VTIME(vcpu), DEADLINE(vcpu)) ? COUNTED(vcpu) * (DEADLINE(vcpu) - VTIME(vcpu))
                                                          : 0;
    WEIGHTS(rq) -= COUNTED(vcpu);
    COUNTED(vcpu) = 0;
    shift(rq, lag);
}

static bool is_eligible(const struct sched_rq *rq, const struct sched_vcpu *vcpu)
{
    return !tree_before(V(rq), VTIME(vcpu));
}

/* ns until the request of vcpu is served, rounded up; 0 when so little is missing that it counts as served. */
static uint64_t left_to_run(const struct sched_vcpu *vcpu)
{
    uint64_t left = (COUNTED(vcpu) * (DEADLINE(vcpu) - VTIME(vcpu)) + 65535) >> 16;

    return tree_before(VTIME(vcpu), DEADLINE(vcpu)) && left > request_of(vcpu) / 64 ? left : 0;
}

static void fair_init(struct sched *s, uint64_t now)
{
    for (uint32_t pcpu = 0; pcpu < s->pcpus; pcpu++) {
        struct sched_rq *rq = &s->rq[pcpu];

        SINCE(rq) = now;
        if (rq->current)
            join(rq, rq->current);
    }
}

static bool fair_arrive(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    struct sched_vcpu *current = rq->current;
    bool was_alone = READY(rq)->root == NULL;

    (void)s;
    catch_up(rq, now);
    join(rq, vcpu);
    tree_insert(READY(rq), &vcpu->node);
    if (current && is_eligible(rq, vcpu) &&
        (left_to_run(current) == 0 || tree_before(DEADLINE(vcpu), DEADLINE(current))))
        PREEMPT(rq) = true;
    return was_alone || PREEMPT(rq);
}

static void fair_dequeue(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    (void)s;
    tree_remove(READY(rq), &vcpu->node);
    leave(rq, vcpu);
}

static void fair_block(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)now;
    leave(rq, vcpu);
    LEFT(vcpu) = 0;
    SLEPT(vcpu) = rq->pcpu + 1;
}

static void fair_yield(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)now;
    if (is_eligible(rq, vcpu))
        advance(rq, vcpu, (int64_t)left_to_run(vcpu));
    PREEMPT(rq) = true;
}

static void fair_charge(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t ran,
                        uint64_t now)
{
    uint64_t known;

    (void)s;
    if (!BEGUN(rq) && ran > now - SINCE(rq))
        ran = now - SINCE(rq); /* before that another scheduler had it */
    known = ran < AHEAD(vcpu) ? ran : AHEAD(vcpu);
    AHEAD(vcpu) -= known;
    advance(rq, vcpu, (int64_t)(ran - known));
    SINCE(rq) = now;
    BEGUN(rq) = true;
}

/* vcpu, which is in no tree, asks anew if its request is served. */
static void request_next(struct sched_vcpu *vcpu)
{
    if (left_to_run(vcpu) == 0)
        DEADLINE(vcpu) = VTIME(vcpu) + (request_of(vcpu) << 16) / COUNTED(vcpu);
}

/* The eligible one with the least deadline, if anybody waits: not everybody's v is above the mean of all. What is
 * left of its request may have become too little, if its VM got a longer one meanwhile. */
static struct sched_vcpu *take_best(struct sched_rq *rq)
{
    struct sched_vcpu *best = of_node(tree_first_within(READY(rq), V(rq)));

    if (best) {
        tree_remove(READY(rq), &best->node);
        request_next(best);
    }
    return best;
}

static struct sched_vcpu *fair_pick(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current,
                                    uint64_t now, uint64_t *slice)
{
    struct sched_vcpu *next = current;

    (void)s;
    if (current && (PREEMPT(rq) || left_to_run(current) == 0)) {
        request_next(current);
        tree_insert(READY(rq), &current->node);
        next = NULL;
    }
    if (!next)
        next = take_best(rq);
    SINCE(rq) = now;
    PREEMPT(rq) = false;
    BEGUN(rq) = true;
    *slice = next && READY(rq)->root ? left_to_run(next) : SCHED_FOREVER;
    return next;
}

/* The one who is next here, if it may go; else the first by deadline who may. */
static struct sched_vcpu *fair_victim(struct sched *s, struct sched_rq *rq, uint32_t thief)
{
    struct tree_node *node = tree_first_within(READY(rq), V(rq));

    if (node && sched_may_move(s, of_node(node), thief))
        return of_node(node);
    for (node = tree_first(READY(rq)); node; node = tree_next(node))
        if (sched_may_move(s, of_node(node), thief))
            return of_node(node);
    return NULL;
}

/* The last by deadline who may go: it waits longest here, and its lag goes along. */
static struct sched_vcpu *fair_spare(struct sched *s, struct sched_rq *rq, uint32_t to, uint32_t waiting)
{
    struct tree_node *node = tree_last(READY(rq));

    for (uint32_t place = rq->queued; node && place > waiting; place--, node = tree_prev(node))
        if (sched_may_move(s, of_node(node), to))
            return of_node(node);
    return NULL;
}

/* vcpu is counted with another weight than its VM has now: it keeps its lag, and what is left of its request. */
static void weigh_anew(struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    bool waits = vcpu->node.in;

    catch_up(rq, now);
    if (waits)
        tree_remove(READY(rq), &vcpu->node);
    leave(rq, vcpu);
    join(rq, vcpu);
    if (waits)
        tree_insert(READY(rq), &vcpu->node);
}

static void fair_changed(struct sched *s, struct sched_vm *vm, uint64_t now)
{
    struct list *link;

    if (!vm)
        return;
    list_for_each (link, &vm->members) {
        struct sched_vcpu *vcpu = container_of(link, struct sched_vcpu, sibling);

        if (COUNTED(vcpu) && COUNTED(vcpu) != weight_of(vcpu))
            weigh_anew(&s->rq[vcpu->pcpu], vcpu, now);
    }
}

static void fair_dump(const struct sched *s, const struct sched_vcpu *vcpu, char *text, size_t size)
{
    int64_t lag = COUNTED(vcpu) ? lag_of(&s->rq[vcpu->pcpu], vcpu) : LAG(vcpu);

    format(text, size, "weight %llu, lag %lld us, %llu us of its request left",
           (unsigned long long)weight_of(vcpu), (long long)lag / 65536 / 1000,
           COUNTED(vcpu) ? (unsigned long long)left_to_run(vcpu) / 1000 : 0);
}

static const struct sched_parameter fair_params[] = {
    {
        .name = "weight",
        .what = "share of the pCPUs that each of its VCPUs is given, in proportion to the others'",
        .kind = SCHED_PARAM_NUMBER,
        .per_vm = true,
        .slot = PARAM_WEIGHT,
        .min = 1,
        .max = 65535,
        .initial = 256,
    },
    {
        .name = "request",
        .what = "what a VCPU asks for at a time: the shorter, the sooner it runs, for as much less",
        .kind = SCHED_PARAM_TIME,
        .per_vm = true,
        .slot = PARAM_REQUEST,
        .min = 100000,
        .max = REQUEST_MAX,
        .initial = 3000000,
    },
    {.name = NULL},
};

const struct sched_ops sched_fair = {
    .name = "fair",
    .what = "EEVDF: of those who are owed time, the one with the earliest virtual deadline",
    .params = fair_params,
    .init = fair_init,
    .changed = fair_changed,
    .wake = fair_arrive,
    .arrive = fair_arrive,
    .dequeue = fair_dequeue,
    .block = fair_block,
    .yield = fair_yield,
    .charge = fair_charge,
    .pick = fair_pick,
    .victim = fair_victim,
    .spare = fair_spare,
    .dump = fair_dump,
};
