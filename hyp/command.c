/* SPDX-License-Identifier: MIT */
/*
 * The operator's commands, each when its time has come. One that is refused changes nothing; the console says
 * why, once, and the shared region and the trace say so, too.
 */
#include "hyp/command.h"
#include "hyp/clock.h"
#include "hyp/console.h"
#include "hyp/machine.h"
#include "hyp/pcpu.h"
#include "hyp/riscv.h"
#include "hyp/trace.h"
#include "hyp/vm.h"
#include "lib/list.h"
#include "lib/string.h"

struct command {
    struct timer timer;
    const struct scenario_event *event;
    struct stint_command *row; /* in the shared region */
    uint64_t time;             /* host ticks: when it is due */
    uint32_t turn;             /* of the schedulers it names: whose it is */
};

static struct command commands[SCENARIO_MAX_EVENTS];
static const struct scenario *scenario;

static bool change_sched(struct command *c)
{
    const struct sched_ops *ops = c->event->sched[c->turn];
    uint64_t now = rdtime();
    bool done = sched_change(&machine.sched, ops, machine_ns(now), c->row->why, sizeof(c->row->why));
    c->turn = (c->turn + 1) % c->event->scheds;
    if (done)
        strlcpy(machine.shared->sched, ops->name, sizeof(machine.shared->sched));
    trace(pcpu_self(), now, STINT_EV_SCHED, STINT_NO_VCPU, sched_index(ops), (uint64_t)(c - commands), done);
    machine_ask();
    return done;
}

static bool set_param(struct command *c)
{
    const struct scenario_event *event = c->event;
    struct sched_vm *vm = event->vm == SCENARIO_NO_VM ? NULL : &vms[event->vm].sched;
    uint64_t now = rdtime();
    bool done = sched_set(&machine.sched, vm, event->param, event->value, machine_ns(now), c->row->why,
                          sizeof(c->row->why));
    trace(pcpu_self(), now, STINT_EV_SCHED_SET, STINT_NO_VCPU, done, (uint64_t)(c - commands), event->value);
    machine_ask();
    return done;
}

static bool carry_out(struct command *c)
{
    struct vm *vm = &vms[c->event->vm == SCENARIO_NO_VM ? 0 : c->event->vm];
    switch (c->event->command) {
    case SCENARIO_PAUSE: vm_pause(vm); break;
    case SCENARIO_RESUME: vm_resume(vm); break;
    case SCENARIO_STOP: vm_end(vm, VM_STOPS, "stopped by the operator"); break;
    case SCENARIO_RESET: vm_end(vm, VM_REBOOTS, "reset by the operator"); break;
    case SCENARIO_SCHED: return change_sched(c);
    case SCENARIO_SCHED_SET: return set_param(c);
    }
    return true;
}

/* One that comes more often than it can be carried out is left out where it is late, so that time goes on. */
static void arm_again(struct command *c)
{
    uint64_t now = rdtime();
    do
        c->time += ns_to_ticks(c->event->every_ns);
    while (c->time <= now);
    timer_arm(pcpu_self(), &c->timer, c->time);
}

static void command_due(struct timer *t)
{
    struct command *c = container_of(t, struct command, timer);
    if (c->event->every_ns)
        arm_again(c);
    if (carry_out(c))
        c->row->done++;
    else if (c->row->refused++ == 0)
        console_print("[stint] %s:%u: '%s' is refused: %s\n", scenario->file, c->event->line, c->event->text,
                      c->row->why);
}

void command_arm_all(struct pcpu *self, const struct scenario *of, uint64_t start)
{
    struct stint_command *rows = (struct stint_command *)(STINT_SHARED_BASE +
                                                          machine.shared->commands_offset);
    scenario = of;
    for (uint32_t i = 0; i < of->events; i++) {
        struct command *c = &commands[i];
        c->event = &of->event[i];
        c->row = &rows[i];
        c->time = start + ns_to_ticks(c->event->time_ns);
        strlcpy(c->row->text, c->event->text, sizeof(c->row->text));
        c->row->time = c->time;
        timer_init(&c->timer, command_due);
        timer_arm(self, &c->timer, c->time);
    }
}
