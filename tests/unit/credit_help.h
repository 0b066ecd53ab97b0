/* SPDX-License-Identifier: MIT */
/*
 * Machines under the credit scheduler, and a loop that drives them: VCPUs run in bursts and sleep, pCPUs are asked
 * when a slice ends and when the scheduler says so. Of what happens at the same time, blocking comes first, then the
 * ends of slices, then waking.
 */
#ifndef TESTS_UNIT_CREDIT_HELP_H
#define TESTS_UNIT_CREDIT_HELP_H

#include "tests/unit/sched_help.h"

#include <string.h>

#include "sched/credit.h"

#define NEVER UINT64_MAX
#define US    UINT64_C(1000)

static uint64_t now;

static struct load {
    uint64_t burst; /* ns it still wants to run before it sleeps */
    uint64_t wakes; /* when it wakes, while it is BLOCKED */
} loads[MAX_VCPUS];

static struct {
    uint64_t since;     /* when its current VCPU was last charged */
    uint64_t slice_end; /* NEVER: none */
} machine[MAX_PCPUS];

/* Who has run his burst has blocked: sets loads[vcpu] anew. */
static void (*sleep_hook)(uint32_t vcpu);

static inline int64_t credit(uint32_t vcpu)
{
    return credit_of((int64_t)BALANCE(&vcpus[vcpu]));
}

static inline void set_credit(uint32_t vcpu, int64_t credits)
{
    BALANCE(&vcpus[vcpu]) = (uint64_t)(credits * CREDIT_NS);
}

static inline void set_top(const char *name, uint64_t value)
{
    char why[100];

    assert_true(
        sched_set(&sched, NULL, sched_param_find(&sched_credit, name, false), value, now, why, sizeof(why)));
    while (sched_next_ask(&sched) != SCHED_NO_PCPU)
        ;
}

static inline void set_vm(uint32_t vm, const char *name, uint64_t value)
{
    char why[100];

    assert_true(sched_set(&sched, &vms[vm], sched_param_find(&sched_credit, name, true), value, now, why,
                          sizeof(why)));
    while (sched_next_ask(&sched) != SCHED_NO_PCPU)
        ;
}

/* As many VCPUs, each of a VM of its own, BLOCKED, VCPU i at home on pCPU i mod pcpus and free to run anywhere. */
static inline void set_up_credit(uint32_t pcpus, uint32_t count)
{
    now = 0;
    sleep_hook = NULL;
    begin(&sched_credit, pcpus);
    for (uint32_t i = 0; i < MAX_PCPUS; i++) {
        machine[i].since = 0;
        machine[i].slice_end = NEVER;
    }
    for (uint32_t i = 0; i < count; i++) {
        loads[i].burst = NEVER;
        loads[i].wakes = NEVER;
        add_at(i, i % pcpus, bit_mask(pcpus));
    }
    for (uint32_t i = count; i < MAX_VCPUS; i++)
        vcpus[i].state = SCHED_OUT;
}

/* What the current VCPU of the pCPU has run and was not charged for yet. */
static inline uint64_t uncharged(uint32_t pcpu)
{
    struct sched_vcpu *current = queues[pcpu].current;
    uint64_t ran = current ? now - machine[pcpu].since : 0;

    machine[pcpu].since = now;
    if (current && loads[current - vcpus].burst != NEVER)
        loads[current - vcpus].burst -= ran;
    return ran;
}

static inline struct sched_vcpu *pick_now(uint32_t pcpu)
{
    struct sched_decision decision;

    sched_pick(&sched, pcpu, uncharged(pcpu), now, &decision);
    assert_true(decision.slice > 0);
    machine[pcpu].slice_end = decision.slice == SCHED_FOREVER ? NEVER : now + decision.slice;
    return decision.vcpu;
}

static inline void serve_asks(void)
{
    uint32_t pcpu;

    while ((pcpu = sched_next_ask(&sched)) != SCHED_NO_PCPU)
        pick_now(pcpu);
}

/* Without anybody being asked yet. */
static inline void wake_only(uint32_t vcpu)
{
    loads[vcpu].wakes = NEVER;
    sched_wake(&sched, &vcpus[vcpu], now);
}

static inline void wake_now(uint32_t vcpu)
{
    wake_only(vcpu);
    serve_asks();
}

static inline void block_now(uint32_t pcpu)
{
    sched_block(&sched, pcpu, uncharged(pcpu), now);
    pick_now(pcpu);
    serve_asks();
}

static inline void yield_now(uint32_t pcpu)
{
    sched_give_way(&sched, pcpu, uncharged(pcpu), now);
    pick_now(pcpu);
    serve_asks();
}

static inline uint64_t burst_end(uint32_t pcpu)
{
    struct sched_vcpu *current = queues[pcpu].current;

    if (!current || loads[current - vcpus].burst == NEVER)
        return NEVER;
    return machine[pcpu].since + loads[current - vcpus].burst;
}

static inline uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t next_event(void)
{
    uint64_t next = NEVER;

    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++)
        next = least_of(next, least_of(machine[pcpu].slice_end, burst_end(pcpu)));
    for (uint32_t i = 0; i < MAX_VCPUS; i++)
        if (vcpus[i].state == SCHED_BLOCKED)
            next = least_of(next, loads[i].wakes);
    return next;
}

static inline void happen(void)
{
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++) {
        if (burst_end(pcpu) == now) {
            uint32_t vcpu = (uint32_t)(queues[pcpu].current - vcpus);

            sched_block(&sched, pcpu, uncharged(pcpu), now);
            sleep_hook(vcpu);
            pick_now(pcpu);
            serve_asks();
        }
    }
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++) {
        if (machine[pcpu].slice_end <= now) {
            pick_now(pcpu);
            serve_asks();
        }
    }
    for (uint32_t i = 0; i < MAX_VCPUS; i++)
        if (vcpus[i].state == SCHED_BLOCKED && loads[i].wakes <= now)
            wake_now(i);
}

/* Everything that happens before `end`, and up to then nobody is charged for what has run since. */
static inline void run_before(uint64_t end)
{
    while (next_event() < end) {
        now = next_event();
        happen();
    }
    now = end;
}

/* Everything that happens until `end`; whoever runs then is charged by a pick of its pCPU. */
static inline void run_until(uint64_t end)
{
    run_before(end + 1);
    now = end;
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++)
        pick_now(pcpu);
    serve_asks();
}

/* VCPUs 0 to count - 1 wake in this order, and nobody is asked before all have. */
static inline void wake_all(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        wake_only(i);
    serve_asks();
}

/* ---- Situations ---- */

#define TURN (30 * MS)

/* No accounting and no BOOST, unless a test wants them. */
static inline void set_up_still(uint32_t pcpus, uint32_t count)
{
    set_up_credit(pcpus, count);
    set_top("boost", 0);
    sched.due = NEVER;
}

/* The same with BOOST; VCPU 0, which has none any more, runs on pCPU 0, and it is 15 ms. */
static inline void set_up_hog(uint32_t pcpus, uint32_t count)
{
    set_up_still(pcpus, count);
    wake_now(0);
    now = 10 * MS;
    pick_now(0);
    now = 15 * MS;
    set_top("boost", 1);
}

/* pCPU 0 is asked at that time: it runs that VCPU, and wants to be asked again after `slice`. */
static inline void check_pick(uint64_t at, uint32_t vcpu, uint64_t slice)
{
    now = at;
    assert_ptr_equal(pick_now(0), &vcpus[vcpu]);
    assert_true(machine[0].slice_end == now + slice);
}

static inline void check_runs(uint32_t pcpu, uint32_t vcpu)
{
    assert_ptr_equal(queues[pcpu].current, &vcpus[vcpu]);
}

/* As if an accounting had found it in debt, or not. */
static inline void judge(uint32_t vcpu, bool over)
{
    IS_OVER(&vcpus[vcpu]) = over;
    VERDICTS(&sched)++;
}

/* Those who wait on pCPU 0 run in this order, each until it blocks. */
static inline void check_order(const uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        block_now(0);
        check_runs(0, order[i]);
    }
}

/* `count` VCPUs, `each` a VM, on `pcpus` pCPUs. */
static inline void set_up_siblings(uint32_t pcpus, uint32_t count, uint32_t each)
{
    set_up_credit(pcpus, 0);
    for (uint32_t i = 0; i < count; i++) {
        if (i % each == 0)
            sched_vm_init(&vms[i / each], i / each);
        vcpus[i] = (struct sched_vcpu){.vm = &vms[i / each], .id = i % each, .affinity = {{BIT(i % pcpus)}}};
        assert_true(sched_add(&sched, &vcpus[i], 0));
        vcpus[i].affinity.word[0] = bit_mask(pcpus);
        loads[i] = (struct load){.burst = NEVER, .wakes = NEVER};
    }
}

#endif
