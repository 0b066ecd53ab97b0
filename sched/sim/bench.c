/* SPDX-License-Identifier: MIT */
/*
 * What a decision costs: sched-bench [SCHEDULER ...]
 *
 * VCPUs that run, block now and then and wake, under each scheduler: with 16 of them a pCPU, and all of them on one
 * pCPU. Prints a list of rows as JSON: of each decision (sched_pick, and the sched_block and sched_wake that come
 * with it) the median of the time on this machine, and the mean of the nodes of queues that were looked at, which is
 * the same in every run. What the scheduler does for all VCPUs at its ticks is given apart, as nodes a VCPU and tick.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/spinlock.h"
#include "sched/sched.h"
#include "sched/sim/events.h"
#include "sched/sim/host.h"

#define VCPUS_A_PCPU 16
#define VM_VCPUS     4        /* at most: some schedulers want a pCPU for each sibling */
#define LONGEST_RUN  30000000 /* ns */
#define LONGEST_WAIT 20000000
#define BLOCKS       8      /* one run of so many ends so */
#define RESERVED     100000 /* of twice what it takes to have as much for all of a pCPU */
#define DECISIONS    20000  /* at least, and */
#define TURNS        2      /* of each VCPU */

struct vcpu {
    struct sched_vcpu sched;
    struct event wake;
};

struct pcpu {
    struct event event; /* the end of what runs */
    uint64_t came;
    bool blocks; /* it ends by blocking */
    uint32_t id;
};

struct world {
    struct sched sched;
    struct sched_rq *rq;
    struct sched_vm *vm;
    struct vcpu *vcpu;
    struct pcpu *pcpu;
    struct event_queue events;
    uint64_t now, random;
    uint64_t decisions, worst; /* worst: nodes touched by one decision */
    uint64_t spent;            /* ns in the scheduler since the last decision, */
    uint32_t *took;            /* and up to each of the first that count, */
    uint64_t most;             /* at most so many; 0: none counts yet */
    uint64_t ticks, tick_touches;
};

uint64_t sched_touched;
static struct world world;

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    host_must(false, "a scheduler takes a lock that it has");
}

static uint64_t clock_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* From 1 to `most`. */
static uint64_t chance(uint64_t most)
{
    world.random = world.random * 6364136223846793005 + 1442695040888963407;
    return 1 + (world.random >> 33) % most;
}

/* ---- What happens ---- */

static void wake_due(struct event *event)
{
    struct vcpu *v = container_of(event, struct vcpu, wake);
    uint64_t began = clock_ns();

    sched_wake(&world.sched, &v->sched, world.now);
    world.spent += clock_ns() - began;
}

static void begin_run(struct pcpu *p, const struct sched_decision *decision)
{
    uint64_t run = decision->slice < LONGEST_RUN ? decision->slice : LONGEST_RUN;

    p->came = world.now;
    p->blocks = decision->vcpu && chance(BLOCKS) == 1;
    if (p->blocks)
        run = chance(run);
    events_put(&world.events, &p->event, world.now + run);
}

/* What a scheduler does for all VCPUs every now and then is no part of a decision: it is counted apart. */
static void tick(void)
{
    uint64_t touched = sched_touched;

    if (world.now < world.sched.due)
        return;
    spin_lock(&world.sched.lock);
    world.sched.ops->tick(&world.sched, world.now);
    spin_unlock(&world.sched.lock);
    world.ticks++;
    world.tick_touches += sched_touched - touched;
}

static void note_time(void)
{
    if (world.decisions < world.most)
        world.took[world.decisions] = world.spent < UINT32_MAX ? (uint32_t)world.spent : UINT32_MAX;
    world.spent = 0;
}

static void decide(struct pcpu *p)
{
    struct sched_vcpu *last = world.rq[p->id].current;
    uint64_t ran = last ? world.now - p->came : 0, touched, began;
    bool blocks = last && p->blocks && world.now == p->event.time;
    struct sched_decision decision;

    tick();
    touched = sched_touched;
    began = clock_ns();
    if (blocks)
        sched_block(&world.sched, p->id, ran, world.now);
    sched_pick(&world.sched, p->id, blocks ? 0 : ran, world.now, &decision);
    world.spent += clock_ns() - began;
    note_time();
    world.decisions++;
    if (sched_touched - touched > world.worst)
        world.worst = sched_touched - touched;
    if (blocks)
        events_put(&world.events, &container_of(last, struct vcpu, sched)->wake,
                   world.now + chance(LONGEST_WAIT));
    begin_run(p, &decision);
}

static void run_ends(struct event *event)
{
    decide(container_of(event, struct pcpu, event));
}

static void decide_where_asked(void)
{
    uint32_t id;

    while ((id = sched_next_ask(&world.sched)) != SCHED_NO_PCPU)
        decide(&world.pcpu[id]);
}

static void go_on(uint64_t decisions)
{
    for (uint64_t end = world.decisions + decisions; world.decisions < end; decide_where_asked()) {
        struct event *event = events_take(&world.events);

        host_must(event, "nothing is to happen any more");
        world.now = event->time;
        event->happen(event);
    }
}

/* ---- The world ---- */

static void make_pcpus(const struct sched_ops *ops, uint32_t pcpus)
{
    static const struct sched_owner owner;
    const struct sched_topology topology = {1, pcpus, 1};

    world.rq = aligned_alloc(64, pcpus * sizeof(*world.rq));
    world.pcpu = host_memory(pcpus, sizeof(*world.pcpu));
    host_must(world.rq, "no memory for run queues");
    sched_init(&world.sched, ops, &owner, world.rq, &topology);
    for (uint32_t id = 0; id < pcpus; id++) {
        world.pcpu[id].id = id;
        world.pcpu[id].event.happen = run_ends;
    }
}

/* A reservation that lets as many find a place on a pCPU, for the scheduler that has them. */
static void reserve(struct sched_vm *vm, uint32_t on_a_pcpu)
{
    const struct sched_parameter *period = sched_param_find(world.sched.ops, "period", true);
    const struct sched_parameter *slice = sched_param_find(world.sched.ops, "slice", true);
    uint64_t *row = vm->values[sched_index(world.sched.ops)];

    if (!world.sched.ops->demand || !period || !slice)
        return;
    row[slice->slot] = RESERVED;
    row[period->slot] = 2 * on_a_pcpu * RESERVED;
    host_must(RESERVED >= slice->min && row[period->slot] <= period->max,
              "a reservation is out of its range");
}

static void make_vcpus(uint32_t pcpus, uint32_t vcpus)
{
    uint32_t siblings = world.sched.ops->apart && pcpus < VM_VCPUS ? pcpus : VM_VCPUS;

    world.vm = host_memory(vcpus, sizeof(*world.vm));
    world.vcpu = host_memory(vcpus, sizeof(*world.vcpu));
    for (uint32_t i = 0; i < vcpus; i++) {
        struct vcpu *v = &world.vcpu[i];

        if (i % siblings == 0) {
            sched_vm_init(&world.vm[i], i);
            reserve(&world.vm[i], vcpus / pcpus);
        }
        v->wake.happen = wake_due;
        v->sched.vm = &world.vm[i / siblings * siblings];
        v->sched.id = i % siblings;
        v->sched.affinity = pcpu_set_first(pcpus);
        host_must(sched_add(&world.sched, &v->sched, 0), "a VCPU has no place");
        events_put(&world.events, &v->wake, chance(LONGEST_WAIT));
    }
}

static void free_world(void)
{
    events_free(&world.events);
    host_free(world.vcpu);
    host_free(world.took);
    host_free(world.vm);
    host_free(world.pcpu);
    host_free(world.rq);
}

/* ---- A row ---- */

/* What clock_ns itself adds to a measurement, at the least. */
static uint32_t clock_cost(void)
{
    uint64_t least = UINT32_MAX;

    for (uint32_t i = 0; i < 10000; i++) {
        uint64_t began = clock_ns(), cost = clock_ns() - began;

        if (cost < least)
            least = cost;
    }
    return (uint32_t)least;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* The median: the host may have put the program aside in some of them. */
static uint32_t typical_time(void)
{
    uint32_t cost = clock_cost(), median;

    qsort(world.took, world.most, sizeof(world.took[0]), compare);
    median = world.took[world.most / 2];
    return median > cost ? median - cost : 0;
}

/* As text, with two digits behind the point; 0 of nothing. */
static const char *ratio(uint64_t part, uint64_t of)
{
    static char text[32];

    snprintf(text, sizeof(text), "%.2f", of ? (double)part / (double)of : 0);
    return text;
}

static void measure(const struct sched_ops *ops, uint32_t vcpus, uint32_t pcpus)
{
    static bool first = true;
    uint64_t touched, decisions = TURNS * vcpus > DECISIONS ? TURNS * vcpus : DECISIONS;

    memset(&world, 0, sizeof(world));
    world.random = 1;
    events_init(&world.events, vcpus + pcpus);
    make_pcpus(ops, pcpus);
    make_vcpus(pcpus, vcpus);
    go_on(vcpus); /* that do not count: until everybody has run */
    world.took = host_memory(decisions, sizeof(world.took[0]));
    world.most = decisions;
    world.decisions = world.worst = world.ticks = world.tick_touches = 0;
    touched = sched_touched;
    go_on(decisions);
    touched = sched_touched - touched - world.tick_touches;
    printf(
        "%s{\"sched\": \"%s\", \"vcpus\": %u, \"pcpus\": %u, \"ns\": %u, \"touches\": %s, \"worst\": %llu, ",
        first ? "[" : ",\n ", ops->name, vcpus, pcpus, typical_time(), ratio(touched, world.decisions),
        (unsigned long long)world.worst);
    printf("\"tick_touches\": %s}", ratio(world.tick_touches, world.ticks * vcpus));
    fflush(stdout);
    first = false;
    free_world();
}

static void measure_all(const struct sched_ops *ops)
{
    static const uint32_t sizes[] = {16, 256, 4096, 16384};

    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        measure(ops, sizes[i], sizes[i] / VCPUS_A_PCPU);
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        measure(ops, sizes[i], 1);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!sched_find(argv[i]))
            host_refuse("found the scheduler '%s', expected one of sched/registry.c", argv[i]);
    for (int i = 1; i < argc; i++)
        measure_all(sched_find(argv[i]));
    for (uint32_t i = 0; argc == 1 && sched_all[i]; i++)
        measure_all(sched_all[i]);
    printf("]\n");
    return 0;
}
