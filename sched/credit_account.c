/* SPDX-License-Identifier: MIT */
/*
 * The accounting of the credit scheduler: every period, 300 credits for each pCPU are shared among the VMs that
 * have active VCPUs.
 *
 * A VM's share is to that of all as its weight times its active VCPUs. It takes no more than 300 credits for each
 * of them, or than its cap; what it leaves is shared among those who come after it. So that it is not lost if nobody
 * does, who has left something comes first the next time: who left of its own share, then who left only of what others
 * had left to it. All shares are rounded up.
 *
 * What comes of it is written down at the VCPU, in words of their own: its pCPU reads them when it
 * next picks. A VCPU that is far enough ahead leaves the active ones: a sleeper stops earning.
 */
#include "sched/credit.h"

enum credit_left { NOTHING, OF_OTHERS, OF_ITS_OWN };

struct round {
    uint64_t credits; /* to be shared: 300 for each pCPU, and what was passed on */
    uint64_t weight;  /* of all active VCPUs, */
    uint64_t left;    /* of those among them whose turn has not come */
};

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return (a + b - 1) / b;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The pCPUs are to follow what has been written down at their VCPUs. */
static void announce(struct sched *s)
{
    __atomic_store_n(&VERDICTS(s), VERDICTS(s) + 1, __ATOMIC_RELEASE);
}

static void set_out(struct sched *s, struct sched_vcpu *vcpu, bool out)
{
    if (credit_load(&IS_OUT(vcpu)) == out)
        return;
    credit_store(&IS_OUT(vcpu), out);
    announce(s); /* before its pCPU looks */
    sched_ask(s, __atomic_load_n(&vcpu->pcpu, __ATOMIC_RELAXED));
}

/* BEGIN SOLUTION 6.judge */
/* credit < 0. cap: as for pay. */
static void judge_debtor(struct sched *s, struct sched_vcpu *vcpu, int64_t credit, int64_t cap)
{
    credit_store(&IS_OVER(vcpu), true);
    if (credit < -cap)
        set_out(s, vcpu, cap != 0);
    if (credit < -CREDITS(s))
        credit_add_ns(vcpu, (-CREDITS(s) - credit) * CREDIT_NS);
}

/* credit >= 0. */
static void judge_saver(struct sched *s, struct sched_vcpu *vcpu, int64_t credit)
{
    credit_store(&IS_OVER(vcpu), false);
    set_out(s, vcpu, false);
    if (credit > CREDITS(s)) {
        credit_store(&IS_ACTIVE(vcpu), false);
        credit_add_ns(vcpu, (credit / 2 - credit) * CREDIT_NS);
    }
}
/* END SOLUTION */

/* `cap`: how many credits of debt it may have before it is parked; 0: any. */
static void pay(struct sched *s, struct sched_vcpu *vcpu, uint64_t credits, uint64_t cap)
{
    int64_t credit = credit_of(credit_add_ns(vcpu, (int64_t)(credits * CREDIT_NS)));

    if (credit < 0)
        judge_debtor(s, vcpu, credit, (int64_t)cap);
    else
        judge_saver(s, vcpu, credit);
}

/* What the pCPUs are worth. */
static uint64_t all_credits(const struct sched *s)
{
    return s->pcpus * (uint64_t)CREDITS(s);
}

/* What the VM may take at most. */
static uint64_t limit(const struct sched *s, const struct sched_vm *vm, uint64_t cap)
{
    uint64_t most = ACTIVES(vm) * (uint64_t)CREDITS(s);

    return cap ? least(most, cap) : most;
}

/* BEGIN SOLUTION 6.share */
/* Of all its active VCPUs together. */
static uint64_t weight_of(const struct sched_vm *vm)
{
    return WEIGHT(vm) * ACTIVES(vm);
}

/* Its part of so many credits. */
static uint64_t fair_share(const struct sched_vm *vm, uint64_t credits, const struct round *round)
{
    return divide_up(credits * weight_of(vm), round->weight);
}

/* What it takes of its share; what it cannot take is passed on. */
static uint64_t take(const struct sched_vm *vm, uint64_t fair, uint64_t most, struct round *round)
{
    round->left -= weight_of(vm);
    if (fair < most)
        return fair;
    if (round->left)
        round->credits += divide_up((fair - most) * round->weight, round->left);
    return most;
}
/* END SOLUTION */

/* Its share, of what is there by now. */
static uint64_t share(struct sched *s, struct sched_vm *vm, uint64_t cap, struct round *round)
{
    uint64_t most = limit(s, vm, cap), fair = fair_share(vm, round->credits, round);
    uint64_t own = fair_share(vm, all_credits(s), round);

    LEFT(vm) = own >= most ? OF_ITS_OWN : fair >= most ? OF_OTHERS : NOTHING;
    return take(vm, fair, most, round);
}

static void pay_vm(struct sched *s, struct sched_vm *vm, struct round *round)
{
    uint64_t cap = divide_up(CAP(vm) * (uint64_t)CREDITS(s), 100);
    uint64_t each = divide_up(share(s, vm, cap, round), ACTIVES(vm));
    uint64_t cap_each = divide_up(cap, ACTIVES(vm));
    struct list *link;

    ACTIVES(vm) = 0;
    list_for_each (link, &vm->members) {
        struct sched_vcpu *vcpu = container_of(link, struct sched_vcpu, sibling);

        sched_touch();
        if (credit_load(&IS_ACTIVE(vcpu)))
            pay(s, vcpu, each, cap_each);
    }
}

static void count_actives(struct sched_vm *vm)
{
    struct list *link;

    ACTIVES(vm) = 0;
    list_for_each (link, &vm->members) {
        sched_touch();
        ACTIVES(vm) += credit_load(&IS_ACTIVE(container_of(link, struct sched_vcpu, sibling)));
    }
}

static struct sched_vm *vm_of(struct list *link)
{
    return container_of(link, struct sched_vm, link);
}

/* Those who left that the last time. */
static void pay_vms(struct sched *s, enum credit_left left, struct round *round)
{
    struct list *link;

    list_for_each (link, &s->vms)
        if (ACTIVES(vm_of(link)) && LEFT(vm_of(link)) == left)
            pay_vm(s, vm_of(link), round);
}

/* The accounting of one period. False: nobody is active. */
static bool account(struct sched *s)
{
    struct round round = {.credits = all_credits(s)};
    struct list *link;

    list_for_each (link, &s->vms) {
        count_actives(vm_of(link));
        round.weight += weight_of(vm_of(link));
    }
    round.left = round.weight;
    pay_vms(s, OF_ITS_OWN, &round);
    pay_vms(s, OF_OTHERS, &round); /* who has been paid has no ACTIVES any more, whatever it has left now */
    pay_vms(s, NOTHING, &round);
    return round.weight != 0;
}

/*
 * While all pCPUs idle nobody asks, and periods are missed. They are made up for, but for so many that nothing
 * changes any more: each gives a credit or more to every active VCPU, the floor is 300 below and the ceiling 300
 * above, so after 602 periods nobody is active.
 */
void credit_account(struct sched *s, uint64_t now)
{
    uint64_t due = s->due, most = 2 * (uint64_t)CREDITS(s) + 2;

    for (uint64_t i = 0; i < most && due <= now && account(s); i++)
        due += PERIOD(s);
    __atomic_store_n(&s->due, credit_next(now, PERIOD(s)), __ATOMIC_RELAXED);
    announce(s);
}
