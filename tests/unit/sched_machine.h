/* SPDX-License-Identifier: MIT */
/*
 * Simulated time for the machine of sched_help.h: its pCPUs run whom the scheduler names, until a slice ends,
 * somebody has run enough and blocks, or somebody wakes. Who must be asked is asked at once, at the same time.
 */
#ifndef TESTS_UNIT_SCHED_MACHINE_H
#define TESTS_UNIT_SCHED_MACHINE_H

#include "tests/unit/sched_help.h"

#define NEVER UINT64_MAX

/* What a VCPU does: it runs for `run` ns, then it sleeps for `sleep`. Lengths are at most that if `jitter`. */
struct life {
    uint64_t run, sleep;
    bool jitter;
    uint64_t stops; /* at what ->ran it will block */
    uint64_t wakes; /* when it will wake */
};

static uint64_t now, seed = 1;
static struct life lives[MAX_VCPUS];
static uint64_t slice_end[MAX_PCPUS], counted[MAX_PCPUS]; /* counted: up to when the run time is charged */
static uint32_t live;                                     /* VCPUs */
static void (*check)(void);                               /* called when nobody is left to be asked */

static inline uint64_t random_below(uint64_t limit)
{
    return test_random(&seed) % limit;
}

/* VCPU number `live` is one more of that VM, and wakes at `wakes`. False: it was refused. */
static inline bool add_life(struct sched_vm *vm, uint64_t affinity, struct life life)
{
    struct sched_vcpu *vcpu = &vcpus[live];

    *vcpu = (struct sched_vcpu){.vm = vm, .id = vm->vcpus, .affinity = {{affinity}}};
    lives[live] = life;
    return sched_add(&sched, vcpu, now) && ++live;
}

static inline struct life spinner(uint64_t wakes)
{
    return (struct life){.run = NEVER / 2, .sleep = NEVER, .wakes = wakes};
}

static inline uint64_t uncounted(uint32_t pcpu)
{
    uint64_t ran = now - counted[pcpu];

    counted[pcpu] = now;
    return queues[pcpu].current ? ran : 0;
}

static inline void ask(uint32_t pcpu)
{
    struct sched_decision decision;

    sched_pick(&sched, pcpu, uncounted(pcpu), now, &decision);
    assert_ptr_equal(queues[pcpu].current, decision.vcpu);
    assert_true(decision.slice > 0);
    slice_end[pcpu] = decision.slice == SCHED_FOREVER ? NEVER : now + decision.slice;
}

static inline void ask_those_who_must_be(void)
{
    uint32_t pcpu, asked = 0;

    while ((pcpu = sched_next_ask(&sched)) != SCHED_NO_PCPU) {
        ask(pcpu);
        assert_true(++asked < 1000);
    }
    assert_consistent(live);
    if (check)
        check();
}

static inline uint64_t length(const struct life *life, uint64_t most)
{
    return life->jitter ? 1 + random_below(most) : most;
}

static inline void wake_life(uint32_t i)
{
    lives[i].wakes = NEVER;
    lives[i].stops = vcpus[i].ran + length(&lives[i], lives[i].run);
    sched_wake(&sched, &vcpus[i], now);
    ask_those_who_must_be();
}

static inline void block_current(uint32_t pcpu)
{
    struct life *life = &lives[queues[pcpu].current - vcpus];

    life->wakes = life->sleep == NEVER ? NEVER : now + length(life, life->sleep);
    sched_block(&sched, pcpu, uncounted(pcpu), now);
    ask(pcpu);
    ask_those_who_must_be();
}

static inline uint64_t stop_time(uint32_t pcpu)
{
    struct sched_vcpu *current = queues[pcpu].current;

    return current ? counted[pcpu] + lives[current - vcpus].stops - current->ran : NEVER;
}

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When something happens next. */
static inline uint64_t next_event(void)
{
    uint64_t next = NEVER;

    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++)
        next = earlier(next, earlier(slice_end[pcpu], stop_time(pcpu)));
    for (uint32_t i = 0; i < live; i++)
        if (vcpus[i].state == SCHED_BLOCKED)
            next = earlier(next, lives[i].wakes);
    return next;
}

static inline void happen(void)
{
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++) {
        if (stop_time(pcpu) <= now) {
            block_current(pcpu);
        } else if (slice_end[pcpu] <= now) {
            ask(pcpu);
            ask_those_who_must_be();
        }
    }
    for (uint32_t i = 0; i < live; i++)
        if (vcpus[i].state == SCHED_BLOCKED && lives[i].wakes <= now)
            wake_life(i);
}

/* Everybody's run time is exact up to `end` when this returns, as all pCPUs are asked then. */
static inline void run_until(uint64_t end)
{
    for (uint64_t next; (next = next_event()) <= end;) {
        now = next;
        happen();
    }
    now = end;
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++)
        ask(pcpu);
    ask_those_who_must_be();
}

static inline void begin_machine(const struct sched_ops *ops, const struct sched_topology *topology)
{
    sched_init(&sched, ops, NULL, queues, topology);
    now = 0;
    live = 0;
    check = NULL;
    for (uint32_t pcpu = 0; pcpu < sched.pcpus; pcpu++) {
        counted[pcpu] = 0;
        slice_end[pcpu] = NEVER;
        ask(pcpu);
    }
}

#endif
