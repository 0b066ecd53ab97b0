/* SPDX-License-Identifier: MIT */
/*
 * The credit scheduler: rules of Xen's.
 *
 * Every VCPU has a balance of credits. What it runs is burnt, exactly, 10 credits a ms; every period (30 ms) the
 * accounting (credit_account.c) gives out as many as the pCPUs are worth, by weight and cap. Who is in debt then is
 * OVER, all others are UNDER, and who is UNDER and wakes is in a hurry: BOOST, until a tick finds it running. Each
 * pCPU serves BOOST before UNDER before OVER, and equals in turn, a time slice (30 ms) each; OVER runs when nobody
 * better wants to.
 *
 * A tick comes three times a period, on every pCPU that runs somebody. It ends his BOOST, makes him active, so that he
 * is given credits, and lets somebody better preempt him. Whom no tick finds, since he dodges them all, becomes
 * active by being in debt. Nobody is preempted within the rate limit (1 ms).
 *
 * A pCPU whose best is OVER looks once a ms whether somebody better waits elsewhere. Who yields lets one of lower
 * priority go first, after all equals, and is not fetched meanwhile by a pCPU that has others to run.
 *
 * Who is out of its cap is parked on its pCPU until it has paid its debt, and comes back without a BOOST. Who waits
 * with a BOOST keeps it at an accounting, unless it is in debt, so that it runs within the rate limit if no other
 * BOOST is there.
 *
 * What the accounting decides reaches a queue when its pCPU picks next: it is sorted anew then; a long one by and by,
 * so that no pick takes long.
 */
#include "lib/printf.h"
#include "sched/credit.h"

enum level { BOOST, UNDER, OVER, NOBODY }; /* the index of their queues; the best first */

/* Of a VCPU, besides those in credit.h, */
#define IS_BOOSTED(vcpu) ((vcpu)->priv[4])
#define YIELDS(vcpu)     ((vcpu)->priv[5]) /* until it is picked again, or the queue is sorted */
#define CAME(vcpu)       ((vcpu)->priv[6]) /* what vcpu->ran was when it was picked, */
#define END(vcpu)        ((vcpu)->priv[7]) /* and will be at the end of its slice */
/* of a run queue. */
#define NEXT_TICK(rq)    ((rq)->priv[0])
#define NEXT_SEEK(rq)    ((rq)->priv[1])
#define SEEKS(rq)        ((rq)->priv[2]) /* it would not idle if it found nobody; read without the lock */
#define SORTED(rq)       ((rq)->priv[3]) /* what VERDICTS was then */

#define SEEK_PAUSE 1000000 /* ns */
#define SORT_STEP  32      /* VCPUs of a queue that one pick sorts */

static enum level level_of(const struct sched_vcpu *vcpu)
{
    /* BEGIN SOLUTION 6.level */
    return credit_load(&IS_OVER(vcpu)) ? OVER : IS_BOOSTED(vcpu) ? BOOST : UNDER;
    /* END SOLUTION */
}

static enum level best_waiting(const struct sched_rq *rq)
{
    enum level level = BOOST;

    while (level < NOBODY && list_empty(&rq->level[level]))
        level++;
    return level;
}

/* ---- In and out of the queues ---- */

static inline void push(struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    list_push_back(&rq->level[level_of(vcpu)], &vcpu->link);
}

/* Behind its equals; or it is parked. */
static void enqueue(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    bool out = credit_load(&IS_OUT(vcpu));

    if (vcpu->parked != out)
        sched_park(s, vcpu, out, now);
    if (out) {
        IS_BOOSTED(vcpu) = false;
        list_push_back(&rq->parked, &vcpu->link);
    } else {
        push(rq, vcpu);
    }
}

/* There was an accounting: all are to be sorted anew; behind those who still are since the last one, but for the
 * boosted. */
static void unsort(struct sched *s, struct sched_rq *rq)
{
    SORTED(rq) = credit_verdicts(s);
    list_move_all(rq->queue.next, &rq->level[BOOST]);
    for (enum level level = UNDER; level < NOBODY; level++)
        list_move_all(&rq->queue, &rq->level[level]);
    list_move_all(&rq->queue, &rq->parked);
}

/* Of those who are to be sorted the next few, and more if none of these may run, go to where they belong now. Equals
 * keep their order. */
static __attribute__((noinline)) void sort(struct sched *s, struct sched_rq *rq, uint64_t now)
{
    if (SORTED(rq) != credit_verdicts(s))
        unsort(s, rq);
    for (uint32_t n = 0; !list_empty(&rq->queue) && (n < SORT_STEP || best_waiting(rq) == NOBODY); n++) {
        struct sched_vcpu *vcpu = sched_of_link(list_pop_front(&rq->queue));

        sched_touch();
        YIELDS(vcpu) = false;
        if (level_of(vcpu) == OVER)
            IS_BOOSTED(vcpu) = false;
        enqueue(s, rq, vcpu, now);
    }
}

static inline void keep_sorted(struct sched *s, struct sched_rq *rq, uint64_t now)
{
    if (SORTED(rq) != credit_verdicts(s) || !list_empty(&rq->queue))
        sort(s, rq, now);
}

/* True: it is better than who runs. */
static bool credit_arrive(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    enqueue(s, rq, vcpu, now);
    return rq->current && level_of(vcpu) < level_of(rq->current);
}

static bool credit_wake(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    /* BEGIN SOLUTION 6.boost */
    IS_BOOSTED(vcpu) = MAY_BOOST(s) && !credit_load(&IS_OVER(vcpu));
    /* END SOLUTION */
    return credit_arrive(s, rq, vcpu, now);
}

static void credit_dequeue(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    (void)s, (void)rq;
    list_remove(&vcpu->link);
}

static void credit_yield(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)rq, (void)now;
    YIELDS(vcpu) = true;
}

/* ---- Burning, and the tick ---- */

static void credit_charge(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t ran,
                          uint64_t now)
{
    /* BEGIN SOLUTION 6.burn */
    (void)rq, (void)now;
    if (IS_SAMPLED(s))
        return;
    if (credit_add_ns(vcpu, -(int64_t)ran) <= -CREDIT_NS && !credit_load(&IS_ACTIVE(vcpu)))
        credit_store(&IS_ACTIVE(vcpu), true);
    /* END SOLUTION */
}

static __attribute__((noinline)) void tick(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current,
                                           uint64_t now)
{
    NEXT_TICK(rq) = credit_next(now, TICK(s));
    if (!current)
        return;
    /* BEGIN SOLUTION 6.tick */
    IS_BOOSTED(current) = false;
    if (IS_SAMPLED(s))
        credit_add_ns(current, -(int64_t)TICK(s));
    credit_store(&IS_ACTIVE(current), true);
    /* END SOLUTION */
}

/* ---- Picking ---- */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A remainder of less than 1/64 of the slice counts as spent: it is what the hypervisor's own work within the
 * slice left over, and not worth a switch of its own beside the tick's. */
static bool has_turn(const struct sched *s, const struct sched_vcpu *vcpu)
{
    return vcpu->ran + TSLICE(s) / 64 < END(vcpu);
}

static bool may_go_on(const struct sched_vcpu *current)
{
    return !YIELDS(current) && !credit_load(&IS_OUT(current));
}

/* BEGIN SOLUTION 6.pick */
/* current, who may go on, does so rather than those who wait. */
static bool goes_on(const struct sched *s, const struct sched_rq *rq, const struct sched_vcpu *current)
{
    enum level waiting = best_waiting(rq), level = level_of(current);

    if (waiting > level)
        return true;
    return has_turn(s, current) && (waiting == level || current->ran - CAME(current) < RATE_LIMIT(s));
}

/* Behind all its equals, and one of lower priority. */
static void enqueue_yielding(struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    for (enum level level = level_of(vcpu) + 1; level < NOBODY; level++) {
        if (!list_empty(&rq->level[level])) {
            list_insert_before(rq->level[level].next->next, &vcpu->link);
            return;
        }
    }
    push(rq, vcpu);
}
/* END SOLUTION */

/* current, who yields or is out of its cap, waits. */
static __attribute__((noinline)) void put_aside(struct sched *s, struct sched_rq *rq,
                                                struct sched_vcpu *current, uint64_t now)
{
    if (credit_load(&IS_OUT(current)))
        enqueue(s, rq, current, now);
    else
        enqueue_yielding(rq, current);
}

/* False: current waits. */
static inline bool stays(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current, uint64_t now)
{
    if (!may_go_on(current)) {
        put_aside(s, rq, current, now);
        return false;
    }
    if (goes_on(s, rq, current))
        return true;
    push(rq, current);
    return false;
}

/* Takes the first in line out of the queue; that may be one who yields and finds nobody there. */
static struct sched_vcpu *take_first(struct sched_rq *rq)
{
    enum level level = best_waiting(rq);
    struct sched_vcpu *next;

    if (level == NOBODY)
        return NULL;
    next = sched_of_link(rq->level[level].next);
    list_remove(&next->link);
    YIELDS(next) = false;
    CAME(next) = END(next) = next->ran;
    return next;
}

/* Until the next tick, the end of its turn or that of the rate limit, whichever matters. */
static uint64_t slice_of(const struct sched *s, const struct sched_rq *rq, const struct sched_vcpu *vcpu,
                         uint64_t now)
{
    enum level waiting = best_waiting(rq), level = level_of(vcpu);
    uint64_t slice = NEXT_TICK(rq) - now, limit = CAME(vcpu) + RATE_LIMIT(s);

    if (waiting <= level)
        slice = least(slice, END(vcpu) - vcpu->ran);
    if (waiting < level && limit > vcpu->ran)
        slice = least(slice, limit - vcpu->ran);
    return slice;
}

/* Nobody may run: the next accounting may let somebody who is parked. */
static uint64_t idle_slice(const struct sched *s, const struct sched_rq *rq, uint64_t now)
{
    uint64_t due = credit_load(&s->due);

    if (list_empty(&rq->parked))
        return SCHED_FOREVER;
    return due > now ? due - now : 1;
}

static struct sched_vcpu *credit_pick(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current,
                                      uint64_t now, uint64_t *slice)
{
    struct sched_vcpu *next = current;

    keep_sorted(s, rq, now);
    if (now >= NEXT_TICK(rq))
        tick(s, rq, current, now);
    if (!current || !stays(s, rq, current, now))
        next = take_first(rq);
    credit_store(&SEEKS(rq), false);
    if (!next) {
        *slice = idle_slice(s, rq, now);
        return NULL;
    }
    if (!has_turn(s, next))
        END(next) = next->ran + TSLICE(s);
    *slice = slice_of(s, rq, next, now);
    return next;
}

/* ---- From one pCPU to another ---- */

static bool credit_seeks(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current, uint64_t now)
{
    enum level best;

    if (now < NEXT_SEEK(rq))
        return false;
    keep_sorted(s, rq, now);
    best = best_waiting(rq);
    if (current && may_go_on(current) && level_of(current) < best)
        best = level_of(current);
    if (best != OVER)
        return false;
    NEXT_SEEK(rq) = now + SEEK_PAUSE;
    credit_store(&SEEKS(rq), true);
    return true;
}

static struct sched_vcpu *first_for(struct sched *s, struct list *queue, uint32_t thief, bool seeks)
{
    struct list *link;

    list_for_each (link, queue) {
        struct sched_vcpu *vcpu = sched_of_link(link);

        sched_touch();
        if (!vcpu->parked && !(seeks && YIELDS(vcpu)) && sched_may_move(s, vcpu, thief))
            return vcpu;
    }
    return NULL;
}

/* For a pCPU that seeks, somebody better than OVER who does not yield; for one that would idle, anybody. */
static struct sched_vcpu *credit_victim(struct sched *s, struct sched_rq *rq, uint32_t thief)
{
    bool seeks = credit_load(&SEEKS(&s->rq[thief]));
    struct sched_vcpu *vcpu = NULL;

    for (enum level level = BOOST; level < (seeks ? OVER : NOBODY) && !vcpu; level++)
        vcpu = first_for(s, &rq->level[level], thief, seeks);
    return vcpu || seeks ? vcpu : first_for(s, &rq->queue, thief, seeks);
}

/* ---- Beginning, parameters ---- */

/* Whole microseconds: clocks that the hypervisor knows can be set to that. */
static uint64_t tick_of(const struct sched *s)
{
    return TSLICE(s) / 3000 * 1000;
}

static void credit_init(struct sched *s, uint64_t now)
{
    TICK(s) = tick_of(s);
    credit_store(&s->due, credit_next(now, PERIOD(s)));
    for (uint32_t i = 0; i < s->pcpus; i++)
        NEXT_TICK(&s->rq[i]) = credit_next(now, TICK(s));
}

static void credit_changed(struct sched *s, struct sched_vm *vm, uint64_t now)
{
    if (!vm && TICK(s) != tick_of(s))
        credit_init(s, now);
}

static int credit_check(const uint64_t *param, uint32_t vcpus, uint64_t *most)
{
    *most = UINT64_C(100) * vcpus;
    return param[CAP_SLOT] > *most ? CAP_SLOT : -1;
}

static void credit_dump(const struct sched *s, const struct sched_vcpu *vcpu, char *text, size_t size)
{
    static const char *const levels[] = {"boost", "under", "over"};

    (void)s;
    format(text, size, "%lld credits, %s%s%s", (long long)credit_of((int64_t)credit_load(&BALANCE(vcpu))),
           levels[level_of(vcpu)], credit_load(&IS_ACTIVE(vcpu)) ? ", active" : "",
           vcpu->parked ? ", parked" : "");
}

static const char *const accountings[] = {"exact", "sampled", NULL};
static const char *const off_or_on[] = {"off", "on", NULL};

static const struct sched_parameter credit_params[] = {
    {
        .name = "tslice",
        .what = "how long a VCPU runs before an equal's turn; credits are given out as often, ticks are "
                "thrice as often",
        .kind = SCHED_PARAM_TIME,
        .slot = 0,
        .min = 1000000,
        .max = 1000000000,
        .initial = 30000000,
    },
    {
        .name = "ratelimit",
        .what = "how long a VCPU runs before a better one preempts it; 0: not at all",
        .kind = SCHED_PARAM_TIME,
        .slot = 1,
        .max = 500000000,
        .initial = 1000000,
    },
    {
        .name = "accounting",
        .what =
            "whom running costs: all who ran, exactly, or whoever is found running at a tick, for all of it",
        .kind = SCHED_PARAM_CHOICE,
        .slot = 2,
        .choices = accountings,
    },
    {
        .name = "boost",
        .what = "whether a VCPU that wakes and is not in debt runs before all who did not",
        .kind = SCHED_PARAM_CHOICE,
        .slot = 3,
        .initial = 1,
        .choices = off_or_on,
    },
    {
        .name = "weight",
        .what = "share of the pCPUs that each of its VCPUs is given, in proportion to the others'",
        .kind = SCHED_PARAM_NUMBER,
        .per_vm = true,
        .slot = 0,
        .min = 1,
        .max = 65535,
        .initial = 256,
    },
    {
        .name = "cap",
        .what = "percent of a pCPU that its VCPUs together may use at most, 100 for each; 0: no cap",
        .kind = SCHED_PARAM_NUMBER,
        .per_vm = true,
        .slot = CAP_SLOT,
        .max = 1000000,
    },
    {.name = NULL},
};

const struct sched_ops sched_credit = {
    .name = "credit",
    .what = "shares by weight and cap, paid in credits; who wakes and is not in debt goes first",
    .params = credit_params,
    .check = credit_check,
    .init = credit_init,
    .changed = credit_changed,
    .tick = credit_account,
    .wake = credit_wake,
    .arrive = credit_arrive,
    .dequeue = credit_dequeue,
    .yield = credit_yield,
    .charge = credit_charge,
    .seeks = credit_seeks,
    .pick = credit_pick,
    .victim = credit_victim,
    .dump = credit_dump,
};
