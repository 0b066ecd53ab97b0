/* SPDX-License-Identifier: MIT */
/*
 * sched/ with a thread for every pCPU: each scheduler by itself, and then changes of the scheduler and of parameters
 * meanwhile. `make tsan` runs it under the thread sanitizer.
 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <string.h>
#include "sched/sched.h"

#define US         UINT64_C(1000)
#define MS         UINT64_C(1000000)
#define THREADS    4
#define VMS        6
#define VCPUS      14 /* of VMs of 1 to 4 */
#define ROUNDS     40
#define OPERATIONS 60

static struct sched sched;
static struct sched_rq queues[THREADS];
static struct sched_vm vms[VMS];
static struct sched_vcpu vcpus[VCPUS];

static pthread_barrier_t barrier;
static uint64_t clock_ns;      /* the time of all */
static bool changes;           /* schedulers and parameters change */
static bool asked[THREADS];    /* what the hypervisor's kick does */
static uint32_t owner[VCPUS];  /* 0, or 1 + the pCPU that runs it */
static uint64_t ran_ns[VCPUS]; /* by the threads' own count */
static uint64_t runs[VCPUS];

struct pcpu {
    uint32_t id;
    uint64_t random, since;
    struct sched_vcpu *current;
};

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    abort();
}

static uint64_t dice(struct pcpu *self, uint64_t sides)
{
    return test_random(&self->random) % sides;
}

static uint64_t passes(struct pcpu *self)
{
    return __atomic_add_fetch(&clock_ns, 1 + dice(self, 200 * US), __ATOMIC_SEQ_CST);
}

static void follow_asks(void)
{
    uint32_t pcpu;

    while ((pcpu = sched_next_ask(&sched)) != SCHED_NO_PCPU)
        __atomic_store_n(&asked[pcpu], true, __ATOMIC_SEQ_CST);
}

/* ns that the current one ran until `now`; it is nobody's from here on, until it is picked again. */
static uint64_t release(struct pcpu *self, uint64_t now)
{
    uint64_t ran = now - self->since;

    self->since = now;
    if (!self->current)
        return 0;
    ran_ns[self->current - vcpus] += ran;
    __atomic_store_n(&owner[self->current - vcpus], 0, __ATOMIC_SEQ_CST);
    return ran;
}

static void acquire(struct pcpu *self, struct sched_vcpu *vcpu)
{
    uint32_t nobody = 0;

    self->current = vcpu;
    if (!vcpu)
        return;
    if (!pcpu_set_has(&vcpu->affinity, self->id) ||
        !__atomic_compare_exchange_n(&owner[vcpu - vcpus], &nobody, self->id + 1, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        abort(); /* on two pCPUs at once, or where it must not be */
    runs[vcpu - vcpus]++;
}

static void pick(struct pcpu *self)
{
    uint64_t now = passes(self), ran = release(self, now);
    struct sched_decision decision;

    __atomic_store_n(&asked[self->id], false, __ATOMIC_SEQ_CST);
    sched_pick(&sched, self->id, ran, now, &decision);
    if (decision.slice == 0)
        abort();
    acquire(self, decision.vcpu);
}

static void block(struct pcpu *self)
{
    uint64_t now = passes(self), ran = release(self, now);

    sched_block(&sched, self->id, ran, now);
    self->current = NULL;
    pick(self);
}

static void give_way(struct pcpu *self)
{
    uint64_t now = passes(self), ran = release(self, now);

    sched_give_way(&sched, self->id, ran, now);
    acquire(self, self->current);
    runs[self->current - vcpus]--;
    pick(self);
}

static void change_something(struct pcpu *self)
{
    static const char *const names[] = {"weight", "cap", "quantum", "tslice", "placement", "util"};
    const char *name = names[dice(self, COUNT_OF(names))];
    const struct sched_ops *ops;
    const struct sched_parameter *param;
    struct sched_vm *vm = &vms[dice(self, VMS)];
    uint32_t kinds = 0;
    char why[160];

    while (sched_all[kinds])
        kinds++;
    ops = sched_all[dice(self, kinds)];
    if (dice(self, 2)) {
        sched_change(&sched, ops, passes(self), why, sizeof(why));
    } else if ((param = sched_param_find(ops, name, true))) {
        sched_set(&sched, vm, param, param->initial ? param->initial * 2 : 50, passes(self), why,
                  sizeof(why));
    } else if ((param = sched_param_find(ops, name, false))) {
        sched_set(&sched, NULL, param, param->initial, passes(self), why, sizeof(why));
    }
}

static void do_something(struct pcpu *self)
{
    uint64_t what = dice(self, 16);

    if (what < 5)
        sched_wake(&sched, &vcpus[dice(self, VCPUS)], passes(self));
    else if (what < 10 && self->current)
        block(self);
    else if (what == 10 && self->current)
        give_way(self);
    else if (what == 11 && changes)
        change_something(self);
    else if (what < 14 || __atomic_load_n(&asked[self->id], __ATOMIC_SEQ_CST))
        pick(self);
    follow_asks();
}

/* Between two barriers: everybody follows the requests that are left, until there is none. */
static void settle_down(struct pcpu *self)
{
    for (bool quiet = false; !quiet;) {
        if (__atomic_load_n(&asked[self->id], __ATOMIC_SEQ_CST))
            pick(self);
        follow_asks();
        pthread_barrier_wait(&barrier);
        quiet = true;
        for (uint32_t i = 0; i < THREADS; i++)
            quiet &= !__atomic_load_n(&asked[i], __ATOMIC_SEQ_CST);
        pthread_barrier_wait(&barrier);
    }
}

/* While all threads but one wait. */
static void check_books(void)
{
    uint32_t members[THREADS] = {0}, queued[THREADS] = {0};

    for (uint32_t i = 0; i < VCPUS; i++) {
        members[vcpus[i].pcpu]++;
        queued[vcpus[i].pcpu] += vcpus[i].state == SCHED_QUEUED && !vcpus[i].parked;
        assert_int_equal(vcpus[i].state == SCHED_RUNNING, owner[i] == vcpus[i].pcpu + 1);
        assert_int_not_equal(vcpus[i].state, SCHED_MOVING);
    }
    for (uint32_t pcpu = 0; pcpu < THREADS; pcpu++) {
        assert_int_equal(queues[pcpu].members, members[pcpu]);
        assert_int_equal(queues[pcpu].queued, queued[pcpu]);
        assert_false(spin_held(&queues[pcpu].lock));
    }
}

static void *live(void *argument)
{
    struct pcpu self = {.id = (uint32_t)(uintptr_t)argument, .random = 1 + (uintptr_t)argument};

    self.since = passes(&self);
    pick(&self);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < OPERATIONS; i++)
            do_something(&self);
        settle_down(&self);
        if (self.id == 0)
            check_books();
        pthread_barrier_wait(&barrier);
    }
    release(&self, self.since);
    return NULL;
}

static void begin(const struct sched_ops *ops)
{
    static const struct sched_topology topology = {1, 2, 2};
    static const uint64_t affinities[] = {0xf, 0xf, 0x3, 0xc, 0xf, 0x7};

    memset(owner, 0, sizeof(owner));
    memset(ran_ns, 0, sizeof(ran_ns));
    memset(runs, 0, sizeof(runs));
    memset(vcpus, 0, sizeof(vcpus));
    sched_init(&sched, ops, NULL, queues, &topology);
    for (uint32_t i = 0; i < VMS; i++)
        sched_vm_init(&vms[i], i);
    for (uint32_t i = 0; i < VCPUS; i++) {
        vcpus[i].vm = &vms[i % VMS];
        vcpus[i].id = i / VMS;
        vcpus[i].affinity.word[0] = i < VMS ? affinities[i] : 0xf;
        assert_true(sched_add(&sched, &vcpus[i], 0));
    }
}

static void run_all(const struct sched_ops *ops)
{
    pthread_t threads[THREADS];

    clock_ns = 0;
    begin(ops);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (uintptr_t i = 1; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, live, (void *)i), 0);
    live(NULL);
    for (uint32_t i = 1; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    for (uint32_t i = 0; i < VCPUS; i++) {
        assert_true(runs[i] > 0);
        assert_true(vcpus[i].ran == ran_ns[i]);
    }
}

static void test_each_scheduler(void **state)
{
    (void)state;
    changes = false;
    for (uint32_t i = 0; sched_all[i]; i++)
        run_all(sched_all[i]);
}

static void test_all_schedulers_in_turn(void **state)
{
    (void)state;
    changes = true;
    for (uint32_t i = 0; sched_all[i]; i++)
        run_all(sched_all[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_scheduler),
        cmocka_unit_test(test_all_schedulers_in_turn),
    };

    return cmocka_run_group_tests_name("parallel", tests, NULL, NULL);
}
