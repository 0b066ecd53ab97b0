/* SPDX-License-Identifier: MIT */
/* A guest's device tree for the tests of its writer (hyp/fdt.c) and of the reader (lib/fdt.c). */
#ifndef TESTS_UNIT_FDT_HELP_H
#define TESTS_UNIT_FDT_HELP_H

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "hyp/fdt.h"
#include "lib/fdt.h"

static const struct fdt_vm machine = {
    .memory_base = 0x80000000,
    .memory_size = 16 << 20,
    .vcpus = 3,
    .timebase_hz = 10000000,
    .uart_base = 0x10000000,
    .bootargs = "spin spin slice=10ms",
    .initrd_start = 0x80800000,
    .initrd_end = 0x80801234,
};

static _Alignas(8) uint8_t blob[64 * 1024];

/* The tree of `vm`, in blob and open. */
static inline struct fdt open_vm(const struct fdt_vm *vm, size_t *size)
{
    struct fdt fdt;

    *size = fdt_write_vm(blob, sizeof(blob), vm);
    assert_int_not_equal(*size, 0);
    assert_null(fdt_open(&fdt, blob, *size));
    assert_int_equal(fdt.total_size, *size);
    return fdt;
}

#endif
