/* SPDX-License-Identifier: MIT */
/*
 * The frame around a scheduler: states, run queues and their locks. How VCPUs get from one pCPU to another is in
 * move.c, how one scheduler follows another in change.c. sched.h has the contract.
 */
#include "sched/sched.h"
#include "lib/string.h"
#include "sched/frame.h"

void sched_init(struct sched *s, const struct sched_ops *ops, const struct sched_owner *owner,
                struct sched_rq *rq, const struct sched_topology *topology)
{
    memset(s, 0, sizeof(*s));
    s->ops = ops;
    s->owner = owner;
    s->topology = *topology;
    s->pcpus = topology->sockets * topology->cores * topology->threads;
    s->rq = rq;
    s->due = SCHED_FOREVER;
    spin_init(&s->lock);
    list_init(&s->vms);
    list_init(&s->turns);
    sched_initial_params(false, s->values);
    s->param = s->values[sched_index(ops)];
    for (uint32_t i = 0; i < s->pcpus; i++) {
        memset(&rq[i], 0, sizeof(rq[i]));
        rq[i].pcpu = i;
        spin_init(&rq[i].lock);
        list_init(&rq[i].queue);
        list_init(&rq[i].parked);
        for (uint32_t level = 0; level < SCHED_LEVELS; level++)
            list_init(&rq[i].level[level]);
    }
    if (ops->init)
        ops->init(s, 0);
}

void sched_begin_with(struct sched *s, const uint64_t values[SCHED_KINDS][SCHED_PARAMS])
{
    memcpy(s->values, values, sizeof(s->values));
    if (s->ops->changed)
        s->ops->changed(s, NULL, 0);
}

void sched_vm_init(struct sched_vm *vm, uint32_t id)
{
    memset(vm, 0, sizeof(*vm));
    vm->id = id;
    list_init(&vm->link);
    list_init(&vm->members);
    list_init(&vm->turn);
    sched_initial_params(true, vm->values);
}

/* ---- Books ---- */

void add_queued(struct sched *s, struct sched_rq *rq, int32_t difference)
{
    uint32_t before = rq->queued, queued = before + (uint32_t)difference;

    __atomic_store_n(&rq->queued, queued, __ATOMIC_RELAXED);
    if (before == 0)
        pcpu_set_add_atomic(&s->waiting, rq->pcpu);
    else if (queued == 0)
        pcpu_set_remove_atomic(&s->waiting, rq->pcpu);
}

struct sched_rq *lock_home(struct sched *s, const struct sched_vcpu *vcpu)
{
    for (;;) {
        uint32_t pcpu = __atomic_load_n(&vcpu->pcpu, __ATOMIC_ACQUIRE);
        /* Nowhere: a change of the scheduler is deciding (change.c), which holds every queue. Wait for any. */
        struct sched_rq *rq = &s->rq[pcpu < s->pcpus ? pcpu : 0];

        spin_lock(&rq->lock);
        if (__atomic_load_n(&vcpu->pcpu, __ATOMIC_ACQUIRE) == rq->pcpu)
            return rq;
        spin_unlock(&rq->lock);
    }
}

bool count_in(const struct sched *s, struct sched_rq *rq, const struct sched_vcpu *vcpu)
{
    uint64_t load = __atomic_load_n(&rq->load, __ATOMIC_RELAXED);

    do {
        if (s->ops->demand && vcpu->load && load + vcpu->load > SCHED_WHOLE)
            return false;
    } while (!__atomic_compare_exchange_n(&rq->load, &load, load + vcpu->load, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    __atomic_fetch_add(&rq->members, 1, __ATOMIC_RELAXED);
    return true;
}

void count_out(struct sched_rq *rq, const struct sched_vcpu *vcpu)
{
    __atomic_fetch_sub(&rq->load, vcpu->load, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&rq->members, 1, __ATOMIC_RELAXED);
}

/* Counts vcpu where it is to go. Under s->lock. One that finds no place keeps a pCPU that there is: others might lock
 * its queue. */
static bool place(struct sched *s, struct sched_vcpu *vcpu)
{
    uint32_t pcpu;

    vcpu->vm->param = vcpu->vm->values[sched_index(s->ops)];
    vcpu->load = place_load(s, vcpu);
    do {
        pcpu = place_new(s, vcpu);
        if (pcpu == SCHED_NO_PCPU)
            return false;
    } while (!count_in(s, &s->rq[pcpu], vcpu)); /* others move meanwhile: the next answer knows it */
    vcpu->pcpu = pcpu;
    return true;
}

bool sched_add(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    struct sched_vm *vm = vcpu->vm;
    bool placed;

    list_init(&vcpu->link);
    memset(&vcpu->node, 0, sizeof(vcpu->node));
    memset(vcpu->priv, 0, sizeof(vcpu->priv));
    vcpu->parked = false;
    vcpu->ran = vcpu->measured = vcpu->measured_ran = 0;
    vcpu->measured_at = now;

    spin_lock(&s->lock);
    placed = place(s, vcpu);
    if (placed) {
        if (vm->vcpus++ == 0)
            list_push_back(&s->vms, &vm->link);
        list_push_back(&vm->members, &vcpu->sibling);
        set_state(vcpu, SCHED_BLOCKED, now);
    }
    spin_unlock(&s->lock);
    return placed;
}

void sched_remove(struct sched *s, struct sched_vcpu *vcpu)
{
    struct sched_rq *rq = lock_home(s, vcpu);

    if (s->ops->remove)
        s->ops->remove(s, rq, vcpu);
    spin_lock(&s->lock);
    count_out(rq, vcpu);
    list_remove(&vcpu->sibling);
    if (--vcpu->vm->vcpus == 0)
        list_remove(&vcpu->vm->link);
    vcpu->state = SCHED_OUT;
    spin_unlock(&s->lock);
    spin_unlock(&rq->lock);
}

void sched_park(struct sched *s, struct sched_vcpu *vcpu, bool parked, uint64_t now)
{
    if (vcpu->parked == parked)
        return;
    vcpu->parked = parked;
    vcpu->since = now;
    if (vcpu->state == SCHED_QUEUED)
        add_queued(s, &s->rq[vcpu->pcpu], parked ? -1 : 1);
    if (s->owner && s->owner->parked)
        s->owner->parked(vcpu, parked, now);
}

uint32_t sched_distance(const struct sched *s, uint32_t a, uint32_t b)
{
    uint32_t threads = s->topology.threads, per_socket = threads * s->topology.cores;

    return a / threads == b / threads ? 0 : a / per_socket == b / per_socket ? 1 : 2;
}

static uint32_t count_siblings(const struct sched_vcpu *vcpu, uint32_t pcpu, bool blocked_too)
{
    const struct list *members = &vcpu->vm->members, *link;
    uint32_t count = 0;

    list_for_each (link, members) {
        const struct sched_vcpu *other = container_of(link, const struct sched_vcpu, sibling);

        if (other != vcpu && __atomic_load_n(&other->pcpu, __ATOMIC_RELAXED) == pcpu)
            count += blocked_too || __atomic_load_n(&other->state, __ATOMIC_RELAXED) != SCHED_BLOCKED;
    }
    return count;
}

uint32_t sched_siblings_on(const struct sched_vcpu *vcpu, uint32_t pcpu)
{
    return count_siblings(vcpu, pcpu, true);
}

uint32_t sched_siblings_awake(const struct sched_vcpu *vcpu, uint32_t pcpu)
{
    return count_siblings(vcpu, pcpu, false);
}

/* ---- Whom to ask ---- */

void sched_ask(struct sched *s, uint32_t pcpu)
{
    pcpu_set_add_atomic(&s->asked, pcpu);
    __atomic_store_n(&s->asks, 1, __ATOMIC_SEQ_CST);
}

uint32_t sched_next_ask(struct sched *s)
{
    uint32_t pcpu;

    /* `asks` becomes 0 before the look at the set: who adds to it later sets it again. */
    while (__atomic_exchange_n(&s->asks, 0, __ATOMIC_SEQ_CST)) {
        pcpu_set_for_each(pcpu, &s->asked)
        {
            if (pcpu_set_remove_atomic(&s->asked, pcpu)) {
                __atomic_store_n(&s->asks, 1, __ATOMIC_SEQ_CST);
                return pcpu;
            }
        }
    }
    return SCHED_NO_PCPU;
}

/* ---- Waking and blocking ---- */

/* BEGIN SOLUTION 9.wake */
/* Where a waking VCPU goes, and is counted. True: that pCPU idled and is claimed. */
static bool claim_place(struct sched *s, struct sched_vcpu *vcpu, uint32_t *pcpu)
{
    for (;;) {
        bool idles, claimed;

        *pcpu = place_waking(s, vcpu);
        idles = pcpu_set_has(&s->idle, *pcpu);
        claimed = claim_idle(s, *pcpu);
        if (*pcpu == vcpu->pcpu)
            return claimed;
        if (claimed == idles && count_in(s, &s->rq[*pcpu], vcpu))
            return claimed;
        if (claimed)
            sched_ask(s, *pcpu); /* it was claimed for nothing, and is to say again that it idles */
    }
}

/* The VCPU woke and is in the locked queue `rq`. */
static void ask_for(struct sched *s, struct sched_rq *rq, bool claimed, bool preempt)
{
    if (claimed || preempt || !rq->current)
        sched_ask(s, rq->pcpu);
    else
        ask_helper(s, rq);
}

void sched_wake(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    struct sched_rq *rq = lock_home(s, vcpu);
    uint32_t pcpu;
    bool claimed, preempt;

    if (vcpu->state == SCHED_BLOCKED) {
        claimed = claim_place(s, vcpu, &pcpu);
        if (pcpu != vcpu->pcpu) {
            depart(rq, vcpu, pcpu, SCHED_MOVE_WAKE);
            spin_unlock(&rq->lock);
            rq = &s->rq[pcpu];
            spin_lock(&rq->lock);
        }
        preempt = s->ops->wake(s, rq, vcpu, now);
        note_queued(s, rq, vcpu, now);
        ask_for(s, rq, claimed, preempt);
    }
    spin_unlock(&rq->lock);
}
/* END SOLUTION */

/* Another pCPU may have read its clock after this one, and called before: then less than no time has passed. */
static inline void measure(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    int64_t passed = (int64_t)(now - vcpu->measured_at);

    if (passed >= SCHED_WINDOW)
        place_measure(s, vcpu, now);
}

static inline void charge(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t ran,
                          uint64_t now)
{
    vcpu->ran += ran;
    measure(s, vcpu, now);
    if (s->ops->charge)
        s->ops->charge(s, rq, vcpu, ran, now);
}

void sched_block(struct sched *s, uint32_t pcpu, uint64_t ran, uint64_t now)
{
    struct sched_rq *rq = &s->rq[pcpu];
    struct sched_vcpu *vcpu = rq->current;

    spin_lock(&rq->lock);
    charge(s, rq, vcpu, ran, now);
    if (s->ops->block)
        s->ops->block(s, rq, vcpu, now);
    set_state(vcpu, SCHED_BLOCKED, now);
    rq->current = NULL;
    spin_unlock(&rq->lock);
}

void sched_give_way(struct sched *s, uint32_t pcpu, uint64_t ran, uint64_t now)
{
    struct sched_rq *rq = &s->rq[pcpu];

    spin_lock(&rq->lock);
    charge(s, rq, rq->current, ran, now);
    if (s->ops->yield)
        s->ops->yield(s, rq, rq->current, now);
    spin_unlock(&rq->lock);
}

/* ---- Picking ---- */

/* Perhaps it was somebody else's duty by the time the lock is had. */
static __attribute__((noinline)) void tick(struct sched *s, uint64_t now)
{
    spin_lock(&s->lock);
    if (now >= s->due)
        s->ops->tick(s, now);
    spin_unlock(&s->lock);
}

/* Lets the scheduler pick from `rq`, which is locked, and keeps the books. */
static inline void choose(struct sched *s, struct sched_rq *rq, uint64_t now, struct sched_decision *decision)
{
    struct sched_vcpu *current = rq->current;
    struct sched_vcpu *next = s->ops->pick(s, rq, current, now, &decision->slice);

    decision->vcpu = next;
    if (next != current) {
        bool one_more = current && !current->parked, one_less = next;

        if (next)
            set_state(next, SCHED_RUNNING, now);
        if (current)
            set_state(current, SCHED_QUEUED, now);
        if (one_more != one_less)
            add_queued(s, rq, one_more ? 1 : -1);
        rq->current = next;
    }
}

/* Who runs alone is asked now and then if his utilisation matters: it is measured when he is charged. */
static void limit_slice(const struct sched *s, struct sched_decision *decision)
{
    if (s->param[SCHED_PARAM_PLACEMENT] == PLACE_UTIL && decision->vcpu && decision->slice > SCHED_WINDOW)
        decision->slice = SCHED_WINDOW;
}

/* `rq`, which is locked, belongs to a pCPU that might get somebody better from others than those it has. It is
 * unlocked for the look; its current VCPU stays RUNNING. */
static __attribute__((noinline)) void seek(struct sched *s, struct sched_rq *rq, uint64_t now)
{
    struct sched_vcpu *taken;

    spin_unlock(&rq->lock);
    taken = take_better(s, rq->pcpu);
    spin_lock(&rq->lock);
    if (taken)
        settle(s, rq, taken, now);
}

/* BEGIN SOLUTION 9.idle */
/* Nobody of `rq` may run: the pCPU says that it idles, and looks at the other queues. */
static __attribute__((noinline)) void pick_elsewhere(struct sched *s, struct sched_rq *rq, uint64_t now,
                                                     struct sched_decision *decision)
{
    struct sched_vcpu *taken;

    pcpu_set_add_atomic(&s->idle, rq->pcpu);
    taken = take_any(s, rq->pcpu);
    if (!taken)
        return;
    claim_idle(s, rq->pcpu);
    spin_lock(&rq->lock);
    settle(s, rq, taken, now);
    choose(s, rq, now, decision);
    limit_slice(s, decision);
    spin_unlock(&rq->lock);
    if (!decision->vcpu)
        pcpu_set_add_atomic(&s->idle, rq->pcpu);
    pass_on(s); /* it may have been asked to take somebody else */
}
/* END SOLUTION */

void sched_pick(struct sched *s, uint32_t pcpu, uint64_t ran, uint64_t now, struct sched_decision *decision)
{
    struct sched_rq *rq = &s->rq[pcpu];
    struct sched_vcpu *last = rq->current;

    if (!last)
        claim_idle(s, pcpu);
    spin_lock(&rq->lock);
    if (last)
        charge(s, rq, last, ran, now);
    if (now >= __atomic_load_n(&s->due, __ATOMIC_RELAXED))
        tick(s, now);
    if (s->ops->seeks && s->pcpus > 1 && s->ops->seeks(s, rq, last, now))
        seek(s, rq, now);
    choose(s, rq, now, decision);
    if (rq->queued == 0) {
        limit_slice(s, decision);
        spin_unlock(&rq->lock);
    } else if (somebody_idles(s) && ask_helper(s, rq)) {
        spin_unlock(&rq->lock);
    } else if (rq->queued >= 2 && decision->vcpu != last && s->ops->spare) {
        even_out(s, rq, now);
    } else {
        spin_unlock(&rq->lock);
    }
    if (!decision->vcpu)
        pick_elsewhere(s, rq, now, decision);
    else if (!last)
        pass_on(s);
}
