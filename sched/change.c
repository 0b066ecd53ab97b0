/* SPDX-License-Identifier: MIT */
/*
 * One scheduler follows another, or a parameter changes, while VCPUs run. All queues are locked meanwhile, in the
 * order of the pCPUs, and then sched->lock; nobody else ever waits for one queue's lock while holding another's,
 * so that cannot dead-lock.
 *
 * First everybody gets a place under the new scheduler: who runs stays where he is, the others stay where they may, and
 * nobody is between two queues. That touches only the books, and is taken back if somebody finds none. Then the old
 * scheduler's queues are dropped, and whoever waited comes into the new one's, the longest waiting first.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "sched/frame.h"

static void lock_all(struct sched *s)
{
    for (uint32_t i = 0; i < s->pcpus; i++)
        spin_lock(&s->rq[i].lock);
    spin_lock(&s->lock);
}

static void unlock_all(struct sched *s)
{
    spin_unlock(&s->lock);
    for (uint32_t i = 0; i < s->pcpus; i++)
        spin_unlock(&s->rq[i].lock);
}

#define for_each_vm(vm, link, s)                                                          \
    for ((link) = (s)->vms.next;                                                          \
         (link) != &(s)->vms && ((vm) = container_of(link, struct sched_vm, link), true); \
         (link) = (link)->next)

/* Calls `act` for every VCPU there is until it answers false. */
static bool each_vcpu(struct sched *s, bool (*act)(struct sched *, struct sched_vcpu *, uint64_t now),
                      uint64_t now)
{
    struct list *link, *of_vm;
    struct sched_vm *vm;

    for_each_vm(vm, link, s) list_for_each (
        of_vm, &vm->members) if (!act(s, container_of(of_vm, struct sched_vcpu, sibling), now)) return false;
    return true;
}

static void ask_all(struct sched *s)
{
    for (uint32_t i = 0; i < s->pcpus; i++) {
        claim_idle(s, i);
        sched_ask(s, i);
    }
}

/* ---- A place for everybody ---- */

static void set_ops(struct sched *s, const struct sched_ops *ops)
{
    uint32_t index = sched_index(ops);
    struct list *link;
    struct sched_vm *vm;

    __atomic_store_n(&s->ops, ops, __ATOMIC_RELAXED);
    s->param = s->values[index];
    for_each_vm(vm, link, s) vm->param = vm->values[index];
}

static bool stays(const struct sched_vcpu *vcpu)
{
    return vcpu->state == SCHED_RUNNING;
}

static void close_books(struct sched *s)
{
    for (uint32_t i = 0; i < s->pcpus; i++) {
        __atomic_store_n(&s->rq[i].members, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&s->rq[i].load, 0, __ATOMIC_RELAXED);
    }
}

/* Nobody has a place yet but those who stay. */
static bool leave_place(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)now;
    vcpu->plan = vcpu->pcpu;
    vcpu->load = place_load(s, vcpu);
    if (stays(vcpu))
        return count_in(s, &s->rq[vcpu->pcpu], vcpu);
    __atomic_store_n(&vcpu->pcpu, SCHED_NO_PCPU, __ATOMIC_RELEASE);
    return true;
}

static bool find_place(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    uint32_t pcpu;

    (void)now;
    if (stays(vcpu))
        return true;
    pcpu = sched_may_move(s, vcpu, vcpu->plan) ? vcpu->plan : place_new(s, vcpu);
    if (pcpu == SCHED_NO_PCPU || !count_in(s, &s->rq[pcpu], vcpu))
        return false;
    if (pcpu != vcpu->plan)
        vcpu->moved = SCHED_MOVE_SWITCH;
    __atomic_store_n(&vcpu->pcpu, pcpu, __ATOMIC_RELEASE);
    return true;
}

static bool note_plan(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)now;
    vcpu->plan = vcpu->pcpu;
    return true;
}

static bool take_back_place(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)now;
    __atomic_store_n(&vcpu->pcpu, vcpu->plan, __ATOMIC_RELEASE);
    vcpu->load = place_load(s, vcpu);
    return count_in(s, &s->rq[vcpu->pcpu], vcpu);
}

/* Everybody is counted anew under the scheduler and the parameters that now are. False: somebody has no place. */
static bool find_places(struct sched *s)
{
    close_books(s);
    return each_vcpu(s, leave_place, 0) && each_vcpu(s, find_place, 0);
}

static void take_back_places(struct sched *s)
{
    close_books(s);
    each_vcpu(s, take_back_place, 0);
}

/* ---- One scheduler after another ---- */

/* Merges two lists that are in order of `since` into `into`, which is empty. */
static void merge(struct list *into, struct list *a, struct list *b)
{
    while (!list_empty(a) || !list_empty(b)) {
        bool from_a = list_empty(b) ||
                      (!list_empty(a) && sched_of_link(a->next)->since <= sched_of_link(b->next)->since);

        list_push_back(into, list_pop_front(from_a ? a : b));
    }
}

/* Sorts by `since`, the longest waiting first: a merge sort, which needs no memory but the links. */
static void sort(struct list *list)
{
    struct list a, b;
    bool to_a = true;

    if (list->next == list->prev)
        return;
    list_init(&a);
    list_init(&b);
    for (; !list_empty(list); to_a = !to_a)
        list_push_back(to_a ? &a : &b, list_pop_front(list));
    sort(&a);
    sort(&b);
    merge(list, &a, &b);
}

/* The old scheduler forgets him. */
static bool forget(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)now;
    list_init(&vcpu->link);
    memset(&vcpu->node, 0, sizeof(vcpu->node));
    memset(vcpu->priv, 0, sizeof(vcpu->priv));
    memset(vcpu->vm->priv, 0, sizeof(vcpu->vm->priv));
    list_init(&vcpu->vm->turn);
    (void)s;
    return true;
}

static void empty_queues(struct sched *s)
{
    memset(s->priv, 0, sizeof(s->priv));
    list_init(&s->turns);
    __atomic_store_n(&s->due, SCHED_FOREVER, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < s->pcpus; i++) {
        struct sched_rq *rq = &s->rq[i];

        list_init(&rq->queue);
        list_init(&rq->parked);
        for (uint32_t level = 0; level < SCHED_LEVELS; level++)
            list_init(&rq->level[level]);
        memset(rq->tree, 0, sizeof(rq->tree));
        memset(rq->priv, 0, sizeof(rq->priv));
        __atomic_store_n(&rq->queued, 0, __ATOMIC_RELAXED);
        pcpu_set_remove_atomic(&s->waiting, i);
    }
}

/* Puts all who wait on one list. */
static void gather(struct sched *s, struct list *waiting)
{
    struct list *link, *of_vm;
    struct sched_vm *vm;

    for_each_vm(vm, link, s)
    {
        list_for_each (of_vm, &vm->members) {
            struct sched_vcpu *vcpu = container_of(of_vm, struct sched_vcpu, sibling);

            if (vcpu->state == SCHED_QUEUED)
                list_push_back(waiting, &vcpu->link);
        }
    }
    sort(waiting);
}

static void refill(struct sched *s, uint64_t now)
{
    struct list waiting;

    list_init(&waiting);
    each_vcpu(s, forget, now);
    empty_queues(s);
    gather(s, &waiting);
    if (s->ops->init)
        s->ops->init(s, now);
    spin_unlock(&s->lock); /* who arrives may need it */
    while (!list_empty(&waiting)) {
        struct sched_vcpu *vcpu = sched_of_link(list_pop_front(&waiting));

        vcpu->state = SCHED_MOVING; /* a scheduler may park it as it arrives: settle() counts it */
        sched_park(s, vcpu, false, now);
        settle(s, &s->rq[vcpu->pcpu], vcpu, now);
    }
    spin_lock(&s->lock);
}

/* ---- What may stand against it ---- */

static const struct sched_parameter *param_of_slot(const struct sched_ops *ops, uint32_t slot)
{
    const struct sched_parameter *param = ops->params;

    while (param->name && !(param->per_vm && param->slot == slot))
        param++;
    return param;
}

/* The VM's values are such as the scheduler can serve. */
static bool check(const struct sched_ops *ops, const struct sched_vm *vm, char *why, size_t why_size)
{
    uint64_t most;
    uint32_t vcpus = vm->vcpus ? vm->vcpus
                               : UINT32_MAX; /* not known before it is started: as many as you like */
    int slot = ops->check ? ops->check(vm->values[sched_index(ops)], vcpus, &most) : -1;

    if (slot < 0)
        return true;
    format(why, why_size, "%s: %s of VM %u is %llu, and may be at most %llu", ops->name,
           param_of_slot(ops, (uint32_t)slot)->name, vm->id,
           (unsigned long long)vm->values[sched_index(ops)][slot], (unsigned long long)most);
    return false;
}

static bool check_all(struct sched *s, const struct sched_ops *ops, char *why, size_t why_size)
{
    struct list *link;
    struct sched_vm *vm;

    for_each_vm(vm, link, s) if (!check(ops, vm, why, why_size)) return false;
    return true;
}

/* Takes the new scheduler for the old one, whose queues still stand, if everybody finds a place. */
static bool take_over(struct sched *s, const struct sched_ops *ops, char *why, size_t why_size)
{
    const struct sched_ops *old = s->ops;

    if (!check_all(s, ops, why, why_size))
        return false;
    each_vcpu(s, note_plan, 0);
    set_ops(s, ops);
    if (find_places(s))
        return true;
    set_ops(s, old);
    take_back_places(s);
    format(why, why_size, "%s: not every VCPU finds a pCPU that has room for it; %s goes on", ops->name,
           old->name);
    return false;
}

static bool is_in_place(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    (void)s, (void)now;
    return vcpu->state != SCHED_MOVING;
}

/* Locks all when nobody is on his way from one queue to another: who is has chosen where he goes, and it might be
 * where a sibling runs that a new scheduler wants apart. All that he waits for is a lock. */
static void lock_all_in_place(struct sched *s)
{
    uint32_t turns = 0;

    for (lock_all(s); !each_vcpu(s, is_in_place, 0); lock_all(s)) {
        unlock_all(s);
        spin_wait();
        if (++turns == SPIN_BOUND / SPIN_PATIENCE)
            spin_stuck(&s->lock);
    }
}

bool sched_change(struct sched *s, const struct sched_ops *ops, uint64_t now, char *why, size_t why_size)
{
    bool changed;

    lock_all_in_place(s);
    changed = take_over(s, ops, why, why_size);
    if (changed) {
        refill(s, now);
        ask_all(s);
    }
    unlock_all(s);
    return changed;
}

/* ---- Parameters ---- */

/* Sets it in the row of every scheduler that has it, and keeps the old values; or puts those back. */
static void set_rows(uint64_t values[SCHED_KINDS][SCHED_PARAMS], const struct sched_parameter *param,
                     uint64_t value, const uint64_t *back, uint64_t *old)
{
    for (uint32_t i = 0; sched_all[i]; i++) {
        const struct sched_parameter *its = sched_param_find(sched_all[i], param->name, param->per_vm);

        if (!its)
            continue;
        if (old)
            old[i] = values[i][its->slot];
        values[i][its->slot] = back ? back[i] : value;
    }
}

/* Every scheduler can serve the VM with its values, the one in force with everybody where he is. */
static bool is_legal(struct sched *s, const struct sched_vm *vm, char *why, size_t why_size)
{
    for (uint32_t i = 0; vm && sched_all[i]; i++)
        if (!check(sched_all[i], vm, why, why_size))
            return false;
    close_books(s);
    if (each_vcpu(s, take_back_place, 0))
        return true;
    format(why, why_size, "%s: a pCPU has no room for that", s->ops->name);
    return false;
}

bool sched_set(struct sched *s, struct sched_vm *vm, const struct sched_parameter *param, uint64_t value,
               uint64_t now, char *why, size_t why_size)
{
    uint64_t(*values)[SCHED_PARAMS] = vm ? vm->values : s->values;
    uint64_t old[SCHED_KINDS] = {0};
    bool legal;

    lock_all(s);
    each_vcpu(s, note_plan, 0);
    set_rows(values, param, value, NULL, old);
    legal = is_legal(s, vm, why, why_size);
    if (!legal) {
        set_rows(values, param, 0, old, NULL);
        take_back_places(s);
    } else if (s->ops->changed && (!vm || vm->vcpus)) {
        s->ops->changed(s, vm, now);
    }
    ask_all(s);
    unlock_all(s);
    return legal;
}
