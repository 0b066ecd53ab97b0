/* SPDX-License-Identifier: MIT */
/*
 * The kernel of a guest: which task runs on a VCPU, and until when (guest-os/kernel/sched.c is the real one).
 */
#include "sched/sim/guest.h"
#include "sched/sim/host.h"

#define STEPS_BOUND 10000 /* of programs in which no time passes */

static struct task *task_at(struct list *link)
{
    return container_of(link, struct task, link);
}

struct task *guest_add_task(struct guest *guest, const struct program *program)
{
    struct task *task;

    if (guest->tasks == GUEST_MOST_TASKS)
        return NULL;
    guest->task = host_more(guest->task, guest->tasks + 1, sizeof(*task));
    task = &guest->task[guest->tasks];
    *task = (struct task){.program = program,
                          .id = guest->tasks,
                          .cpu = guest->tasks % guest->config->vcpus,
                          .deadline = NEVER};
    guest->tasks++;
    return task;
}

/* Round robin: behind all others. By deadline: behind those with the same. */
static void make_ready(struct guest *guest, struct task *task)
{
    struct list *ready = &guest->cpu[task->cpu].ready, *place = ready;

    task->state = TASK_READY;
    if (guest->kind->by_deadline)
        list_for_each (place, ready)
            if (task->deadline < task_at(place)->deadline)
                break;
    list_insert_before(place, &task->link);
}

/* The current task's way to bed is done. */
static void fall_asleep(struct guest_cpu *cpu, struct task *task)
{
    struct list *place;

    task->lies_down = false;
    task->left = WAKE_NS;
    task->state = TASK_SLEEPS;
    list_for_each (place, &cpu->sleepers)
        if (task->wake < task_at(place)->wake)
            break;
    list_insert_before(place, &task->link);
    cpu->current = NULL;
}

static void wake_sleepers(struct guest *guest, struct guest_cpu *cpu, uint64_t now)
{
    while (!list_empty(&cpu->sleepers) && task_at(cpu->sleepers.next)->wake <= now)
        make_ready(guest, task_at(list_pop_front(&cpu->sleepers)));
}

void guest_boot(struct guest *guest, uint64_t now)
{
    guest->started = now;
    guest->boot = BOOT_NS;
    guest->up = NEVER;
    guest->alive = guest->tasks;
    guest->lock = NULL;
    for (uint32_t i = 0; i < guest->config->vcpus; i++) {
        struct guest_cpu *cpu = &guest->cpu[i];

        list_init(&cpu->ready);
        list_init(&cpu->sleepers);
        cpu->current = NULL;
        cpu->slice_end = NEVER;
    }
    for (struct task *task = guest->task; task < guest->task + guest->tasks; task++) {
        task->guest = guest;
        task->left = task->ran = task->longest_gap = task->stage = 0;
        task->spins = task->lies_down = false;
        task->seen = NEVER;
        for (uint32_t i = 0; i < sizeof(task->value) / sizeof(task->value[0]); i++)
            task->value[i] = 0;
        make_ready(guest, task);
    }
}

/* The clock is looked at after every unit of work. */
static void note_gap(struct task *task, uint64_t since, uint64_t now)
{
    uint64_t gap = task->seen == NEVER ? 0 : since - task->seen;

    if (gap + UNIT_NS > task->longest_gap)
        task->longest_gap = gap + UNIT_NS;
    task->seen = now;
}

void guest_ran(struct guest *guest, uint32_t cpu, uint64_t ns, uint64_t now)
{
    struct task *task = guest->cpu[cpu].current;

    if (guest->boot)
        guest->boot -= ns;
    if (!task || ns == 0)
        return;
    note_gap(task, now - ns, now);
    task->ran += ns;
    if (task->left != NEVER)
        task->left -= ns;
}

/* The task's action is complete, or it spins and may look again. */
static void step(struct guest *guest, struct guest_cpu *cpu, struct task *task, uint64_t now)
{
    struct action next;

    if (task->lies_down) {
        fall_asleep(cpu, task);
        return;
    }
    next = task->program->step(task, now);
    task->spins = next.kind == ACT_SPIN;
    task->offers = next.kind == ACT_OFFER;
    switch (next.kind) {
    case ACT_WORK: task->left = next.ns; break;
    case ACT_SPIN: task->left = NEVER; break;
    case ACT_OFFER: break;
    case ACT_SLEEP:
        if (next.ns > now) {
            task->wake = round_up_to_tick(next.ns);
            task->lies_down = true;
            task->left = SLEEP_NS;
        }
        break;
    case ACT_YIELD:
        make_ready(guest, task);
        cpu->current = NULL;
        break;
    case ACT_EXIT:
    case ACT_DIE:
        task->state = next.kind == ACT_EXIT ? TASK_DONE : TASK_KILLED;
        guest->alive--;
        cpu->current = NULL;
        break;
    }
}

static bool must_leave(const struct guest *guest, const struct guest_cpu *cpu, uint64_t now)
{
    if (list_empty(&cpu->ready))
        return false;
    return guest->kind->by_deadline ? task_at(cpu->ready.next)->deadline < cpu->current->deadline
                                    : now >= cpu->slice_end;
}

/* The first in the queue takes the VCPU if nobody has it, or if the slice is over, or by its deadline. */
static void choose(struct guest *guest, struct guest_cpu *cpu, uint64_t now)
{
    if (cpu->current && must_leave(guest, cpu, now)) {
        make_ready(guest, cpu->current);
        cpu->current = NULL;
    }
    if (!cpu->current && !list_empty(&cpu->ready)) {
        cpu->current = task_at(list_pop_front(&cpu->ready));
        cpu->slice_end = NEVER;
    }
    if (list_empty(&cpu->ready))
        cpu->slice_end = NEVER;
    else if (cpu->slice_end == NEVER && !guest->kind->by_deadline)
        cpu->slice_end = now + guest->slice;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_wake(const struct guest_cpu *cpu)
{
    return list_empty(&cpu->sleepers) ? NEVER : task_at(cpu->sleepers.next)->wake;
}

/* Its first VCPU boots. True: that is done. */
static bool boot(struct guest *guest, uint64_t now)
{
    if (guest->boot)
        return false;
    if (guest->up == NEVER) {
        guest->up = now;
        guest->owner->is_up(guest);
    }
    return true;
}

struct guest_wish guest_next(struct guest *guest, uint32_t number, uint64_t now)
{
    struct guest_cpu *cpu = &guest->cpu[number];

    if (!boot(guest, now))
        return (struct guest_wish){GUEST_RUNS, now + guest->boot};
    for (uint32_t steps = 0; guest->alive; steps++) {
        struct task *task;

        host_must(steps < STEPS_BOUND, "a guest's task does nothing for ever");
        wake_sleepers(guest, cpu, now);
        choose(guest, cpu, now);
        task = cpu->current;
        if (!task)
            return (struct guest_wish){GUEST_WAITS, next_wake(cpu)};
        if (task->left && !task->spins) {
            uint64_t done = task->left == NEVER ? NEVER : now + task->left;

            return (struct guest_wish){GUEST_RUNS, earlier(done, earlier(cpu->slice_end, next_wake(cpu)))};
        }
        step(guest, cpu, task, now);
        if (cpu->current == task && task->offers)
            return (struct guest_wish){GUEST_OFFERS, now};
        if (cpu->current == task && task->spins)
            return (struct guest_wish){GUEST_RUNS, earlier(cpu->slice_end, next_wake(cpu))};
    }
    return (struct guest_wish){GUEST_ENDS, now};
}

bool guest_spins(const struct guest *guest, uint32_t cpu)
{
    const struct task *task = guest->cpu[cpu].current;

    return task && task->spins;
}
