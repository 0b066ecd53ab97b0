/* SPDX-License-Identifier: MIT */
/*
 * From one pCPU to another. Nobody holds two queues' locks: who moves a VCPU takes it out of one queue, and only
 * then locks the other.
 *
 * Three ways lead to another queue: a pCPU that finds nobody takes from the others (take_any); one whose scheduler
 * thinks that others may have somebody better takes him (take_better); and one where two more wait than
 * elsewhere sends one there (even_out).
 */
#include "sched/frame.h"

#define PEERS 8 /* pCPUs that are looked at in one search that is not an idle pCPU's */

/* BEGIN SOLUTION 9.may-move */
/* Schedulers that keep siblings apart do so wherever these are at home. The placement `balance` is about those that run
 * or wait, and soft: one who has siblings beside him anyway may go to where fewer are, and one who has no pCPU yet
 * anywhere. */
static bool siblings_allow(const struct sched *s, const struct sched_vcpu *vcpu, uint32_t to)
{
    uint32_t there;

    if (s->ops->apart)
        return sched_siblings_on(vcpu, to) == 0;
    if (s->param[SCHED_PARAM_PLACEMENT] != PLACE_BALANCE || vcpu->state == SCHED_OUT ||
        vcpu->pcpu >= s->pcpus)
        return true;
    there = sched_siblings_awake(vcpu, to);
    return there == 0 || there < sched_siblings_awake(vcpu, vcpu->pcpu);
}

bool sched_may_move(const struct sched *s, const struct sched_vcpu *vcpu, uint32_t to)
{
    if (!pcpu_set_has(&vcpu->affinity, to))
        return false;
    if (s->ops->demand && vcpu->load &&
        __atomic_load_n(&s->rq[to].load, __ATOMIC_RELAXED) + vcpu->load > SCHED_WHOLE)
        return false;
    return siblings_allow(s, vcpu, to);
}
/* END SOLUTION */

void depart(struct sched_rq *rq, struct sched_vcpu *vcpu, uint32_t to, enum sched_move why)
{
    count_out(rq, vcpu);
    __atomic_store_n(&vcpu->state, SCHED_MOVING, __ATOMIC_RELAXED);
    vcpu->moved = why;
    __atomic_store_n(&vcpu->pcpu, to, __ATOMIC_RELEASE); /* who locks `to` on its account sees it MOVING */
}

bool settle(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    bool ask = s->ops->arrive(s, rq, vcpu, now);
    uint64_t since = vcpu->since;

    note_queued(s, rq, vcpu, now);
    vcpu->since = since; /* it waits all along */
    return ask;
}

/* vcpu, who waits in `rq`, which is locked, leaves for pCPU `to`. NULL: the place he needs there is taken. */
static struct sched_vcpu *send(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint32_t to)
{
    if (!count_in(s, &s->rq[to], vcpu))
        return NULL;
    s->ops->dequeue(s, rq, vcpu);
    add_queued(s, rq, -1);
    depart(rq, vcpu, to, SCHED_MOVE_STEAL);
    return vcpu;
}

/* False: the scheduler lets nobody be taken. Without a lock: a guess that may be stale. */
static bool may_take(const struct sched *s)
{
    const struct sched_ops *ops = __atomic_load_n(&s->ops, __ATOMIC_RELAXED);

    return ops->victim != NULL;
}

/* BEGIN SOLUTION 9.take */
/* Takes a VCPU that `thief` may have out of the queue of `from`; NULL: there is none. */
static struct sched_vcpu *take(struct sched *s, uint32_t from, uint32_t thief)
{
    struct sched_rq *rq = &s->rq[from];
    struct sched_vcpu *vcpu;

    if (__atomic_load_n(&rq->queued, __ATOMIC_RELAXED) == 0)
        return NULL;
    spin_lock(&rq->lock);
    vcpu = s->ops->victim ? s->ops->victim(s, rq, thief) : NULL;
    if (vcpu)
        vcpu = send(s, rq, vcpu, thief);
    spin_unlock(&rq->lock);
    return vcpu;
}
/* END SOLUTION */

static uint32_t after(const struct sched *s, uint32_t pcpu, uint32_t steps)
{
    return pcpu + steps < s->pcpus ? pcpu + steps : pcpu + steps - s->pcpus;
}

/* The same from pCPUs `first` to `end` - 1 that are at that distance. */
static struct sched_vcpu *take_between(struct sched *s, uint32_t first, uint32_t end, uint32_t pcpu,
                                       uint32_t distance)
{
    struct sched_vcpu *vcpu = NULL;

    for (uint32_t from = first; !vcpu && (from = pcpu_set_next(&s->waiting, from)) < end; from++)
        if (sched_distance(s, pcpu, from) == distance)
            vcpu = take(s, from, pcpu);
    return vcpu;
}

/* Of the others, those at that distance, beginning with the next by number. */
static struct sched_vcpu *take_at(struct sched *s, uint32_t pcpu, uint32_t distance)
{
    const struct sched_topology *t = &s->topology;
    const uint32_t within[] = {t->threads, t->cores * t->threads, s->pcpus};
    uint32_t first = pcpu - pcpu % within[distance];
    struct sched_vcpu *vcpu = take_between(s, pcpu + 1, first + within[distance], pcpu, distance);

    return vcpu ? vcpu : take_between(s, first, pcpu, pcpu, distance);
}

struct sched_vcpu *take_any(struct sched *s, uint32_t pcpu)
{
    struct sched_vcpu *vcpu = NULL;

    for (uint32_t distance = 0; may_take(s) && distance <= 2 && !vcpu; distance++)
        vcpu = take_at(s, pcpu, distance);
    return vcpu;
}

/* It looks at a few, and next time at the next few: what it costs does not depend on how many pCPUs there are. */
struct sched_vcpu *take_better(struct sched *s, uint32_t pcpu)
{
    uint32_t others = s->pcpus - 1, peers = others < PEERS ? others : PEERS;
    struct sched_vcpu *vcpu = NULL;

    for (uint32_t i = 0; i < peers && !vcpu; i++) {
        s->rq[pcpu].peer = (s->rq[pcpu].peer + 1) % others;
        vcpu = take(s, after(s, pcpu, 1 + s->rq[pcpu].peer), pcpu);
    }
    return vcpu;
}

/* ---- Idle pCPUs are asked to help ---- */

/* BEGIN SOLUTION 9.help */
/* Of the idle ones in that word of the set, the first that may have somebody who waits in `rq`, claimed. */
static bool ask_one_of(struct sched *s, struct sched_rq *rq, uint32_t word, uint64_t idle)
{
    uint32_t bit;

    for_each_bit (bit, idle) {
        uint32_t pcpu = 64 * word + bit;

        if (s->ops->victim(s, rq, pcpu) && claim_idle(s, pcpu)) {
            sched_ask(s, pcpu);
            return true;
        }
    }
    return false;
}

bool ask_helper(struct sched *s, struct sched_rq *rq)
{
    if (rq->queued == 0 || !s->ops->victim)
        return false;
    for (uint32_t word = 0; word < PCPU_SET_WORDS && 64 * word < s->pcpus; word++) {
        uint64_t idle = idle_word(s, word);

        if (idle && ask_one_of(s, rq, word, idle))
            return true;
    }
    return false;
}
/* END SOLUTION */

void pass_on(struct sched *s)
{
    uint32_t pcpu;

    if (!may_take(s) || pcpu_set_is_empty(&s->idle))
        return;
    pcpu_set_for_each(pcpu, &s->waiting)
    {
        struct sched_rq *rq = &s->rq[pcpu];
        bool asked;

        spin_lock(&rq->lock);
        asked = ask_helper(s, rq);
        spin_unlock(&rq->lock);
        if (asked)
            return;
    }
}

/* ---- Queues of unequal length ---- */

/* Of the next few pCPUs, all the others in turn, the one with the fewest who wait, if that is at least two fewer
 * than in `rq`; or SCHED_NO_PCPU. */
static uint32_t much_shorter(struct sched *s, struct sched_rq *rq, uint32_t *length)
{
    uint32_t pcpus = s->pcpus < PEERS ? s->pcpus : PEERS;
    uint32_t best = SCHED_NO_PCPU;

    *length = rq->queued - 1;
    for (uint32_t i = 0; i < pcpus; i++) {
        uint32_t pcpu = after(s, rq->peer, i);
        uint32_t queued = __atomic_load_n(&s->rq[pcpu].queued, __ATOMIC_RELAXED);

        if (queued < *length) {
            *length = queued;
            best = pcpu;
        }
    }
    if (pcpus < s->pcpus)
        rq->peer = after(s, rq->peer, pcpus);
    return best;
}

void even_out(struct sched *s, struct sched_rq *rq, uint64_t now)
{
    uint32_t length, to = much_shorter(s, rq, &length);
    struct sched_vcpu *vcpu = NULL;

    if (to != SCHED_NO_PCPU)
        vcpu = s->ops->spare(s, rq, to, length);
    if (vcpu)
        vcpu = send(s, rq, vcpu, to);
    spin_unlock(&rq->lock);
    if (!vcpu)
        return;
    rq = &s->rq[to];
    spin_lock(&rq->lock);
    if (settle(s, rq, vcpu, now) || !rq->current)
        sched_ask(s, to);
    else
        ask_helper(s, rq);
    spin_unlock(&rq->lock);
}
