/* SPDX-License-Identifier: MIT */
/*
 * The life of a VM: made at boot, started, ended, its memory given back.
 */
#include "hyp/vm.h"
#include <stdarg.h>
#include "hyp/console.h"
#include "hyp/fdt.h"
#include "hyp/image.h"
#include "hyp/initrd.h"
#include "hyp/machine.h"
#include "hyp/page.h"
#include "hyp/pcpu.h"
#include "hyp/trace.h"
#include "hyp/vcpu.h"
#include "lib/bitops.h"
#include "lib/printf.h"
#include "lib/string.h"
#include <stint/sbi.h>

struct vm *vms;
uint32_t vm_count;

static void start_due(struct timer *t)
{
    vm_start(container_of(t, struct vm, timer));
}

static void set_state(struct vm *vm, enum stint_vm_state state)
{
    vm->stats->state = state;
    vm->stats->pages = vm->gstage.pages;
    machine.shared->pages_free = page_available();
    trace(pcpu_self(), rdtime(), STINT_EV_VM, STINT_NO_VCPU, state, vm->index, page_available());
}

static void init_one(struct vm *vm, const struct scenario_vm *config, uint32_t index, uint32_t first_vcpu)
{
    vm->index = index;
    vm->config = config;
    vm->stats = &shared_vms()[index];
    strlcpy(vm->stats->name, config->name, sizeof(vm->stats->name));
    strlcpy(vm->stats->guest, config->guest, sizeof(vm->stats->guest));
    vm->stats->vmid = index + 1;
    vm->stats->first_vcpu = first_vcpu;
    vm->stats->vcpus = vm->vcpu_count = config->vcpus;
    vm->stats->memory = config->memory;
    gstage_init(&vm->gstage, index + 1);
    vm->vcpus = boot_alloc(config->vcpus * sizeof(struct vcpu), PAGE_SIZE);
    spin_init(&vm->lock);
    spin_init(&vm->clock.lock);
    timer_init(&vm->timer, start_due);
    sched_vm_init(&vm->sched, index);
    memcpy(vm->sched.values, config->sched_param, sizeof(vm->sched.values));
    for (uint32_t id = 0; id < vm->vcpu_count; id++)
        vcpu_init(&vm->vcpus[id], vm, id);
}

/* Its VCPUs become known to the scheduler, each with a pCPU to begin on. False: the scheduler refuses one. */
static bool join_scheduler(struct vm *vm)
{
    bool joined = true;
    for (uint32_t id = 0; id < vm->vcpu_count && joined; id++) {
        struct vcpu *v = &vm->vcpus[id];
        if (v->sched.state == SCHED_OUT)
            joined = sched_add(&machine.sched, &v->sched, machine_ns(rdtime()));
        v->stats->pcpu = v->sched.pcpu;
    }
    return joined;
}

static void leave_scheduler(struct vm *vm)
{
    for (uint32_t id = 0; id < vm->vcpu_count; id++)
        if (vm->vcpus[id].sched.state != SCHED_OUT)
            sched_remove(&machine.sched, &vm->vcpus[id].sched);
}

const struct vm *vm_find_refused(void)
{
    const struct vm *refused = NULL;
    for (uint32_t i = 0; i < vm_count && !refused; i++)
        refused = join_scheduler(&vms[i]) ? NULL : &vms[i];
    for (uint32_t i = 0; i < vm_count; i++)
        leave_scheduler(&vms[i]);
    return refused;
}

void vm_init_all(const struct scenario *scenario)
{
    uint32_t first_vcpu = 0;
    vm_count = scenario->vms;
    vms = boot_alloc(vm_count * sizeof(struct vm), PAGE_SIZE);
    for (uint32_t i = 0; i < vm_count; i++) {
        init_one(&vms[i], &scenario->vm[i], i, first_vcpu);
        first_vcpu += scenario->vm[i].vcpus;
    }
}

void vm_begin_all(struct pcpu *self)
{
    for (uint32_t i = 0; i < vm_count; i++) {
        struct vm *vm = &vms[i];
        for (uint32_t id = 0; id < vm->vcpu_count; id++)
            vm->vcpus[id].since = machine.shared->start_time;
        timer_arm(self, &vm->timer, machine.shared->start_time + ns_to_ticks(vm->config->start_ns));
    }
}

static bool load_image(struct vm *vm, struct image *image)
{
    char name[80];
    const void *data;
    size_t bytes;
    format(name, sizeof(name), "guest/%s", vm->config->guest);
    if (!initrd_find(machine.initrd, machine.initrd_bytes, name, &data, &bytes) ||
        image_parse(image, data, bytes, VM_RAM_BASE, vm->config->memory))
        return false; /* main.c looked at it before anything started */
    for (uint32_t i = 0; i < image->segments; i++)
        if (image->segment[i].bytes &&
            !vm_write(vm, image->segment[i].gpa, image->segment[i].data, image->segment[i].bytes))
            return false;
    return true;
}

/* The guest's initrd ends below the device tree, which ends where RAM ends. */
static bool load_initrd(struct vm *vm, uint64_t below, uint64_t *start, uint64_t *end)
{
    char name[80];
    const void *data;
    size_t bytes;
    *start = *end = 0;
    if (!vm->config->initrd[0])
        return true;
    format(name, sizeof(name), "initrd/%s", vm->config->initrd);
    if (!initrd_find(machine.initrd, machine.initrd_bytes, name, &data, &bytes))
        return false;
    *start = align_down(below - bytes, PAGE_SIZE);
    *end = *start + bytes;
    return vm_write(vm, *start, data, bytes);
}

static bool load_device_tree(struct vm *vm, uint64_t *where)
{
    static char tree[FDT_VM_SIZE] __attribute__((aligned(8)));
    static struct spinlock tree_lock;
    struct fdt_vm machine_of_vm = {
        .memory_base = VM_RAM_BASE,
        .memory_size = vm->config->memory,
        .vcpus = vm->vcpu_count,
        .timebase_hz = machine.shared->timebase_hz,
        .uart_base = uart_device.base,
        .bootargs = vm->config->args,
    };
    *where = VM_RAM_BASE + vm->config->memory - FDT_VM_SIZE;
    if (!load_initrd(vm, *where, &machine_of_vm.initrd_start, &machine_of_vm.initrd_end))
        return false;
    spin_lock(&tree_lock);
    size_t bytes = fdt_write_vm(tree, sizeof(tree), &machine_of_vm);
    bool done = bytes && vm_write(vm, *where, tree, bytes);
    spin_unlock(&tree_lock);
    return done;
}

void vm_start(struct vm *vm)
{
    struct image image;
    uint64_t tree;
    guest_clock_start(vm, rdtime());
    vm->stats->hgatp = gstage_hgatp(&vm->gstage);
    vm->stats->started = rdtime();
    vm->stats->why[0] = '\0';
    vm->stats->starts++;
    vm->stats->area_offset = vm->stats->area_bytes = 0;
    memset(&vm->uart, 0, sizeof(vm->uart));
    vm_forget_translations(vm);
    for (uint32_t id = 0; id < vm->vcpu_count; id++)
        vm->vcpus[id].requests = 0;

    bool joined = join_scheduler(vm);
    bool loaded = joined && load_image(vm, &image) && load_device_tree(vm, &tree);
    spin_lock(&vm->lock);
    vm->ending = VM_GOES_ON; /* not before: nobody else ends a VM that is being rebooted */
    vm->online++;            /* it does not end before it has begun */
    spin_unlock(&vm->lock);
    if (loaded) {
        set_state(vm, STINT_VM_RUNNING);
        vm->vcpus[0].hsm = SBI_HSM_START_PENDING;
        vm_start_vcpu(&vm->vcpus[0], image.entry, tree);
    } else {
        vm_end(vm, VM_CRASHES,
               joined ? "no memory left to load its image"
                      : "no pCPU has the room that %s must give its VCPUs",
               machine.sched.ops->name);
    }
    vm_vcpu_gone(vm);
}

void vm_start_vcpu(struct vcpu *v, uint64_t pc, uint64_t opaque)
{
    struct vm *vm = v->vm;
    vcpu_reset(v, pc, opaque);
    __atomic_fetch_and(&v->requests, VCPU_REQ_OFFLINE, __ATOMIC_SEQ_CST); /* IPIs of a former life */
    spin_lock(&vm->lock);
    vm->online++;
    spin_unlock(&vm->lock);
    __atomic_store_n(&v->hsm, SBI_HSM_STARTED, __ATOMIC_SEQ_CST);
    vcpu_online(v, STINT_WAKE_START);
}

/* It is paused, and goes on. Returns the VCPUs that bring_back() must put online, a bit each. Under vm->lock. */
static uint32_t end_pause(struct vm *vm)
{
    uint32_t back = 0;
    vm->ending = VM_GOES_ON;
    vm->resumes = false;
    vm->stats->why[0] = '\0';
    set_state(vm, STINT_VM_RUNNING);
    vm->online = 1; /* it does not end before all are back */
    for (uint32_t id = 0; id < vm->vcpu_count; id++) {
        vm->vcpus[id].requests &= ~VCPU_REQ_OFFLINE;
        if (vm->vcpus[id].hsm == SBI_HSM_STARTED) {
            back |= 1U << id;
            vm->online++;
        }
    }
    return back;
}

/* Not those that a sibling which is back already has started: they are online. */
static void bring_back(struct vm *vm, uint32_t back)
{
    for (uint32_t id = 0; id < vm->vcpu_count; id++)
        if (back & 1U << id)
            vcpu_online(&vm->vcpus[id], STINT_WAKE_RESUME);
    vm_vcpu_gone(vm);
}

/* All of its VCPUs are offline, unless somebody has just decided on another ending, who carries that out. */
static void finish_pause(struct vm *vm)
{
    spin_lock(&vm->lock);
    bool pauses = vm->ending == VM_PAUSES, resumes = pauses && vm->resumes;
    uint32_t back = 0;
    if (pauses)
        set_state(vm, STINT_VM_PAUSED);
    if (resumes)
        back = end_pause(vm);
    spin_unlock(&vm->lock);
    if (resumes)
        bring_back(vm, back);
}

/* The VM has no VCPU online any more, and an ending was decided: carry it out. */
static void finish(struct vm *vm)
{
    enum vm_ending ending = vm->ending;
    timer_cancel(&vm->timer);
    console_guest_flush(vm->index);
    if (ending == VM_PAUSES) {
        finish_pause(vm);
        return;
    }
    for (uint32_t id = 0; id < vm->vcpu_count; id++)
        vm->vcpus[id].hsm = SBI_HSM_STOPPED;
    gstage_clear(&vm->gstage);
    vm->stats->hgatp = 0;
    if (ending == VM_REBOOTS) {
        set_state(vm, STINT_VM_WAITING);
        vm_start(vm);
    } else {
        leave_scheduler(vm);
        set_state(vm, ending == VM_CRASHES ? STINT_VM_CRASHED : STINT_VM_STOPPED);
        machine_vm_ended();
    }
}

void vm_end(struct vm *vm, enum vm_ending ending, const char *why, ...)
{
    va_list args;
    spin_lock(&vm->lock);
    bool first = vm->ending == VM_GOES_ON || vm->ending == VM_PAUSES;
    if (first) {
        va_start(args, why);
        vformat(vm->stats->why, sizeof(vm->stats->why), why, args);
        va_end(args);
        vm->ending = ending;
        vm->online++; /* it does not end, and start anew, before all are asked */
    }
    spin_unlock(&vm->lock);
    if (!first)
        return;
    vcpu_request(vm, bit_mask(vm->vcpu_count), VCPU_REQ_OFFLINE);
    vm_vcpu_gone(vm);
}

void vm_vcpu_gone(struct vm *vm)
{
    spin_lock(&vm->lock);
    bool last = --vm->online == 0;
    enum vm_ending ending = vm->ending;
    bool over = vm->stats->state == STINT_VM_STOPPED || vm->stats->state == STINT_VM_CRASHED;
    spin_unlock(&vm->lock);
    if (!last || over)
        return;
    if (ending == VM_GOES_ON) /* every hart stopped itself by HSM */
        vm_end(vm, VM_STOPS, "all of its harts stopped themselves");
    else
        finish(vm);
}

void vm_pause(struct vm *vm)
{
    spin_lock(&vm->lock);
    bool runs = vm->stats->state == STINT_VM_RUNNING && vm->ending == VM_GOES_ON;
    vm->resumes = false;
    spin_unlock(&vm->lock);
    if (runs)
        vm_end(vm, VM_PAUSES, "paused by the operator");
}

void vm_resume(struct vm *vm)
{
    spin_lock(&vm->lock);
    bool paused = vm->stats->state == STINT_VM_PAUSED;
    uint32_t back = 0;
    vm->resumes = !paused && vm->ending == VM_PAUSES;
    if (paused)
        back = end_pause(vm);
    spin_unlock(&vm->lock);
    if (paused)
        bring_back(vm, back);
}
