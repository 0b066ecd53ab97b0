/* SPDX-License-Identifier: MIT */
/*
 * The life of a VM, as in hyp/vm.c: made, started, paused, ended. Its first VCPU comes online when it starts, the
 * others when its kernel is up.
 */
#include "lib/string.h"
#include "sched/sim/host.h"
#include "sched/sim/sim.h"

static void set_state(struct vm *vm, enum stint_vm_state state)
{
    vm->stats->state = state;
    trace(STINT_EV_VM, STINT_NO_VCPU, state, vm->index, 0);
}

static void set_why(struct vm *vm, const char *why)
{
    strlcpy(vm->stats->why, why, sizeof(vm->stats->why));
}

/* Whoever spins on a pCPU for the lock looks again, in an order that is chance. */
static void lock_is_free(struct guest *guest)
{
    struct vm *vm = container_of(guest, struct vm, guest);
    uint32_t first = sim_random() % vm->vcpus;

    for (uint32_t i = 0; i < vm->vcpus; i++) {
        struct vcpu *v = &vm->vcpu[(first + i) % vm->vcpus];

        if (v->stats->state == STINT_RUNNING && guest_spins(guest, v->id))
            pcpu_poke(&sim.pcpu[v->stats->pcpu]);
    }
}

/* As SBI HSM starts a hart. */
static void start_vcpu(struct vcpu *v)
{
    v->started = true;
    v->vm->online++;
    vcpu_online(v, STINT_WAKE_START);
}

static void start_others(struct guest *guest)
{
    struct vm *vm = container_of(guest, struct vm, guest);

    for (uint32_t id = 1; id < vm->vcpus; id++)
        start_vcpu(&vm->vcpu[id]);
}

static void make_guest(struct vm *vm)
{
    static const struct guest_owner owner = {.lock_is_free = lock_is_free, .is_up = start_others};
    const struct scenario_vm *config = vm->config;
    char words[512];
    enum guest_problem problem = guest_make(&vm->guest, config, &owner, words, sizeof(words));

    if (problem != GUEST_IS_FINE)
        host_refuse("%s:%u: %s", sim.scenario->file,
                    problem == GUEST_REFUSES_ARGS && config->args_line ? config->args_line
                                                                       : config->guest_line,
                    words);
}

static void start(struct event *event);

static void init_one(struct vm *vm, uint32_t index, uint32_t first_vcpu)
{
    const struct scenario_vm *config = &sim.scenario->vm[index];

    vm->index = index;
    vm->config = config;
    strlcpy(vm->stats->name, config->name, sizeof(vm->stats->name));
    strlcpy(vm->stats->guest, config->guest, sizeof(vm->stats->guest));
    vm->stats->vmid = index + 1;
    vm->stats->first_vcpu = first_vcpu;
    vm->stats->vcpus = vm->vcpus = config->vcpus;
    vm->stats->memory = config->memory;
    vm->vcpu = &sim.vcpu[first_vcpu];
    vm->start.happen = start;
    make_guest(vm);
    sched_vm_init(&vm->sched, index);
    memcpy(vm->sched.values, config->sched_param, sizeof(vm->sched.values));
    for (uint32_t id = 0; id < vm->vcpus; id++)
        vcpu_init(&vm->vcpu[id], vm, id);
}

void vm_init_all(void)
{
    uint32_t first_vcpu = 0;

    for (uint32_t i = 0; i < sim.scenario->vms; i++) {
        init_one(&sim.vm[i], i, first_vcpu);
        first_vcpu += sim.vm[i].vcpus;
    }
}

void vm_free_all(void)
{
    for (uint32_t i = 0; i < sim.scenario->vms; i++)
        guest_free(&sim.vm[i].guest);
}

/* Its VCPUs become known to the scheduler, each with a pCPU to begin on. False: the scheduler refuses one. */
static bool join_scheduler(struct vm *vm)
{
    bool joined = true;

    for (uint32_t id = 0; id < vm->vcpus && joined; id++) {
        struct vcpu *v = &vm->vcpu[id];

        if (v->sched.state == SCHED_OUT)
            joined = sched_add(&sim.sched, &v->sched, sim.now);
        if (joined)
            v->stats->pcpu = v->sched.pcpu;
    }
    return joined;
}

static void leave_scheduler(struct vm *vm)
{
    for (uint32_t id = 0; id < vm->vcpus; id++)
        if (vm->vcpu[id].sched.state != SCHED_OUT)
            sched_remove(&sim.sched, &vm->vcpu[id].sched);
}

const struct vm *vm_find_refused(void)
{
    const struct vm *refused = NULL;

    for (uint32_t i = 0; i < sim.scenario->vms && !refused; i++)
        refused = join_scheduler(&sim.vm[i]) ? NULL : &sim.vm[i];
    for (uint32_t i = 0; i < sim.scenario->vms; i++)
        leave_scheduler(&sim.vm[i]);
    return refused;
}

void vm_begin_all(void)
{
    for (uint32_t i = 0; i < sim.scenario->vms; i++)
        events_put(&sim.events, &sim.vm[i].start, round_up_to_tick(sim.vm[i].config->start_ns));
}

static void vm_start(struct vm *vm)
{
    vm->stats->htimedelta = -host_clock();
    vm->stats->started = host_clock();
    vm->stats->starts++;
    vm->stats->area_offset = vm->stats->area_bytes = 0;
    set_why(vm, "");
    trace(STINT_EV_DELTA, STINT_NO_VCPU, 0, vm->index, vm->stats->htimedelta);
    vm->ending = VM_GOES_ON;
    if (!join_scheduler(vm)) {
        vm_end(vm, VM_CRASHES, "no pCPU has the room that the scheduler must give its VCPUs");
        return;
    }
    set_state(vm, STINT_VM_RUNNING);
    guest_boot(&vm->guest, sim.now);
    for (uint32_t id = 0; id < vm->vcpus; id++) {
        vm->vcpu[id].goes_offline = vm->vcpu[id].started = false;
        vm->vcpu[id].ran_on = SCHED_NO_PCPU;
    }
    start_vcpu(&vm->vcpu[0]);
}

static void start(struct event *event)
{
    sim.self = sim.pcpu;
    vm_start(container_of(event, struct vm, start));
}

static void end_if_all_have(void)
{
    for (uint32_t i = 0; i < sim.scenario->vms; i++)
        if (sim.vm[i].stats->state != STINT_VM_STOPPED && sim.vm[i].stats->state != STINT_VM_CRASHED)
            return;
    sim.end = STINT_END_STOPPED;
}

static void end_pause(struct vm *vm)
{
    vm->ending = VM_GOES_ON;
    vm->resumes = false;
    set_why(vm, "");
    set_state(vm, STINT_VM_RUNNING);
    vm->online = 0;
    for (uint32_t id = 0; id < vm->vcpus; id++) {
        vm->vcpu[id].goes_offline = false;
        vm->online += vm->vcpu[id].started;
    }
    for (uint32_t id = 0; id < vm->vcpus; id++)
        if (vm->vcpu[id].started)
            vcpu_online(&vm->vcpu[id], STINT_WAKE_RESUME);
}

/* The VM has no VCPU online any more, and an ending was decided: carry it out. */
static void finish(struct vm *vm)
{
    enum vm_ending ending = vm->ending;

    events_put(&sim.events, &vm->start, NEVER);
    if (ending == VM_PAUSES) {
        set_state(vm, STINT_VM_PAUSED);
        if (vm->resumes)
            end_pause(vm);
        return;
    }
    region_report(vm);
    if (ending == VM_REBOOTS) {
        set_state(vm, STINT_VM_WAITING);
        vm_start(vm);
        return;
    }
    leave_scheduler(vm);
    set_state(vm, ending == VM_CRASHES ? STINT_VM_CRASHED : STINT_VM_STOPPED);
    end_if_all_have();
}

static void ask_offline(struct vcpu *v)
{
    v->goes_offline = true;
    vcpu_wake(v, STINT_WAKE_IPI);
    if (v->stats->state == STINT_RUNNING)
        pcpu_alert(&sim.pcpu[v->stats->pcpu]);
}

void vm_end(struct vm *vm, enum vm_ending ending, const char *why)
{
    bool first = vm->ending == VM_GOES_ON || vm->ending == VM_PAUSES;

    if (first) {
        set_why(vm, why);
        vm->ending = ending;
    }
    vm->online++; /* it does not end, and start anew, before all are asked */
    for (uint32_t id = 0; first && id < vm->vcpus; id++)
        ask_offline(&vm->vcpu[id]);
    vm_vcpu_gone(vm);
}

void vm_vcpu_gone(struct vm *vm)
{
    bool over = vm->stats->state == STINT_VM_STOPPED || vm->stats->state == STINT_VM_CRASHED;

    if (--vm->online == 0 && !over)
        finish(vm);
}

void vm_pause(struct vm *vm)
{
    vm->resumes = false;
    if (vm->stats->state == STINT_VM_RUNNING && vm->ending == VM_GOES_ON)
        vm_end(vm, VM_PAUSES, "paused by the operator");
}

void vm_resume(struct vm *vm)
{
    if (vm->stats->state == STINT_VM_PAUSED)
        end_pause(vm);
    else
        vm->resumes = vm->ending == VM_PAUSES;
}
