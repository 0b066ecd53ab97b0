/* SPDX-License-Identifier: MIT */
/*
 * Round robin: one queue a pCPU, served from its head, for one quantum each.
 *
 * Who comes out of the queue has a full quantum, and keeps what is left of it
 * when his pCPU asks for another reason than its end. Who has spent it, yields,
 * or wakes goes to the tail, and nobody is preempted before his quantum ends.
 * So among N VCPUs of a pCPU nobody waits longer than (N - 1) quanta. Who blocks
 * and wakes gets a full quantum again, and pays for it by waiting for all others.
 *
 * A remainder of less than 1/64 of the quantum counts as spent: it is what the
 * hypervisor's own work within the slice left over, and not worth a switch.
 *
 * Who is alone runs without a slice, so nothing interrupts him; his quantum
 * is used up meanwhile all the same, and a newcomer has the pCPU asked again.
 */
#include "lib/printf.h"
#include "sched/sched.h"

#define QUANTUM(s) ((s)->param[0])
#define END(vcpu)  ((vcpu)->priv[0]) /* of its quantum: what vcpu->ran is then */

static bool rr_wake(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    /* BEGIN SOLUTION 5.wake */
    bool was_alone = list_empty(&rq->queue);

    (void)s, (void)now;
    list_push_back(&rq->queue, &vcpu->link);
    return was_alone;
    /* END SOLUTION */
}

static void rr_dequeue(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    (void)s, (void)rq;
    list_remove(&vcpu->link);
}

static struct sched_vcpu *rr_pick(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current,
                                  uint64_t now, uint64_t *slice)
{
    /* BEGIN SOLUTION 5.pick */
    struct sched_vcpu *next = current;

    (void)now;
    if (!list_empty(&rq->queue) && !(current && current->ran + QUANTUM(s) / 64 < END(current))) {
        next = sched_of_link(rq->queue.next);
        list_remove(&next->link);
        END(next) = next->ran + QUANTUM(s);
        if (current)
            list_push_back(&rq->queue, &current->link);
    }
    *slice = list_empty(&rq->queue) ? SCHED_FOREVER : END(next) - next->ran;
    return next;
    /* END SOLUTION */
}

static void rr_yield(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    /* BEGIN SOLUTION 5.yield */
    (void)s, (void)rq, (void)now;
    END(vcpu) = vcpu->ran;
    /* END SOLUTION */
}

static struct sched_vcpu *rr_victim(struct sched *s, struct sched_rq *rq, uint32_t thief)
{
    /* BEGIN SOLUTION 5.victim */
    struct list *link;

    list_for_each (link, &rq->queue) {
        sched_touch();
        if (sched_may_move(s, sched_of_link(link), thief))
            return sched_of_link(link);
    }
    return NULL;
    /* END SOLUTION */
}

/* The last who may go, and only if he waits no longer at the tail there than at his place here, behind somebody
 * whose turn has just begun. */
static struct sched_vcpu *rr_spare(struct sched *s, struct sched_rq *rq, uint32_t to, uint32_t waiting)
{
    /* BEGIN SOLUTION 5.spare */
    struct list *link = rq->queue.prev;

    for (uint32_t place = rq->queued; place > waiting; place--, link = link->prev) {
        sched_touch();
        if (sched_may_move(s, sched_of_link(link), to))
            return sched_of_link(link);
    }
    return NULL;
    /* END SOLUTION */
}

static void rr_dump(const struct sched *s, const struct sched_vcpu *vcpu, char *text, size_t size)
{
    int64_t left = (int64_t)(END(vcpu) - vcpu->ran);

    (void)s;
    format(text, size, "%lld us of its quantum left", left > 0 ? (long long)left / 1000 : 0);
}

static const struct sched_parameter rr_params[] = {
    {
        .name = "quantum",
        .what = "how long a VCPU runs before the next one's turn",
        .kind = SCHED_PARAM_TIME,
        .slot = 0,
        .min = 100000,
        .max = 10000000000,
        .initial = 30000000,
    },
    {.name = NULL},
};

const struct sched_ops sched_rr = {
    .name = "rr",
    .what = "round robin: every VCPU runs for one quantum in turn",
    .params = rr_params,
    .wake = rr_wake,
    .arrive = rr_wake,
    .dequeue = rr_dequeue,
    .yield = rr_yield,
    .pick = rr_pick,
    .victim = rr_victim,
    .spare = rr_spare,
    .dump = rr_dump,
};
