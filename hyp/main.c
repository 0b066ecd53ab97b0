/* SPDX-License-Identifier: MIT */
/*
 * Bring-up: from the firmware's device tree to guests that run. Read main() as
 * the table of contents.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "hyp/clock.h"
#include "hyp/config.h"
#include "hyp/console.h"
#include "hyp/image.h"
#include "hyp/initrd.h"
#include "hyp/layout.h"
#include "hyp/machine.h"
#include "hyp/map.h"
#include "hyp/page.h"
#include "hyp/panic.h"
#include "hyp/pcpu.h"
#include "hyp/run.h"
#include "hyp/vcpu.h"
#include "hyp/vm.h"
#include "lib/fdt.h"
#include "lib/printf.h"
#include "lib/string.h"

/* What the firmware's device tree says of the machine. */
struct hardware {
    uint64_t ram_end;
    uint32_t timebase_hz;
    uint64_t initrd, initrd_end;
    const char *bootargs;
};

static struct scenario scenario;
static struct sched_rq run_queues[STINT_MAX_PCPUS];

/* The run does not begin: the reason goes where the host looks, and to the console. */
static void refuse(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void refuse(const char *fmt, ...)
{
    struct stint_shared *shared = machine.shared;
    va_list args;
    va_start(args, fmt);
    vformat(shared->message, sizeof(shared->message), fmt, args);
    va_end(args);
    shared->end = STINT_END_REFUSED;
    memcpy(shared->magic, STINT_SHARED_MAGIC, sizeof(shared->magic));
    console_print("[stint] %s\n", shared->message);
    machine_off();
}

static void init_shared_header(uint64_t instret)
{
    machine.shared = (struct stint_shared *)STINT_SHARED_BASE;
    memset(machine.shared, 0, sizeof(*machine.shared));
    machine.shared->version = STINT_SHARED_VERSION;
    machine.shared->boot_instret = instret;
}

/* pCPU numbers follow hart ids, whichever hart the firmware booted. */
static void add_hart(uint32_t hart)
{
    uint32_t at = pcpu_count;
    if (pcpu_count == STINT_MAX_PCPUS)
        refuse("the machine has more than %u harts", STINT_MAX_PCPUS);
    if (hart >= 64) /* one word of a mask holds all (pcpu_ask_them) */
        refuse("the machine has a hart %u; they may be 0 to 63", hart);
    for (; at > 0 && pcpus[at - 1].hart > hart; at--)
        pcpus[at].hart = pcpus[at - 1].hart;
    pcpus[at].hart = hart;
    pcpu_count++;
}

static void read_harts(const struct fdt *fdt, struct hardware *hardware)
{
    uint32_t cpus = fdt_find_path(fdt, "/cpus"), hart;
    if (cpus == FDT_NONE || !fdt_u32(fdt, cpus, "timebase-frequency", &hardware->timebase_hz))
        panic("the firmware's device tree has no /cpus with a timebase-frequency");
    for (uint32_t cpu = FDT_NONE; (cpu = fdt_next_child(fdt, cpus, cpu, "cpu@")) != FDT_NONE;)
        if (fdt_u32(fdt, cpu, "reg", &hart))
            add_hart(hart);
}

static void read_hardware(const void *blob, struct hardware *hardware)
{
    struct fdt fdt;
    uint64_t base, size;
    const char *problem = fdt_open(&fdt, blob, 1 << 20);
    if (problem)
        panic("the firmware's device tree: %s", problem);
    read_harts(&fdt, hardware);
    uint32_t memory = fdt_find_path(&fdt, "/memory"), chosen = fdt_find_path(&fdt, "/chosen");
    if (memory == FDT_NONE || !fdt_reg(&fdt, fdt_root(&fdt), memory, 0, &base, &size))
        panic("the firmware's device tree has no /memory");
    hardware->ram_end = base + size;
    if (chosen == FDT_NONE || !fdt_u64(&fdt, chosen, "linux,initrd-start", &hardware->initrd) ||
        !fdt_u64(&fdt, chosen, "linux,initrd-end", &hardware->initrd_end))
        refuse("there is no initrd with a scenario and guests; start with: tools/stint run SCENARIO");
    hardware->bootargs = fdt_string(&fdt, chosen, "bootargs", 0);
    page_reserve((uint64_t)blob, (uint64_t)blob + fdt.total_size);
    page_reserve(hardware->initrd, hardware->initrd_end);
    machine.initrd = (const void *)hardware->initrd;
    machine.initrd_bytes = hardware->initrd_end - hardware->initrd;
}

static void read_scenario(const struct hardware *hardware)
{
    static char error[sizeof(machine.shared->message)];
    const void *text;
    size_t bytes;
    if (!initrd_find(machine.initrd, machine.initrd_bytes, "scenario", &text, &bytes))
        refuse("the initrd has no file named scenario; start with: tools/stint run SCENARIO");
    if (!config_parse(&scenario, text, bytes, "scenario", hardware->bootargs ? hardware->bootargs : "", error,
                      sizeof(error)))
        refuse("%s", error);
    if (scenario.pcpus != pcpu_count)
        refuse("%s wants pcpus = %u, but the machine has %u harts (QEMU's -smp)", scenario.file,
               scenario.pcpus, pcpu_count);
}

/* tp, sp stay: from here on the boot hart is the pCPU of its number. */
static struct pcpu *become_pcpu(uint32_t boot_hart)
{
    for (uint32_t id = 0; id < pcpu_count; id++) {
        pcpus[id].id = id;
        if (pcpus[id].hart == boot_hart)
            asm volatile("mv tp, %0" ::"r"(&pcpus[id]));
    }
    machine.shared->boot_hart = boot_hart;
    pcpu_self()->stack_top = STACK_TOP(STACK_BOOT);
    return pcpu_self();
}

static void init_memory(const struct hardware *hardware)
{
    uint64_t end = machine_init_shared(&scenario, hardware->timebase_hz);
    if (end > hardware->initrd || end > hardware->ram_end)
        refuse(
            "%s: the trace and the guests' areas need %lu MiB, which reaches into the initrd; give QEMU more "
            "memory, or a smaller trace",
            scenario.file, machine.shared->bytes >> 20);
    page_init(end, hardware->ram_end);
    map_init(hardware->ram_end);
    map_enable();
}

static void check_file(const struct scenario_vm *vm, const char *kind, const char *name, uint32_t line,
                       const void **data, size_t *bytes)
{
    char path[80];
    format(path, sizeof(path), "%s/%s", kind, name);
    if (!initrd_find(machine.initrd, machine.initrd_bytes, path, data, bytes))
        refuse("%s:%u: found %s = %s in [vm %s], but there is no such image", scenario.file, line, kind, name,
               vm->name);
}

static void check_vm(const struct scenario_vm *vm)
{
    struct image image;
    const void *data;
    size_t bytes, initrd_bytes = 0;
    check_file(vm, "guest", vm->guest, vm->guest_line, &data, &bytes);
    const char *problem = image_parse(&image, data, bytes, VM_RAM_BASE, vm->memory);
    if (problem)
        refuse("%s:%u: guest image %s: %s", scenario.file, vm->guest_line, vm->guest, problem);
    if (vm->initrd[0])
        check_file(vm, "initrd", vm->initrd, vm->initrd_line, &data, &initrd_bytes);
    uint64_t room = VM_RAM_BASE + vm->memory - image.end;
    if (initrd_bytes + 3 * PAGE_SIZE + 16384 > room)
        refuse("%s:%u: found memory = %lu KiB in [vm %s], but its image, initrd and device tree need more",
               scenario.file, vm->memory_line ? vm->memory_line : vm->line, vm->memory >> 10, vm->name);
}

/* Bytes of G-stage tables below the root for that much RAM: one page for each 2 MiB, and two above. */
static uint64_t tables_for(uint64_t memory)
{
    return (memory / (2UL << 20) + 3 + memory / (1UL << 30)) * PAGE_SIZE;
}

/* Everything that can be known to go wrong is found before any VM starts. */
static void check_guests(void)
{
    uint64_t wanted = 0;
    for (uint32_t i = 0; i < scenario.vms; i++) {
        check_vm(&scenario.vm[i]);
        wanted += scenario.vm[i].memory + tables_for(scenario.vm[i].memory);
    }
    if (wanted > page_available() * PAGE_SIZE)
        refuse("%s: the VMs need %lu MiB of RAM and tables together, the machine has %lu MiB for them; give "
               "QEMU more memory",
               scenario.file, wanted >> 20, page_available() * PAGE_SIZE >> 20);
}

static void init_scheduler(void)
{
    static const struct sched_owner owner = {.parked = vcpu_note_parked};
    sched_init(&machine.sched, scenario.sched, &owner, run_queues, &scenario.topology);
    sched_begin_with(&machine.sched, scenario.sched_param);
}

static void check_admission(void)
{
    const struct vm *refused = vm_find_refused();
    if (refused)
        refuse(
            "%s:%u: no pCPU has the room that the scheduler %s must give the VCPUs of [vm %s]: reservations "
            "of a pCPU may add up to 100 %%, and VCPUs that must be apart need a pCPU each",
            scenario.file, refused->config->line, scenario.sched->name, refused->config->name);
}

void main(uint32_t boot_hart, const void *device_tree, uint64_t instret)
{
    struct hardware hardware = {0};

    init_shared_header(instret);
    console_init(false);
    read_hardware(device_tree, &hardware);
    struct pcpu *self = become_pcpu(boot_hart);
    read_scenario(&hardware);
    console_init(scenario.console_mux);
    machine.ignore_htinst = scenario.ignore_htinst;
    clock_init(hardware.timebase_hz);
    init_memory(&hardware);
    check_guests();
    init_scheduler();
    vm_init_all(&scenario);
    check_admission();
    machine.shared->pages_total = machine.shared->pages_free = page_total();

    pcpu_init_hart(self);
    pcpu_start_others();
    machine_begin(self, &scenario);
    pcpu_begin(self);
    run_loop(self);
}
