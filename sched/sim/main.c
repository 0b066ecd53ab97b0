/* SPDX-License-Identifier: MIT */
/*
 * The simulator: stint-sim SCENARIO FILE [--switch-cost NS] [KEY=VALUE ...]
 *
 * Runs the scenario with the schedulers of sched/, and leaves what happened in FILE, as the hypervisor leaves it in
 * QEMU's RAM. Exit codes: 0; 2: it could not run, and the message says why; 3: the simulator or a scheduler failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/spinlock.h"
#include "lib/string.h"
#include "sched/sim/host.h"
#include "sched/sim/sim.h"

#define MOST_OVERRIDES 65536

static struct scenario scenario;

/* There is one thread, so nobody ever waits for a lock that will be free. */
void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    host_must(false, "a scheduler takes a lock that it has");
}

static char *read_file(const char *path, size_t *bytes)
{
    size_t room = 1 << 16;
    char *text = host_memory(room, 1);
    FILE *file = fopen(path, "rb");

    if (!file)
        host_refuse("%s cannot be read", path);
    *bytes = 0;
    for (size_t got; (got = fread(text + *bytes, 1, room - *bytes, file)) > 0;) {
        *bytes += got;
        if (*bytes == room)
            text = host_more(text, room *= 2, 1);
    }
    fclose(file);
    return text;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void read_scenario(const char *path, char *const *words)
{
    static char overrides[MOST_OVERRIDES], error[512];
    size_t bytes, used = 0;
    char *text = read_file(path, &bytes);

    for (; *words; words++) {
        used += (size_t)snprintf(overrides + used, sizeof(overrides) - used, "%s ", *words);
        if (used >= sizeof(overrides))
            host_refuse("the overrides are too long: at most %u characters", MOST_OVERRIDES - 1);
    }
    if (!config_parse(&scenario, text, bytes, base_name(path), overrides, error, sizeof(error)))
        host_refuse("%s", error);
    host_free(text);
}

static uint64_t read_cost(const char *text)
{
    const char *end;
    uint64_t ns;

    if (!parse_u64(text, &end, &ns) || *end || ns > 1000000000)
        host_refuse("found --switch-cost %s, expected a number of ns up to 1000000000", text);
    return round_up_to_tick(ns);
}

static void make_machine(void)
{
    sim.scenario = &scenario;
    sim.random = scenario.seed;
    for (uint32_t i = 0; i < scenario.vms; i++)
        sim.vcpus += scenario.vm[i].vcpus;
    sim.pcpu = host_memory(scenario.pcpus, sizeof(*sim.pcpu));
    sim.thinkers = host_memory(scenario.pcpus, sizeof(struct pcpu *));
    sim.vcpu = host_memory(sim.vcpus, sizeof(*sim.vcpu));
    sim.vm = host_memory(scenario.vms, sizeof(*sim.vm));
    sim.rq = aligned_alloc(64, scenario.pcpus * sizeof(*sim.rq));
    if (!sim.rq)
        host_refuse("no memory for %u run queues", scenario.pcpus);
    events_init(&sim.events, scenario.pcpus + sim.vcpus + scenario.vms + scenario.events + 1);
    for (uint32_t id = 0; id < scenario.pcpus; id++)
        sim.pcpu[id].id = id;
    sim.self = sim.pcpu;
}

static void free_machine(void)
{
    vm_free_all();
    events_free(&sim.events);
    host_free(sim.rq);
    host_free(sim.vm);
    host_free(sim.vcpu);
    host_free(sim.thinkers);
    host_free(sim.pcpu);
}

static void make_scheduler(void)
{
    static const struct sched_owner owner = {.parked = vcpu_note_parked};

    sched_init(&sim.sched, scenario.sched, &owner, sim.rq, &scenario.topology);
    sched_begin_with(&sim.sched, scenario.sched_param);
}

static void check_admission(void)
{
    const struct vm *refused = vm_find_refused();

    if (refused)
        host_refuse(
            "%s:%u: no pCPU has the room that the scheduler %s must give the VCPUs of [vm %s]: reservations "
            "of a pCPU may add up to 100 %%, and VCPUs that must be apart need a pCPU each",
            scenario.file, refused->config->line, scenario.sched->name, refused->config->name);
}

int main(int argc, char **argv)
{
    int words = 3;

    if (argc > 4 && strcmp(argv[3], "--switch-cost") == 0) {
        sim.switch_cost = read_cost(argv[4]);
        words = 5;
    }
    if (argc < 3)
        host_refuse("usage: stint-sim SCENARIO FILE [--switch-cost NS] [KEY=VALUE ...]");
    read_scenario(argv[1], argv + words);
    make_machine();
    region_open(argv[2]);
    make_scheduler();
    vm_init_all();
    check_admission();
    run_all();
    region_close();
    free_machine();
    return 0;
}
