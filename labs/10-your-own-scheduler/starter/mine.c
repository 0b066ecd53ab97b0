/* SPDX-License-Identifier: MIT */
/*
 * YOUR CODE 10.1: say here what your scheduler does, in a few sentences that somebody could build it from.
 *
 * What stands below runs whoever came first, for as long as he likes. It compiles, and starves everybody else.
 */
#include "sched/sched.h"

static bool mine_wake(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)now;
    list_push_back(&rq->queue, &vcpu->link);
    return false;
}

static struct sched_vcpu *mine_pick(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current,
                                    uint64_t now, uint64_t *slice)
{
    /* YOUR CODE 10.2: who next, and for how long? */
    (void)s, (void)now;
    *slice = SCHED_FOREVER;
    if (current || list_empty(&rq->queue))
        return current;
    return sched_of_link(list_pop_front(&rq->queue));
}

static const struct sched_parameter mine_params[] = {
    {.name = NULL},
};

const struct sched_ops sched_mine = {
    .name = "mine",
    .what = "whoever came first, for as long as he likes",
    .params = mine_params,
    .wake = mine_wake,
    .arrive = mine_wake,
    .pick = mine_pick,
};
