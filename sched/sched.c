/* SPDX-License-Identifier: MIT */
/*
 * The frame around a scheduler: states, run queues and their locks, and how
 * VCPUs get from one pCPU to another. sched.h has the contract.
 */
#include "sched/sched.h"
#include "lib/bitops.h"
#include "lib/string.h"

const struct sched_ops *const sched_all[] = {&sched_rr, NULL};

const struct sched_ops *sched_find(const char *name)
{
    for (const struct sched_ops *const *ops = sched_all; *ops; ops++)
        if (strcmp((*ops)->name, name) == 0)
            return *ops;
    return NULL;
}

const struct sched_parameter *sched_param_find(const struct sched_ops *ops, const char *name, bool per_vcpu)
{
    for (const struct sched_parameter *param = ops->params; param->name; param++)
        if (param->per_vcpu == per_vcpu && strcmp(param->name, name) == 0)
            return param;
    return NULL;
}

void sched_initial_params(const struct sched_ops *ops, bool per_vcpu, uint64_t *values)
{
    for (const struct sched_parameter *param = ops->params; param->name; param++)
        if (param->per_vcpu == per_vcpu)
            values[param->slot] = param->initial;
}

void sched_init(struct sched *s, const struct sched_ops *ops, struct sched_rq *rq, uint32_t pcpus)
{
    memset(s, 0, sizeof(*s));
    s->ops = ops;
    s->pcpus = pcpus;
    s->rq = rq;
    sched_initial_params(ops, false, s->param);
    for (uint32_t i = 0; i < pcpus; i++) {
        memset(&rq[i], 0, sizeof(rq[i]));
        spin_init(&rq[i].lock);
        list_init(&rq[i].queue);
    }
}

/* Plain numbers that others read without the lock; written with it held. */
static void add_queued(struct sched_rq *rq, int32_t difference)
{
    __atomic_store_n(&rq->queued, rq->queued + (uint32_t)difference, __ATOMIC_RELAXED);
}

static void add_members(struct sched_rq *rq, int32_t difference)
{
    __atomic_store_n(&rq->members, rq->members + (uint32_t)difference, __ATOMIC_RELAXED);
}

/* Locks the queue the VCPU belongs to, wherever it moves meanwhile, and returns it. */
static struct sched_rq *lock_home(struct sched *s, const struct sched_vcpu *vcpu)
{
    for (;;) {
        uint32_t pcpu = __atomic_load_n(&vcpu->pcpu, __ATOMIC_ACQUIRE);
        struct sched_rq *rq = &s->rq[pcpu];

        spin_lock(&rq->lock);
        if (__atomic_load_n(&vcpu->pcpu, __ATOMIC_ACQUIRE) == pcpu)
            return rq;
        spin_unlock(&rq->lock);
    }
}

/* The VCPU, which is in no queue's list, leaves `rq`, which is locked, for another pCPU. From here to
 * settle() it is the caller's. */
static void depart(struct sched_rq *rq, struct sched_vcpu *vcpu, uint32_t to)
{
    add_members(rq, -1);
    vcpu->state = SCHED_MOVING;
    __atomic_store_n(&vcpu->pcpu, to, __ATOMIC_RELEASE); /* who locks `to` on its account sees it MOVING */
}

/* Takes pCPU `pcpu` out of the idle ones; true: the caller did, and must have it asked. */
static bool claim_idle(struct sched *s, uint32_t pcpu)
{
    return bit_test(__atomic_fetch_and(&s->idle, ~BIT(pcpu), __ATOMIC_ACQ_REL), pcpu);
}

/* The first of the `idle` pCPUs that may have somebody who waits in `rq`, claimed; or SCHED_NO_PCPU. */
static uint32_t claim_first(struct sched *s, struct sched_rq *rq, uint64_t idle)
{
    uint32_t pcpu;

    for_each_bit (pcpu, idle)
        if (s->ops->victim(s, rq, pcpu) && claim_idle(s, pcpu))
            return pcpu;
    return SCHED_NO_PCPU;
}

/* Somebody may wait in `rq`, which is locked: an idle pCPU that may have him, claimed, or SCHED_NO_PCPU. */
static inline uint32_t claim_helper(struct sched *s, struct sched_rq *rq)
{
    uint64_t idle;

    if (rq->queued == 0)
        return SCHED_NO_PCPU;
    /* Read by an atomic write, which comes before or after the one in look_around(): after it, the pCPU is
     * seen here; before it, that pCPU sees who is queued here. */
    idle = __atomic_fetch_or(&s->idle, 0, __ATOMIC_ACQ_REL);
    return idle ? claim_first(s, rq, idle) : SCHED_NO_PCPU;
}

void sched_add(struct sched *s, struct sched_vcpu *vcpu)
{
    struct sched_rq *rq;

    vcpu->pcpu = place_new(s, vcpu);
    vcpu->ran = 0;
    list_init(&vcpu->link);
    memset(vcpu->param, 0, sizeof(vcpu->param));
    memset(vcpu->priv, 0, sizeof(vcpu->priv));
    sched_initial_params(s->ops, true, vcpu->param);

    rq = &s->rq[vcpu->pcpu];
    spin_lock(&rq->lock);
    add_members(rq, 1);
    vcpu->state = SCHED_BLOCKED;
    spin_unlock(&rq->lock);
}

void sched_remove(struct sched *s, struct sched_vcpu *vcpu)
{
    struct sched_rq *rq = lock_home(s, vcpu);

    add_members(rq, -1);
    vcpu->state = SCHED_OUT;
    spin_unlock(&rq->lock);
}

/* Where a waking VCPU goes. True: that pCPU idled and is claimed. */
static bool claim_place(struct sched *s, const struct sched_vcpu *vcpu, uint32_t *pcpu)
{
    do {
        *pcpu = place_waking(s, vcpu);
        if (claim_idle(s, *pcpu))
            return true;
    } while (*pcpu != vcpu->pcpu);
    return false;
}

/* The VCPU woke and is in the locked queue of `pcpu`: who must be asked? */
static uint32_t whom_to_ask(struct sched *s, uint32_t pcpu, bool claimed, bool preempt)
{
    struct sched_rq *rq = &s->rq[pcpu];

    if (claimed || preempt || !rq->current)
        return pcpu;
    return claim_helper(s, rq);
}

uint32_t sched_wake(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    struct sched_rq *rq = lock_home(s, vcpu);
    uint32_t pcpu, ask = SCHED_NO_PCPU;
    bool claimed, preempt;

    if (vcpu->state == SCHED_BLOCKED) {
        claimed = claim_place(s, vcpu, &pcpu);
        if (pcpu != vcpu->pcpu) {
            depart(rq, vcpu, pcpu);
            spin_unlock(&rq->lock);
            rq = &s->rq[pcpu];
            spin_lock(&rq->lock);
            add_members(rq, 1);
        }
        preempt = s->ops->wake(s, rq, vcpu, now);
        vcpu->state = SCHED_QUEUED;
        add_queued(rq, 1);
        ask = whom_to_ask(s, pcpu, claimed, preempt);
    }
    spin_unlock(&rq->lock);
    return ask;
}

static inline void charge(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t ran)
{
    vcpu->ran += ran;
    if (s->ops->charge)
        s->ops->charge(s, rq, vcpu, ran);
}

void sched_block(struct sched *s, uint32_t pcpu, uint64_t ran, uint64_t now)
{
    struct sched_rq *rq = &s->rq[pcpu];

    spin_lock(&rq->lock);
    charge(s, rq, rq->current, ran);
    if (s->ops->block)
        s->ops->block(s, rq, rq->current, now);
    rq->current->state = SCHED_BLOCKED;
    rq->current = NULL;
    spin_unlock(&rq->lock);
}

void sched_give_way(struct sched *s, uint32_t pcpu, uint64_t ran, uint64_t now)
{
    struct sched_rq *rq = &s->rq[pcpu];

    spin_lock(&rq->lock);
    charge(s, rq, rq->current, ran);
    if (s->ops->yield)
        s->ops->yield(s, rq, rq->current, now);
    spin_unlock(&rq->lock);
}

/* Lets the scheduler pick from `rq`, which is locked and whose current one is `current`, and keeps the books.
 * Returns whom to ask. */
static inline uint32_t choose(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current, uint64_t now,
                              struct sched_decision *decision)
{
    struct sched_vcpu *next = s->ops->pick(s, rq, current, now, &decision->slice);

    decision->vcpu = next;
    if (next != current) {
        if (current)
            current->state = SCHED_QUEUED;
        if (next)
            next->state = SCHED_RUNNING;
        if (!current || !next)
            add_queued(rq, current ? 1 : -1);
        rq->current = next;
    }
    return claim_helper(s, rq);
}

/* Takes a VCPU that `thief` may run out of the queue of `from`; NULL: there is none. */
static struct sched_vcpu *take(struct sched *s, uint32_t from, uint32_t thief)
{
    struct sched_rq *rq = &s->rq[from];
    struct sched_vcpu *vcpu;

    if (__atomic_load_n(&rq->queued, __ATOMIC_RELAXED) == 0)
        return NULL;
    spin_lock(&rq->lock);
    vcpu = s->ops->victim(s, rq, thief);
    if (vcpu) {
        s->ops->dequeue(s, rq, vcpu);
        add_queued(rq, -1);
        depart(rq, vcpu, thief);
    }
    spin_unlock(&rq->lock);
    return vcpu;
}

/* `pcpu` has nobody: says that it idles, then looks at all others, beginning with the next by number. */
static struct sched_vcpu *look_around(struct sched *s, uint32_t pcpu)
{
    __atomic_fetch_or(&s->idle, BIT(pcpu), __ATOMIC_ACQ_REL);
    for (uint32_t i = 1; i < s->pcpus; i++) {
        uint32_t from = pcpu + i < s->pcpus ? pcpu + i : pcpu + i - s->pcpus;
        struct sched_vcpu *vcpu = take(s, from, pcpu);

        if (vcpu)
            return vcpu;
    }
    return NULL;
}

/* A VCPU that departed for `rq`, which is locked, waits there. */
static bool settle(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    bool ask;

    add_members(rq, 1);
    ask = s->ops->arrive(s, rq, vcpu, now);
    vcpu->state = SCHED_QUEUED;
    add_queued(rq, 1);
    return ask;
}

/* The pCPU with the fewest who wait, if that is at least two fewer than in `rq`; or SCHED_NO_PCPU. */
static uint32_t much_shorter(struct sched *s, const struct sched_rq *rq, uint32_t *length)
{
    uint32_t best = SCHED_NO_PCPU;

    *length = rq->queued - 1;
    for (uint32_t i = 0; i < s->pcpus; i++) {
        uint32_t queued = __atomic_load_n(&s->rq[i].queued, __ATOMIC_RELAXED);

        if (queued < *length) {
            *length = queued;
            best = i;
        }
    }
    return best;
}

/* Two or more wait in `rq`, which is locked: one of them leaves for a pCPU where at least two fewer do, so that
 * lengths even out though nobody idles. It is the last who may run there, and only if he waits no longer at
 * the tail there than at his place here, behind somebody whose turn has just begun. NULL: nobody. */
static struct sched_vcpu *take_surplus(struct sched *s, struct sched_rq *rq)
{
    uint32_t length, to = much_shorter(s, rq, &length);
    struct list *link = rq->queue.prev;

    if (to == SCHED_NO_PCPU)
        return NULL;
    for (uint32_t place = rq->queued; place > length; place--, link = link->prev) {
        struct sched_vcpu *vcpu = container_of(link, struct sched_vcpu, link);

        if (bit_test(vcpu->affinity, to)) {
            s->ops->dequeue(s, rq, vcpu);
            add_queued(rq, -1);
            depart(rq, vcpu, to);
            return vcpu;
        }
    }
    return NULL;
}

/* Unlocks `rq`, from which one who waits may have gone to another pCPU by then. Returns whom to ask. */
static __attribute__((noinline)) uint32_t even_out(struct sched *s, struct sched_rq *rq, uint64_t now)
{
    struct sched_vcpu *vcpu = take_surplus(s, rq);
    uint32_t pcpu;
    bool preempt;

    spin_unlock(&rq->lock);
    if (!vcpu)
        return SCHED_NO_PCPU;
    pcpu = vcpu->pcpu;
    rq = &s->rq[pcpu];
    spin_lock(&rq->lock);
    preempt = settle(s, rq, vcpu, now);
    pcpu = whom_to_ask(s, pcpu, false, preempt);
    spin_unlock(&rq->lock);
    return pcpu;
}

/* A pCPU that does not idle any more may have been asked to take somebody, and has taken somebody else. */
static uint32_t pass_on(struct sched *s)
{
    uint32_t ask = SCHED_NO_PCPU;

    if (__atomic_load_n(&s->idle, __ATOMIC_RELAXED) == 0)
        return SCHED_NO_PCPU;
    for (uint32_t i = 0; i < s->pcpus && ask == SCHED_NO_PCPU; i++) {
        struct sched_rq *rq = &s->rq[i];

        if (__atomic_load_n(&rq->queued, __ATOMIC_RELAXED) == 0)
            continue;
        spin_lock(&rq->lock);
        ask = claim_helper(s, rq);
        spin_unlock(&rq->lock);
    }
    return ask;
}

/* Lets somebody be picked from the queue of `pcpu`, where nobody runs, after `taken` (or NULL) has come there.
 * Returns whom to ask. */
static uint32_t choose_first(struct sched *s, uint32_t pcpu, struct sched_vcpu *taken, uint64_t now,
                             struct sched_decision *decision)
{
    struct sched_rq *rq = &s->rq[pcpu];
    uint32_t ask;

    claim_idle(s, pcpu);
    spin_lock(&rq->lock);
    if (taken)
        settle(s, rq, taken, now);
    ask = choose(s, rq, NULL, now, decision);
    spin_unlock(&rq->lock);
    return ask;
}

/* sched_pick for a pCPU that runs nobody. Apart, to keep sched_pick short for one that does. */
static __attribute__((noinline)) uint32_t pick_anew(struct sched *s, uint32_t pcpu, uint64_t now,
                                                    struct sched_decision *decision)
{
    uint32_t ask = choose_first(s, pcpu, NULL, now, decision);
    struct sched_vcpu *taken;

    if (!decision->vcpu) {
        taken = look_around(s, pcpu);
        if (!taken)
            return SCHED_NO_PCPU;
        ask = choose_first(s, pcpu, taken, now, decision);
    }
    return ask == SCHED_NO_PCPU ? pass_on(s) : ask;
}

uint32_t sched_pick(struct sched *s, uint32_t pcpu, uint64_t ran, uint64_t now,
                    struct sched_decision *decision)
{
    struct sched_rq *rq = &s->rq[pcpu];
    struct sched_vcpu *last = rq->current;
    uint32_t ask;

    if (!last)
        return pick_anew(s, pcpu, now, decision);
    spin_lock(&rq->lock);
    charge(s, rq, last, ran);
    ask = choose(s, rq, last, now, decision);
    if (rq->queued >= 2 && decision->vcpu != last && ask == SCHED_NO_PCPU)
        return even_out(s, rq, now);
    spin_unlock(&rq->lock);
    return ask;
}
