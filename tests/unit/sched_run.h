/* SPDX-License-Identifier: MIT */
/*
 * VCPUs that compute and block, over simulated time, as the hypervisor would have it: a pCPU is asked when its
 * slice ends, when its VCPU blocks, and when the frame says so; run time is exact; timers fire at ticks of the
 * clock, and switching takes `overhead`, which is nobody's run time.
 */
#ifndef TESTS_UNIT_SCHED_RUN_H
#define TESTS_UNIT_SCHED_RUN_H

#include "tests/unit/sched_help.h"

#define NEVER UINT64_MAX
#define TICK  UINT64_C(100) /* ns, of the clock */

static uint64_t now, seed, overhead;
static uint32_t count; /* of VCPUs */

/* What is known of a VCPU; the scheduler's part is in vcpus[]. */
static struct life {
    uint64_t burst; /* ns it still wants to run before it blocks */
    uint64_t wakes; /* when it wakes, while BLOCKED */
    uint64_t ran;   /* ns */
} lives[MAX_VCPUS];

static struct {
    uint64_t since; /* up to when its VCPU's run time is counted */
    uint64_t ends;  /* its slice */
} pcpus[MAX_PCPUS];

/* How long VCPU i runs when it has woken, and sleeps when it has blocked, ns; NULL: it spins. */
static uint64_t (*burst_of)(uint32_t i), (*sleep_of)(uint32_t i);
/* VCPU i has run in that time. NULL: nobody wants to know. */
static void (*on_run)(uint32_t i, uint64_t from, uint64_t to);
/* Everybody has been asked for this time. */
static void (*on_step)(void);

static inline uint64_t random_below(uint64_t limit)
{
    return test_random(&seed) % limit;
}

static inline uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What pCPU `pcpu` has run its VCPU for since it was last said. */
static inline uint64_t count_run(uint32_t pcpu)
{
    struct sched_vcpu *vcpu = queues[pcpu].current;
    uint64_t from = pcpus[pcpu].since, ran = vcpu && now > from ? now - from : 0;

    pcpus[pcpu].since = now > from ? now : from;
    if (ran == 0)
        return 0;
    lives[vcpu - vcpus].ran += ran;
    lives[vcpu - vcpus].burst -= least(ran, lives[vcpu - vcpus].burst);
    if (on_run)
        on_run((uint32_t)(vcpu - vcpus), from, now);
    return ran;
}

static inline void ask(uint32_t pcpu)
{
    struct sched_decision decision;

    sched_pick(&sched, pcpu, count_run(pcpu), now, &decision);
    assert_ptr_equal(queues[pcpu].current, decision.vcpu);
    assert_true(decision.slice > 0);
    assert_false(decision.vcpu && decision.vcpu->parked);
    pcpus[pcpu].since = now + overhead;
    pcpus[pcpu].ends = decision.slice == SCHED_FOREVER ? NEVER
                                                       : (now + decision.slice + TICK - 1) / TICK * TICK;
}

static inline void ask_whom_must(void)
{
    for (uint32_t pcpu = sched_next_ask(&sched); pcpu != SCHED_NO_PCPU; pcpu = sched_next_ask(&sched))
        ask(pcpu);
}

/* VCPU i has something to do. */
static inline void wake_up(uint32_t i)
{
    lives[i].burst = burst_of ? burst_of(i) : NEVER / 2;
    lives[i].wakes = NEVER;
    sched_wake(&sched, &vcpus[i], now);
    ask_whom_must();
}

static inline void block_current(uint32_t pcpu)
{
    uint32_t i = (uint32_t)(queues[pcpu].current - vcpus);

    lives[i].wakes = now + sleep_of(i);
    sched_block(&sched, pcpu, count_run(pcpu), now);
    ask(pcpu);
    ask_whom_must();
}

static inline uint64_t burst_end(uint32_t pcpu)
{
    return queues[pcpu].current ? pcpus[pcpu].since + lives[queues[pcpu].current - vcpus].burst : NEVER;
}

static inline uint64_t next_time(void)
{
    uint64_t next = NEVER;

    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++)
        next = least(next, least(pcpus[pcpu].ends, burst_end(pcpu)));
    for (uint32_t i = 0; i < count; i++)
        if (vcpus[i].state == SCHED_BLOCKED)
            next = least(next, lives[i].wakes);
    return next > now ? next : now;
}

static inline void step(void)
{
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++) {
        if (burst_end(pcpu) <= now)
            block_current(pcpu);
        else if (pcpus[pcpu].ends <= now)
            ask(pcpu);
        ask_whom_must();
    }
    for (uint32_t i = 0; i < count; i++)
        if (vcpus[i].state == SCHED_BLOCKED && lives[i].wakes <= now)
            wake_up(i);
    assert_consistent(count);
    if (on_step)
        on_step();
}

/* Up to `end`, when what everybody has run is counted. */
static inline void run_until(uint64_t end)
{
    for (uint64_t next = next_time(); next < end; next = next_time()) {
        now = next;
        step();
    }
    now = end;
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++)
        ask(pcpu);
    ask_whom_must();
}

/* A machine at time 0 without VCPUs. */
static inline void begin_run(const struct sched_ops *ops, uint32_t number_of_pcpus)
{
    begin(ops, number_of_pcpus);
    now = overhead = 0;
    count = 0;
    burst_of = sleep_of = NULL;
    on_run = NULL;
    on_step = NULL;
    for (uint32_t pcpu = 0; pcpu < number_of_pcpus; pcpu++) {
        pcpus[pcpu].since = 0;
        ask(pcpu);
    }
}

/* A parameter of VM i, before its VCPU is added. */
static inline void give(uint32_t i, const char *name, uint64_t value)
{
    const struct sched_parameter *param = sched_param_find(sched.ops, name, true);

    assert_non_null(param);
    vms[i].values[sched_index(sched.ops)][param->slot] = value;
}

/* VM `count`, whose parameters are the initial ones. */
static inline uint32_t new_vm(void)
{
    uint32_t i = count++;

    sched_vm_init(&vms[i], i);
    lives[i] = (struct life){.wakes = NEVER};
    return i;
}

/* Its VCPU, BLOCKED. False: refused. */
static inline bool new_vcpu(uint32_t i, uint64_t affinity)
{
    vcpus[i] = (struct sched_vcpu){.vm = &vms[i], .affinity = {{affinity}}};
    return sched_add(&sched, &vcpus[i], now);
}

/* Everybody, in order. */
static inline void wake_all(void)
{
    for (uint32_t i = 0; i < count; i++)
        wake_up(i);
}

/* At this time, after who ran has run, pCPU 0 runs that one (NULL: nobody) for so long. */
static inline void assert_runs(uint64_t time, const struct sched_vcpu *vcpu, uint64_t slice)
{
    now = time;
    ask(0);
    ask_whom_must();
    assert_ptr_equal(queues[0].current, vcpu);
    assert_true(pcpus[0].ends == (slice == NEVER ? NEVER : (now + slice + TICK - 1) / TICK * TICK));
}

/* At this time who runs on pCPU 0 blocks, for good. */
static inline void block_at(uint64_t time)
{
    now = time;
    sched_block(&sched, 0, count_run(0), now);
    ask(0);
}

#endif
