/* SPDX-License-Identifier: MIT */
/*
 * Simple earliest deadline first: each VCPU of a VM with `period` and `slice` has the right to run for `slice`
 * in every `period`; of those that have budget left the one whose period ends first runs. As long as the slices of
 * a pCPU's VCPUs, each divided by its period, add up to no more than 1, everybody gets his slice in every
 * period: who would make it more is refused (`demand`).
 *
 * Who has spent its budget is parked until its next period, unless its VM has `extra`: then it waits for extra
 * time, and so does who has no reservation at all. Extra time is what is left when nobody with budget is ready. It
 * goes round among those that may have it, for a quantum each; the turn of one who is interrupted goes on later.
 *
 * Who wakes with so much budget that it would need more than slice / period of the time until its deadline begins
 * a new period at once (the rule of the constant-bandwidth server): otherwise, sleeping late into its period and
 * then running all of its slice, it would take the time of others. Who wakes before its deadline with less keeps
 * both. A budget that was overdrawn, or of which less than GRAIN is left, is set off against the next one.
 *
 * Who yields lets all others with budget go first, once, and then comes back by the same rule; in extra time its turn
 * is over.
 */
#include "lib/printf.h"
#include "sched/sched.h"

#define GRAIN 20000 /* ns: less than that counts as spent, for it is not worth the switch */

enum { PARAM_PERIOD, PARAM_SLICE, PARAM_EXTRA }; /* of a VM */

#define QUANTUM(s) ((s)->param[0])

/* Of a VCPU. */
#define DEADLINE(vcpu) ((vcpu)->priv[0])              /* ns: the end of its period; 0: it never had one */
#define BUDGET(vcpu)   (*(int64_t *)&(vcpu)->priv[1]) /* ns */
#define TURN(vcpu)     (*(int64_t *)&(vcpu)->priv[2]) /* ns of extra time until it is the next one's turn */
#define IS_LATE(vcpu)  ((vcpu)->priv[3])              /* it has let others go first who need not have */

/* Of a queue. Who may have extra time is in rq->queue from when it wakes until it blocks, whether it runs, has
 * budget or not; the first runs when there is nobody with budget. */
#define READY(rq)   (&(rq)->tree[0]) /* those with budget, by deadline */
#define SPENT(rq)   (&(rq)->tree[1]) /* those without, by the beginning of their next period; value: its end */
#define YIELDED(rq) ((rq)->priv[0])

static uint64_t period_of(const struct sched_vcpu *vcpu)
{
    return vcpu->vm->param[PARAM_PERIOD];
}

static uint64_t slice_of(const struct sched_vcpu *vcpu)
{
    return vcpu->vm->param[PARAM_SLICE];
}

static bool is_reserved(const struct sched_vcpu *vcpu)
{
    return slice_of(vcpu) > 0;
}

static bool may_have_extra(const struct sched_vcpu *vcpu)
{
    return !is_reserved(vcpu) || vcpu->vm->param[PARAM_EXTRA];
}

static bool has_budget(const struct sched_vcpu *vcpu)
{
    return BUDGET(vcpu) >= GRAIN;
}

static struct sched_vcpu *of_node(struct tree_node *node)
{
    return node ? container_of(node, struct sched_vcpu, node) : NULL;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- Periods ---- */

static int sedf_check(const uint64_t *param, uint32_t vcpus, uint64_t *most)
{
    (void)vcpus;
    *most = param[PARAM_PERIOD];
    return param[PARAM_SLICE] > *most ? PARAM_SLICE : -1;
}

static uint64_t sedf_demand(const uint64_t *param)
{
    return param[PARAM_SLICE] ? param[PARAM_SLICE] * SCHED_WHOLE / param[PARAM_PERIOD] : 0;
}

static void begin_period(struct sched_vcpu *vcpu, uint64_t start)
{
    DEADLINE(vcpu) = start + period_of(vcpu);
    BUDGET(vcpu) = (int64_t)slice_of(vcpu) + (has_budget(vcpu) ? 0 : BUDGET(vcpu));
}

/* Its next period begins when the last one ends, unless that was long ago. */
static void end_period(struct sched_vcpu *vcpu, uint64_t now)
{
    if (is_reserved(vcpu) && DEADLINE(vcpu) <= now)
        begin_period(vcpu, now - DEADLINE(vcpu) < period_of(vcpu) ? DEADLINE(vcpu) : now);
}

/* It has a period that others can live with: what budget it has left needs no more than `room` (ppm) of the time
 * until its deadline. */
static void fit_period(struct sched_vcpu *vcpu, uint64_t room, uint64_t now)
{
    bool begun = DEADLINE(vcpu) > 0;

    if (!is_reserved(vcpu))
        return;
    end_period(vcpu, now);
    if (!begun || (has_budget(vcpu) && (uint64_t)BUDGET(vcpu) * SCHED_WHOLE > (DEADLINE(vcpu) - now) * room))
        begin_period(vcpu, now);
}

/* ---- The queue ---- */

static void enter_tree(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    sched_park(s, vcpu, !has_budget(vcpu) && !may_have_extra(vcpu), now);
    if (!is_reserved(vcpu))
        return;
    vcpu->node.key = DEADLINE(vcpu);
    vcpu->node.value = DEADLINE(vcpu) + period_of(vcpu);
    tree_insert(has_budget(vcpu) ? READY(rq) : SPENT(rq), &vcpu->node);
}

static void leave_tree(struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    if (vcpu->node.in)
        tree_remove(has_budget(vcpu) ? READY(rq) : SPENT(rq), &vcpu->node);
}

static void take_turn_last(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    list_remove(&vcpu->link);
    list_push_back(&rq->queue, &vcpu->link);
    TURN(vcpu) = (int64_t)QUANTUM(s);
}

/* vcpu, which is in the queue now, changes what current is to do, or until when. */
static bool disturbs(const struct sched_rq *rq, const struct sched_vcpu *vcpu,
                     const struct sched_vcpu *current)
{
    if (current && has_budget(current))
        return is_reserved(vcpu) &&
               (has_budget(vcpu) ? vcpu->node.key : vcpu->node.value) < DEADLINE(current);
    return is_reserved(vcpu) || !current || rq->queue.prev->prev == &current->link;
}

static bool enter(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t room, uint64_t now)
{
    fit_period(vcpu, room, now);
    if (may_have_extra(vcpu))
        take_turn_last(s, rq, vcpu);
    enter_tree(s, rq, vcpu, now);
    return disturbs(rq, vcpu, rq->current);
}

static bool sedf_wake(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    return enter(s, rq, vcpu, vcpu->load, now);
}

/* It waited elsewhere, and comes because nobody had anything to run here: it may use what nobody here has reserved. */
static bool sedf_arrive(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    uint64_t reserved = __atomic_load_n(&rq->load, __ATOMIC_RELAXED); /* its own, too */

    return enter(s, rq, vcpu, SCHED_WHOLE - reserved + vcpu->load, now);
}

static void sedf_dequeue(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    (void)s;
    leave_tree(rq, vcpu);
    list_remove(&vcpu->link);
}

static void sedf_block(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)rq, (void)now;
    list_remove(&vcpu->link);
}

static void sedf_yield(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)now;
    if (has_budget(vcpu))
        YIELDED(rq) = true;
    else
        TURN(vcpu) = 0;
}

static void sedf_charge(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t ran,
                        uint64_t now)
{
    (void)s, (void)rq, (void)now;
    if (has_budget(vcpu))
        BUDGET(vcpu) -= (int64_t)ran;
    else
        TURN(vcpu) -= (int64_t)ran;
}

/* ---- Picking ---- */

/* Those of the tree whose period is over begin the next. */
static void renew(struct sched *s, struct sched_rq *rq, struct tree *tree, uint64_t now)
{
    struct tree_node *node;

    while ((node = tree_first(tree)) != NULL && node->key <= now) {
        tree_remove(tree, node);
        end_period(of_node(node), now);
        enter_tree(s, rq, of_node(node), now);
    }
}

static void renew_current(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current, uint64_t now)
{
    end_period(current, now);
    if (may_have_extra(current) && TURN(current) <= (int64_t)QUANTUM(s) / 64)
        take_turn_last(s, rq, current);
}

/* Who runs next, current or somebody of the queue, whom this does not take out of it; NULL: nobody. */
static struct sched_vcpu *choose(struct sched_rq *rq, struct sched_vcpu *current)
{
    struct sched_vcpu *first = of_node(tree_first(READY(rq)));

    if (current && has_budget(current) && !(first && (YIELDED(rq) || DEADLINE(first) < DEADLINE(current))))
        return current;
    if (first || list_empty(&rq->queue))
        return first;
    return sched_of_link(rq->queue.next);
}

/* Until one who is spent now comes before `next`, who runs on its budget. */
static uint64_t time_on_budget(struct sched_rq *rq, const struct sched_vcpu *next, uint64_t now)
{
    const struct tree_node *earlier = tree_first_within(SPENT(rq), DEADLINE(next) - 1);
    uint64_t end = least(DEADLINE(next), now + (uint64_t)BUDGET(next));

    return (earlier ? least(end, earlier->key) : end) - now;
}

/* Until somebody has budget, or it is the next one's turn; next may be NULL. */
static uint64_t time_without(struct sched_rq *rq, const struct sched_vcpu *next, uint64_t now)
{
    const struct tree_node *first = tree_first(SPENT(rq));
    uint64_t end = first ? first->key : SCHED_FOREVER;

    if (next && is_reserved(next))
        end = least(end, DEADLINE(next));
    if (next && rq->queue.next != rq->queue.prev)
        end = least(end, now + (uint64_t)TURN(next));
    return end == SCHED_FOREVER ? end : end - now;
}

/* Who yielded comes back with less time until its deadline, and as much budget: as one who slept meanwhile. */
static void fit_late(struct sched *s, struct sched_rq *rq, uint64_t now)
{
    struct sched_vcpu *first;

    while ((first = of_node(tree_first(READY(rq)))) != NULL && IS_LATE(first)) {
        leave_tree(rq, first);
        IS_LATE(first) = false;
        fit_period(first, first->load, now);
        enter_tree(s, rq, first, now);
    }
}

static struct sched_vcpu *sedf_pick(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current,
                                    uint64_t now, uint64_t *slice)
{
    struct sched_vcpu *next;

    renew(s, rq, SPENT(rq), now);
    renew(s, rq, READY(rq), now);
    if (current)
        renew_current(s, rq, current, now);
    fit_late(s, rq, now);
    next = choose(rq, current);
    if (current && next != current)
        IS_LATE(current) = YIELDED(rq);
    YIELDED(rq) = false;
    if (next != current) {
        if (next)
            leave_tree(rq, next);
        if (current)
            enter_tree(s, rq, current, now);
    }
    *slice = next && has_budget(next) ? time_on_budget(rq, next, now) : time_without(rq, next, now);
    return next;
}

/* ---- From one pCPU to another ---- */

/* The one with the earliest deadline who may go, else the first in turn for extra time. */
static struct sched_vcpu *sedf_victim(struct sched *s, struct sched_rq *rq, uint32_t thief)
{
    struct tree_node *node;
    struct list *link;

    for (node = tree_first(READY(rq)); node; node = tree_next(node))
        if (sched_may_move(s, of_node(node), thief))
            return of_node(node);
    list_for_each (link, &rq->queue) {
        struct sched_vcpu *vcpu = sched_of_link(link);

        sched_touch();
        if (vcpu->state == SCHED_QUEUED && sched_may_move(s, vcpu, thief))
            return vcpu;
    }
    return NULL;
}

/* The last in turn for extra time who has nothing but that, to where at least as much of it is left. */
static struct sched_vcpu *sedf_spare(struct sched *s, struct sched_rq *rq, uint32_t to, uint32_t waiting)
{
    struct list *link = rq->queue.prev;

    if (__atomic_load_n(&s->rq[to].load, __ATOMIC_RELAXED) > __atomic_load_n(&rq->load, __ATOMIC_RELAXED))
        return NULL;
    for (uint32_t place = rq->queued; place > waiting && link != &rq->queue; place--, link = link->prev) {
        struct sched_vcpu *vcpu = sched_of_link(link);

        sched_touch();
        if (vcpu->state == SCHED_QUEUED && !is_reserved(vcpu) && sched_may_move(s, vcpu, to))
            return vcpu;
    }
    return NULL;
}

/* ---- Changes, and what people see ---- */

/* The new values count from the next period on, which begins one new period from now at the latest. */
static void change(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    bool waits = vcpu->state == SCHED_QUEUED;

    leave_tree(rq, vcpu);
    if (!is_reserved(vcpu))
        DEADLINE(vcpu) = 0;
    else if (DEADLINE(vcpu) == 0)
        begin_period(vcpu, now);
    else
        DEADLINE(vcpu) = least(DEADLINE(vcpu), now + period_of(vcpu));
    if (BUDGET(vcpu) > (int64_t)slice_of(vcpu))
        BUDGET(vcpu) = (int64_t)slice_of(vcpu);
    if (!may_have_extra(vcpu))
        list_remove(&vcpu->link);
    else if ((waits || vcpu->state == SCHED_RUNNING) && list_empty(&vcpu->link))
        take_turn_last(s, rq, vcpu);
    if (waits)
        enter_tree(s, rq, vcpu, now);
}

static void sedf_changed(struct sched *s, struct sched_vm *vm, uint64_t now)
{
    struct list *link;

    if (!vm)
        return;
    list_for_each (link, &vm->members) {
        struct sched_vcpu *vcpu = container_of(link, struct sched_vcpu, sibling);

        change(s, &s->rq[vcpu->pcpu], vcpu, now);
    }
}

static void sedf_init(struct sched *s, uint64_t now)
{
    for (uint32_t pcpu = 0; pcpu < s->pcpus; pcpu++)
        if (s->rq[pcpu].current)
            change(s, &s->rq[pcpu], s->rq[pcpu].current, now);
}

static void sedf_dump(const struct sched *s, const struct sched_vcpu *vcpu, char *text, size_t size)
{
    (void)s;
    if (is_reserved(vcpu))
        format(text, size, "%llu us in every %llu us, %lld us left until %llu us%s",
               (unsigned long long)slice_of(vcpu) / 1000, (unsigned long long)period_of(vcpu) / 1000,
               (long long)BUDGET(vcpu) / 1000, (unsigned long long)DEADLINE(vcpu) / 1000,
               may_have_extra(vcpu) ? ", and extra time" : "");
    else
        format(text, size, "extra time, %lld us of its turn left", (long long)TURN(vcpu) / 1000);
}

static const struct sched_parameter sedf_params[] = {
    {
        .name = "quantum",
        .what = "how long a VCPU runs in extra time before the next one's turn",
        .kind = SCHED_PARAM_TIME,
        .slot = 0,
        .min = 100000,
        .max = 10000000000,
        .initial = 30000000,
    },
    {
        .name = "period",
        .what = "in every period each VCPU may run for one slice; 0: it has extra time only",
        .kind = SCHED_PARAM_TIME,
        .per_vm = true,
        .slot = PARAM_PERIOD,
        .min = 1000000,
        .max = 10000000000,
        .or_zero = true,
    },
    {
        .name = "slice",
        .what = "what each VCPU may run in every period; 0: it has extra time only",
        .kind = SCHED_PARAM_TIME,
        .per_vm = true,
        .slot = PARAM_SLICE,
        .min = 100000,
        .max = 10000000000,
        .or_zero = true,
    },
    {
        .name = "extra",
        .what = "whether a VM with period and slice gets time beyond them that nobody else has reserved",
        .kind = SCHED_PARAM_CHOICE,
        .per_vm = true,
        .slot = PARAM_EXTRA,
        .choices = (const char *const[]){"off", "on", NULL},
    },
    {.name = NULL},
};

const struct sched_ops sched_sedf = {
    .name = "sedf",
    .what = "earliest deadline first: a slice in every period, guaranteed",
    .params = sedf_params,
    .check = sedf_check,
    .demand = sedf_demand,
    .init = sedf_init,
    .changed = sedf_changed,
    .wake = sedf_wake,
    .arrive = sedf_arrive,
    .dequeue = sedf_dequeue,
    .block = sedf_block,
    .yield = sedf_yield,
    .charge = sedf_charge,
    .pick = sedf_pick,
    .victim = sedf_victim,
    .spare = sedf_spare,
    .dump = sedf_dump,
};
