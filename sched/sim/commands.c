/* SPDX-License-Identifier: MIT */
/*
 * What the operator does while the run goes on, as in hyp/command.c: the lines `at TIME: COMMAND` of the scenario.
 */
#include <stdio.h>
#include "lib/string.h"
#include "sched/sim/sim.h"

struct command {
    struct event event;
    const struct scenario_event *order;
    struct stint_command *row; /* in the shared region */
    uint32_t turn;             /* of the schedulers it names: whose it is */
};

static struct command commands[SCENARIO_MAX_EVENTS];

static bool change_sched(struct command *c)
{
    const struct sched_ops *ops = c->order->sched[c->turn];
    bool done = sched_change(&sim.sched, ops, sim.now, c->row->why, sizeof(c->row->why));

    c->turn = (c->turn + 1) % c->order->scheds;
    trace(STINT_EV_SCHED, STINT_NO_VCPU, sched_index(ops), (uint64_t)(c - commands), done);
    pcpu_ask_all();
    return done;
}

static bool set_param(struct command *c)
{
    const struct scenario_event *order = c->order;
    struct sched_vm *vm = order->vm == SCENARIO_NO_VM ? NULL : &sim.vm[order->vm].sched;
    bool done = sched_set(&sim.sched, vm, order->param, order->value, sim.now, c->row->why,
                          sizeof(c->row->why));

    trace(STINT_EV_SCHED_SET, STINT_NO_VCPU, done, (uint64_t)(c - commands), order->value);
    pcpu_ask_all();
    return done;
}

static bool carry_out(struct command *c)
{
    struct vm *vm = &sim.vm[c->order->vm == SCENARIO_NO_VM ? 0 : c->order->vm];

    switch (c->order->command) {
    case SCENARIO_PAUSE: vm_pause(vm); break;
    case SCENARIO_RESUME: vm_resume(vm); break;
    case SCENARIO_STOP: vm_end(vm, VM_STOPS, "stopped by the operator"); break;
    case SCENARIO_RESET: vm_end(vm, VM_REBOOTS, "reset by the operator"); break;
    case SCENARIO_SCHED: return change_sched(c);
    case SCENARIO_SCHED_SET: return set_param(c);
    }
    return true;
}

static void command_due(struct event *event)
{
    struct command *c = container_of(event, struct command, event);

    sim.self = sim.pcpu;
    if (c->order->every_ns)
        events_put(&sim.events, event, sim.now + round_up_to_tick(c->order->every_ns));
    if (carry_out(c))
        c->row->done++;
    else if (c->row->refused++ == 0)
        fprintf(stderr, "%s:%u: '%s' is refused: %s\n", sim.scenario->file, c->order->line, c->order->text,
                c->row->why);
}

void commands_begin(struct stint_command *rows)
{
    for (uint32_t i = 0; i < sim.scenario->events; i++) {
        struct command *c = &commands[i];
        uint64_t time = round_up_to_tick(sim.scenario->event[i].time_ns);

        c->order = &sim.scenario->event[i];
        c->row = &rows[i];
        strlcpy(c->row->text, c->order->text, sizeof(c->row->text));
        c->row->time = host_clock() + ticks(time);
        c->event.happen = command_due;
        events_put(&sim.events, &c->event, time);
    }
}
