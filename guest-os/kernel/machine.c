/* SPDX-License-Identifier: MIT */
/*
 * The device tree, as far as it matters here.
 */
#include "guest-os/kernel/machine.h"
#include "guest-os/kernel/cpu.h"
#include "guest-os/kernel/panic.h"
#include "guest-os/kernel/timer.h"
#include "lib/bitops.h"
#include "lib/fdt.h"
#include "lib/string.h"

#define TREE_MOST (1024 * 1024)
#define CLOCK_HZ  (1000000000 / NS_PER_TICK)

extern char kernel_limit[]; /* of the linker script: the kernel's memory ends here */

static bool has_extension(const struct fdt *fdt, uint32_t cpu, const char *name)
{
    const char *extension;

    for (uint32_t i = 0; (extension = fdt_string(fdt, cpu, "riscv,isa-extensions", i)); i++)
        if (strcmp(extension, name) == 0)
            return true;
    return false;
}

static void read_harts(struct machine *machine, const struct fdt *fdt, uint32_t cpus)
{
    uint32_t cpu = FDT_NONE;

    machine->sstc = true;
    while ((cpu = fdt_next_child(fdt, cpus, cpu, "cpu@")) != FDT_NONE) {
        uint64_t hart, size;

        if (!fdt_reg(fdt, cpus, cpu, 0, &hart, &size))
            panic("the device tree has a CPU without a hart id");
        if (hart < CPUS)
            machine->harts |= BIT(hart);
        machine->sstc = machine->sstc && has_extension(fdt, cpu, "sstc");
    }
}

static void check_clock(const struct fdt *fdt, uint32_t cpus)
{
    uint32_t hz = 0;

    if (!fdt_u32(fdt, cpus, "timebase-frequency", &hz) || hz != CLOCK_HZ)
        panic("the clock has %u Hz; this kernel knows only %u Hz", hz, CLOCK_HZ);
}

static void read_args(struct machine *machine, const struct fdt *fdt)
{
    uint32_t chosen = fdt_find_path(fdt, "/chosen");
    const char *args = chosen == FDT_NONE ? NULL : fdt_string(fdt, chosen, "bootargs", 0);

    if (args && strlcpy(machine->args, args, sizeof(machine->args)) >= sizeof(machine->args))
        panic("the arguments are longer than %d characters", MACHINE_ARGS_LENGTH);
}

void machine_read(struct machine *machine, const void *tree)
{
    struct fdt fdt;
    const char *wrong;
    uint32_t cpus;

    if ((const char *)tree < kernel_limit)
        panic("the device tree lies in the kernel's own memory: the machine needs 8 MiB");
    wrong = fdt_open(&fdt, tree, TREE_MOST);
    if (wrong)
        panic("the device tree at %p cannot be read: %s", tree, wrong);
    cpus = fdt_find_path(&fdt, "/cpus");
    if (cpus == FDT_NONE)
        panic("the device tree has no /cpus");
    check_clock(&fdt, cpus);
    read_harts(machine, &fdt, cpus);
    read_args(machine, &fdt);
}
