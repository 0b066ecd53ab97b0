/* SPDX-License-Identifier: MIT */
/*
 * The run as a whole: the shared region, when things are due, and the end, in
 * which all pCPUs meet so that every tick of the run belongs to somebody.
 */
#include "hyp/machine.h"
#include "hyp/clock.h"
#include "hyp/command.h"
#include "hyp/console.h"
#include "hyp/firmware.h"
#include "hyp/page.h"
#include "hyp/pcpu.h"
#include "hyp/riscv.h"
#include "hyp/vm.h"
#include "lib/bitops.h"
#include "lib/string.h"

#define POLL_NS 10000000U /* how often a user's keys are looked for */

struct machine machine;

static struct timer end_timer, poll_timer;
static uint32_t sleeping; /* pCPUs in wfi; atomic */
static uint32_t wakings;  /* how often one came out of it; atomic */
static uint32_t leader;   /* 1: some pCPU does the last rites; atomic */

uint64_t machine_init_shared(const struct scenario *scenario, uint32_t timebase_hz)
{
    struct stint_shared *shared = machine.shared;
    uint32_t vcpus = 0;
    for (uint32_t i = 0; i < scenario->vms; i++)
        vcpus += scenario->vm[i].vcpus;
    shared->pcpus = scenario->pcpus;
    shared->vms = scenario->vms;
    shared->vcpus = vcpus;
    shared->timebase_hz = timebase_hz;
    shared->ring_slots = scenario->trace_slots;
    shared->commands = scenario->events;
    for (uint32_t i = 0; i < STINT_MAX_SCHEDS && sched_all[i]; i++)
        strlcpy(shared->scheds[i], sched_all[i]->name, sizeof(shared->scheds[i]));
    strlcpy(shared->sched, scenario->sched->name, sizeof(shared->sched));

    shared->pcpus_offset = PAGE_SIZE;
    shared->vms_offset = shared->pcpus_offset + scenario->pcpus * sizeof(struct stint_pcpu_stats);
    shared->vcpus_offset = shared->vms_offset + scenario->vms * sizeof(struct stint_vm_stats);
    shared->commands_offset = shared->vcpus_offset + vcpus * sizeof(struct stint_vcpu_stats);
    shared->rings_offset = align_up(shared->commands_offset + scenario->events * sizeof(struct stint_command),
                                    PAGE_SIZE);
    shared->areas_offset = align_up(shared->rings_offset + (uint64_t)scenario->pcpus * scenario->trace_slots *
                                                               sizeof(struct stint_event),
                                    PAGE_SIZE);
    shared->bytes = shared->areas_offset + (uint64_t)scenario->vms * STINT_AREA_MAX;
    memset((void *)(STINT_SHARED_BASE + PAGE_SIZE), 0, shared->rings_offset - PAGE_SIZE);

    for (uint32_t id = 0; id < pcpu_count; id++) {
        struct pcpu *p = &pcpus[id];
        p->stats = (struct stint_pcpu_stats *)(STINT_SHARED_BASE + shared->pcpus_offset) + id;
        p->stats->hart = p->hart;
        p->stats->vcpu = STINT_NO_VCPU;
        p->ring_mask = scenario->trace_slots - 1;
        if (scenario->trace_slots)
            p->ring = (struct stint_event *)(STINT_SHARED_BASE + shared->rings_offset) +
                      (uint64_t)id * scenario->trace_slots;
    }
    return STINT_SHARED_BASE + shared->bytes;
}

static void end_due(struct timer *t)
{
    (void)t;
    machine_end(STINT_END_TIME);
}

static void poll_due(struct timer *t)
{
    console_poll();
    timer_arm(pcpu_self(), t, rdtime() + ns_to_ticks(POLL_NS));
}

void machine_begin(struct pcpu *self, const struct scenario *scenario)
{
    uint64_t start = rdtime();
    machine.beat = scenario->pcpus > 1 && scenario->beat_ns ? ns_to_ticks(scenario->beat_ns) : 0;
    machine.shared->start_time = start;
    memcpy(machine.shared->magic, STINT_SHARED_MAGIC, sizeof(machine.shared->magic));

    command_arm_all(self, scenario, start);
    timer_init(&end_timer, end_due);
    timer_init(&poll_timer, poll_due);
    if (scenario->time_ns)
        timer_arm(self, &end_timer, start + ns_to_ticks(scenario->time_ns));
    if (scenario->console_mux)
        timer_arm(self, &poll_timer, start);
    vm_begin_all(self);
    __atomic_store_n(&machine.start_time, start, __ATOMIC_RELEASE);
    pcpu_release_others();
}

void machine_end(enum stint_end why)
{
    uint32_t not_yet = STINT_END_NOT;
    if (!__atomic_compare_exchange_n(&machine.end, &not_yet, why, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return;
    pcpu_alert(bit_mask(pcpu_count));
}

void machine_vm_ended(void)
{
    for (uint32_t i = 0; i < vm_count; i++)
        if (vms[i].stats->state != STINT_VM_STOPPED && vms[i].stats->state != STINT_VM_CRASHED)
            return;
    machine_end(STINT_END_STOPPED);
}

static bool nothing_to_come(void)
{
    for (uint32_t id = 0; id < pcpu_count; id++)
        if (!clock_is_quiet(&pcpus[id]) || pcpus[id].attention)
            return false;
    return true;
}

void machine_idles(void)
{
    uint32_t before = __atomic_load_n(&wakings, __ATOMIC_SEQ_CST);
    if (__atomic_add_fetch(&sleeping, 1, __ATOMIC_SEQ_CST) == pcpu_count && nothing_to_come() &&
        __atomic_load_n(&wakings, __ATOMIC_SEQ_CST) == before)
        machine_end(STINT_END_STUCK);
}

void machine_wakes(void)
{
    __atomic_add_fetch(&wakings, 1, __ATOMIC_SEQ_CST);
    __atomic_sub_fetch(&sleeping, 1, __ATOMIC_SEQ_CST);
}

static void await_others(struct pcpu *self)
{
    for (uint32_t id = 0; id < pcpu_count; id++)
        for (uint64_t turns = 0; &pcpus[id] != self && !__atomic_load_n(&pcpus[id].ended, __ATOMIC_ACQUIRE);
             turns++) {
            clock_nap();
            if (turns == NAP_BOUND) {
                console_print("[stint] pCPU %u does not come to the end of the run; going on without it\n",
                              id);
                break;
            }
        }
}

void machine_leave(struct pcpu *self)
{
    __atomic_store_n(&self->ended, true, __ATOMIC_RELEASE);
    if (__atomic_exchange_n(&leader, 1, __ATOMIC_SEQ_CST)) {
        csr_write(sie, 0);
        for (;;)
            wfi();
    }
    await_others(self);
    for (uint32_t i = 0; i < vm_count; i++)
        console_guest_flush(i);
    machine.shared->pages_free = page_available();
    machine.shared->end = machine.end;
    machine.shared->end_time = rdtime();
    machine_off();
}

void machine_off(void)
{
    firmware_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, SBI_SRST_SHUTDOWN, SBI_SRST_REASON_NONE, 0);
    for (;;)
        wfi();
}
