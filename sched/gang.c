/* SPDX-License-Identifier: MIT */
/*
 * Gang scheduling, or strict co-scheduling: of a VM either all VCPUs that are runnable run, or none. Each sibling has a
 * pCPU of its own and stays there (.apart).
 *
 * Time goes by in slots. A slot belongs to the VM whose turn it is, and to all that fit beside it, in the order of
 * their turns: a VM fits when no pCPU of its VCPUs is taken, whether they are runnable or not. Who has had a slot
 * is last in that order, so of M VMs that collide each has one slot in M. When the slot ends all pCPUs are asked
 * at once.
 *
 * A pCPU of the slot runs the sibling that lives there, or idles until that one wakes: this scheduler is not
 * work-conserving, that is its price. Only a VM of which nobody is runnable any more loses its pCPUs before the slot
 * ends, to who waits there and fits; if no other VM was in the slot, the next slot begins. And who wakes and fits may
 * join. To join late is no turn, unless half of the slot is left. While nobody waits for it the next slot is not begun,
 * and nobody is interrupted; who comes to wait then does so until it would have begun.
 *
 * All that spans queues, and the queues' lists, is under s->lock.
 */
#include "lib/printf.h"
#include "sched/sched.h"

/* A VM of which somebody is runnable is in s->turns, or has its turn. */
#define SLOT(s)       ((s)->param[0])
#define GANGS(s)      ((s)->priv[0])    /* VMs in the slot; 0: there is no slot */
#define BEGAN(s)      ((s)->priv[1])    /* ns: when the slot did */
#define RUNNABLE(vm)  ((vm)->priv[0])   /* how many of its VCPUs are */
#define IN_SLOT(vm)   ((vm)->priv[1])   /* its VCPUs' pCPUs are its own */
#define COUNTED(vcpu) ((vcpu)->priv[0]) /* among the runnable ones */
#define HOLDER(rq)    ((rq)->priv[0])   /* the VCPU (its address) whose pCPU this is in the slot, or 0 */
#define LAST(rq)      ((rq)->priv[1])   /* next_slot's: and whose it was in the slot before */

static struct sched_vcpu *holder(const struct sched_rq *rq)
{
    return (struct sched_vcpu *)(uintptr_t)HOLDER(rq);
}

static struct sched_vcpu *sibling_of(struct list *link)
{
    return container_of(link, struct sched_vcpu, sibling);
}

static struct sched_rq *home_of(const struct sched *s, const struct sched_vcpu *vcpu)
{
    return &s->rq[__atomic_load_n(&vcpu->pcpu, __ATOMIC_RELAXED)];
}

static void set_due(struct sched *s, uint64_t due)
{
    __atomic_store_n(&s->due, due, __ATOMIC_RELAXED);
}

/* ---- Slots; all under s->lock ---- */

static bool fits(const struct sched *s, struct sched_vm *vm)
{
    struct list *link;

    list_for_each (link, &vm->members) {
        sched_touch();
        if (HOLDER(home_of(s, sibling_of(link))))
            return false;
    }
    return true;
}

/* Gives it its pCPUs, and returns how many those are. */
static uint32_t admit(struct sched *s, struct sched_vm *vm)
{
    struct list *link;

    IN_SLOT(vm) = true;
    GANGS(s)++;
    list_for_each (link, &vm->members) {
        sched_touch();
        HOLDER(home_of(s, sibling_of(link))) = (uintptr_t)sibling_of(link);
    }
    return vm->vcpus;
}

/* Who had it, and did not only join late, waits behind all others for the next one. */
static void end_turn(struct sched *s, struct sched_vm *vm)
{
    IN_SLOT(vm) = false;
    if (list_empty(&vm->turn))
        list_push_back(&s->turns, &vm->turn);
}

static void clear_slot(struct sched *s)
{
    for (uint32_t i = 0; i < s->pcpus; i++) {
        struct sched_rq *rq = &s->rq[i];

        if (HOLDER(rq) && IN_SLOT(holder(rq)->vm))
            end_turn(s, holder(rq)->vm);
        LAST(rq) = HOLDER(rq);
        HOLDER(rq) = 0;
    }
    GANGS(s) = 0;
}

static void fill_slot(struct sched *s)
{
    struct list *link, *after;
    uint32_t free = s->pcpus;

    list_for_each_safe (link, after, &s->turns) {
        struct sched_vm *vm = container_of(link, struct sched_vm, turn);

        if (fits(s, vm)) {
            free -= admit(s, vm);
            list_remove(&vm->turn);
        }
        if (free == 0)
            return;
    }
}

static void next_slot(struct sched *s, uint64_t now)
{
    clear_slot(s);
    fill_slot(s);
    BEGAN(s) = now;
    set_due(s, list_empty(&s->turns) ? SCHED_FOREVER : now + SLOT(s));
    for (uint32_t i = 0; i < s->pcpus; i++)
        if (HOLDER(&s->rq[i]) != LAST(&s->rq[i]))
            sched_ask(s, i);
}

/* Somebody waits who does not fit: the slot, if it has no end, ends when it would have. */
static void end_slot(struct sched *s, uint64_t now)
{
    if (s->due != SCHED_FOREVER)
        return;
    set_due(s, now + SLOT(s) - (now - BEGAN(s)) % SLOT(s));
    for (uint32_t i = 0; i < s->pcpus; i++)
        if (HOLDER(&s->rq[i]))
            sched_ask(s, i);
}

/* vm, which fits, is in the slot from now on. */
static void join(struct sched *s, struct sched_vm *vm, uint64_t now)
{
    struct list *link;

    admit(s, vm);
    if (s->due >= now + SLOT(s) / 2)
        list_remove(&vm->turn);
    list_for_each (link, &vm->members)
        if (COUNTED(sibling_of(link)))
            sched_ask(s, home_of(s, sibling_of(link))->pcpu);
}

/* The gang of the first of those who wait there that fits may join. Nobody else is looked at, so that this costs no
 * more than the queue is long: a gang that only a blocked sibling kept from fitting waits for the next slot. */
static void offer(struct sched *s, struct sched_rq *rq, uint64_t now)
{
    struct list *link;

    list_for_each (link, &rq->queue) {
        struct sched_vm *vm = sched_of_link(link)->vm;

        if (!IN_SLOT(vm) && fits(s, vm)) {
            join(s, vm, now);
            return;
        }
    }
}

/* A sibling that came after the slot began may live on a pCPU of another gang. */
static void let_go(struct sched_rq *rq, const struct sched_vcpu *vcpu)
{
    if (holder(rq) == vcpu)
        HOLDER(rq) = 0;
}

/* Nobody of vm, which is in the slot, is runnable any more. */
static void leave(struct sched *s, struct sched_vm *vm, uint64_t now)
{
    struct list *link;

    IN_SLOT(vm) = false;
    GANGS(s)--;
    list_for_each (link, &vm->members)
        let_go(home_of(s, sibling_of(link)), sibling_of(link));
    if (GANGS(s) == 0) {
        next_slot(s, now);
        return;
    }
    list_for_each (link, &vm->members)
        offer(s, home_of(s, sibling_of(link)), now);
}

/* vcpu, whose VM was in the slot before it was runnable, may have come after the slot began: if its pCPU is
 * taken, everybody begins anew. */
static void catch_up(struct sched *s, struct sched_vcpu *vcpu, uint64_t now)
{
    struct sched_rq *rq = home_of(s, vcpu);

    if (!HOLDER(rq))
        HOLDER(rq) = (uintptr_t)vcpu;
    else if (holder(rq) != vcpu)
        next_slot(s, now);
}

static void count(struct sched *s, struct sched_vcpu *vcpu)
{
    COUNTED(vcpu) = true;
    if (RUNNABLE(vcpu->vm)++ == 0)
        list_push_back(&s->turns, &vcpu->vm->turn);
}

/* ---- The contract ---- */

static void gang_init(struct sched *s, uint64_t now)
{
    for (uint32_t i = 0; i < s->pcpus; i++) {
        if (s->rq[i].current) {
            count(s, s->rq[i].current);
            set_due(s, now);
        }
    }
}

static void gang_changed(struct sched *s, struct sched_vm *vm, uint64_t now)
{
    (void)vm;
    if (s->due != SCHED_FOREVER && s->due > now + SLOT(s))
        set_due(s, now + SLOT(s));
}

static void gang_remove(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu)
{
    spin_lock(&s->lock);
    let_go(rq, vcpu);
    spin_unlock(&s->lock);
}

static bool gang_wake(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    struct sched_vm *vm = vcpu->vm;
    bool may_run;

    spin_lock(&s->lock);
    list_push_back(&rq->queue, &vcpu->link);
    count(s, vcpu);
    if (GANGS(s) == 0)
        next_slot(s, now);
    else if (IN_SLOT(vm))
        catch_up(s, vcpu, now);
    else if (fits(s, vm))
        join(s, vm, now);
    else
        end_slot(s, now);
    may_run = holder(rq) == vcpu;
    spin_unlock(&s->lock);
    return may_run;
}

static void gang_block(struct sched *s, struct sched_rq *rq, struct sched_vcpu *vcpu, uint64_t now)
{
    struct sched_vm *vm = vcpu->vm;

    (void)rq;
    spin_lock(&s->lock);
    COUNTED(vcpu) = false;
    if (--RUNNABLE(vm) == 0) {
        list_remove(&vm->turn);
        if (IN_SLOT(vm))
            leave(s, vm, now);
    }
    spin_unlock(&s->lock);
}

static struct sched_vcpu *gang_pick(struct sched *s, struct sched_rq *rq, struct sched_vcpu *current,
                                    uint64_t now, uint64_t *slice)
{
    struct sched_vcpu *next;

    spin_lock(&s->lock);
    next = holder(rq);
    if (next && !COUNTED(next))
        next = NULL;
    if (next != current) {
        if (next)
            list_remove(&next->link);
        if (current)
            list_push_back(&rq->queue, &current->link);
    }
    if (!next || s->due == SCHED_FOREVER)
        *slice = SCHED_FOREVER;
    else
        *slice = s->due > now ? s->due - now : 1;
    spin_unlock(&s->lock);
    return next;
}

static void gang_dump(const struct sched *s, const struct sched_vcpu *vcpu, char *text, size_t size)
{
    const struct sched_vm *vm = vcpu->vm;

    if (IN_SLOT(vm) && s->due == SCHED_FOREVER)
        format(text, size, "its gang of %u has the slot, for which nobody waits", vm->vcpus);
    else if (IN_SLOT(vm))
        format(text, size, "its gang of %u has the slot until %llu us", vm->vcpus,
               (unsigned long long)s->due / 1000);
    else
        format(text, size, "its gang of %u, %llu of them runnable, has no slot", vm->vcpus,
               (unsigned long long)RUNNABLE(vm));
}

static const struct sched_parameter gang_params[] = {
    {
        .name = "slot",
        .what = "how long gangs run before the next ones' turn",
        .kind = SCHED_PARAM_TIME,
        .slot = 0,
        .min = 100000,
        .max = 10000000000,
        .initial = 30000000,
    },
    {.name = NULL},
};

const struct sched_ops sched_gang = {
    .name = "gang",
    .what = "strict co-scheduling: all runnable VCPUs of a VM run, or none",
    .params = gang_params,
    .apart = true,
    .init = gang_init,
    .changed = gang_changed,
    .remove = gang_remove,
    .tick = next_slot,
    .wake = gang_wake,
    .arrive = gang_wake,
    .block = gang_block,
    .pick = gang_pick,
    .dump = gang_dump,
};
