/* SPDX-License-Identifier: MIT */
/*
 * What the host reads, laid out as the hypervisor does it (include/stint/shared.h) in a file that stands for the
 * machine's RAM. Whatever is not written takes no room there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "lib/bitops.h"
#include "lib/string.h"
#include "sched/sim/host.h"
#include "sched/sim/sim.h"

#define PAGE         4096UL
#define AREA_BYTES   align_up(sizeof(struct stint_area), PAGE)
#define BEFORE_BYTES (STINT_SHARED_BASE - STINT_RAM_BASE)

static struct stint_shared *shared;

/* The header, complete but for the magic. */
static struct stint_shared lay_out(const struct scenario *scenario)
{
    struct stint_shared s = {.version = STINT_SHARED_VERSION,
                             .pcpus = scenario->pcpus,
                             .vms = scenario->vms,
                             .vcpus = sim.vcpus,
                             .timebase_hz = 1000000000 / TICK_NS,
                             .ring_slots = scenario->trace_slots,
                             .commands = scenario->events,
                             .start_time = START_TICKS};

    for (uint32_t i = 0; i < STINT_MAX_SCHEDS && sched_all[i]; i++)
        strlcpy(s.scheds[i], sched_all[i]->name, sizeof(s.scheds[i]));
    s.pcpus_offset = PAGE;
    s.vms_offset = s.pcpus_offset + s.pcpus * sizeof(struct stint_pcpu_stats);
    s.vcpus_offset = s.vms_offset + s.vms * sizeof(struct stint_vm_stats);
    s.commands_offset = s.vcpus_offset + s.vcpus * sizeof(struct stint_vcpu_stats);
    s.rings_offset = align_up(s.commands_offset + s.commands * sizeof(struct stint_command), PAGE);
    s.areas_offset = align_up(s.rings_offset + (uint64_t)s.pcpus * s.ring_slots * sizeof(struct stint_event),
                              PAGE);
    s.bytes = s.areas_offset + s.vms * AREA_BYTES;
    return s;
}

static void *at(uint64_t offset)
{
    return (char *)shared + offset;
}

static void map_file(const char *path, uint64_t bytes)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    void *memory = MAP_FAILED;

    if (file >= 0 && ftruncate(file, (off_t)(BEFORE_BYTES + bytes)) == 0)
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, BEFORE_BYTES);
    if (memory == MAP_FAILED)
        host_refuse("%s cannot be made as a file of %llu MiB: %s", path,
                    (unsigned long long)(BEFORE_BYTES + bytes) >> 20, strerror(errno));
    close(file);
    shared = memory;
}

void region_open(const char *path)
{
    struct stint_shared header = lay_out(sim.scenario);

    map_file(path, header.bytes);
    *shared = header;
    for (uint32_t id = 0; id < header.pcpus; id++) {
        struct pcpu *p = &sim.pcpu[id];

        p->stats = (struct stint_pcpu_stats *)at(header.pcpus_offset) + id;
        p->stats->hart = id;
        p->stats->vcpu = STINT_NO_VCPU;
        if (header.ring_slots)
            p->ring = (struct stint_event *)at(header.rings_offset) + (uint64_t)id * header.ring_slots;
    }
    for (uint32_t i = 0; i < header.vms; i++)
        sim.vm[i].stats = (struct stint_vm_stats *)at(header.vms_offset) + i;
    for (uint32_t i = 0; i < header.vcpus; i++)
        sim.vcpu[i].stats = (struct stint_vcpu_stats *)at(header.vcpus_offset) + i;
}

struct stint_command *region_commands(void)
{
    return at(shared->commands_offset);
}

void region_report(struct vm *vm)
{
    uint64_t offset = shared->areas_offset + vm->index * AREA_BYTES;

    guest_report(&vm->guest, at(offset), sim.now);
    vm->stats->area_offset = offset;
    vm->stats->area_bytes = AREA_BYTES;
}

void region_close(void)
{
    for (uint32_t i = 0; i < shared->vms; i++) {
        enum stint_vm_state state = sim.vm[i].stats->state;

        if (state == STINT_VM_RUNNING || state == STINT_VM_PAUSED)
            region_report(&sim.vm[i]);
    }
    shared->end = sim.end;
    shared->end_time = host_clock();
    strlcpy(shared->sched, sim.sched.ops->name, sizeof(shared->sched));
    memcpy(shared->magic, STINT_SHARED_MAGIC, sizeof(shared->magic));
    munmap(shared, shared->bytes);
}

void trace(enum stint_event_type type, uint32_t vcpu, uint64_t arg, uint64_t a, uint64_t b)
{
    struct pcpu *p = sim.self;
    uint64_t n = p->stats->trace_head;

    if (!p->ring)
        return;
    p->ring[n & (sim.scenario->trace_slots - 1)] = (struct stint_event){.time = host_clock(),
                                                                        .type = (uint16_t)type,
                                                                        .vcpu = (uint16_t)vcpu,
                                                                        .arg = (uint32_t)arg,
                                                                        .a = a,
                                                                        .b = b};
    p->stats->trace_head = n + 1;
}
