/* SPDX-License-Identifier: MIT */
/*
 * The device tree writer (hyp/fdt.c): what is written is read back, and a guest's tree has what systems in the
 * wild look for.
 */
#include "tests/unit/fdt_help.h"

static void assert_string_at(const struct fdt *fdt, const char *path, const char *name, const char *want)
{
    const char *text = fdt_string(fdt, fdt_find_path(fdt, path), name, 0);

    assert_non_null(text);
    assert_string_equal(text, want);
}

static void assert_u64_at(const struct fdt *fdt, const char *path, const char *name, uint64_t want)
{
    uint64_t value;

    assert_true(fdt_u64(fdt, fdt_find_path(fdt, path), name, &value));
    assert_int_equal(value, want);
}

static void test_vm_chosen_and_memory(void **state)
{
    size_t size;
    struct fdt fdt = open_vm(&machine, &size);
    uint32_t root = fdt_root(&fdt), node = fdt_find_path(&fdt, "/memory@80000000");
    uint64_t base, length;

    (void)state;
    assert_string_equal(fdt_name(&fdt, root), "");
    assert_string_at(&fdt, "/", "model", "stint,virt");
    assert_string_at(&fdt, "/", "compatible", "riscv-virtio");
    assert_string_at(&fdt, "/chosen", "bootargs", machine.bootargs);
    assert_string_at(&fdt, "/chosen", "stdout-path", "/soc/serial@10000000");
    assert_u64_at(&fdt, "/chosen", "linux,initrd-start", machine.initrd_start);
    assert_u64_at(&fdt, "/chosen", "linux,initrd-end", machine.initrd_end);
    assert_null(fdt_string(&fdt, fdt_find_path(&fdt, "/chosen"), "rng-seed", 0));
    assert_string_at(&fdt, "/memory", "device_type", "memory");
    assert_true(fdt_reg(&fdt, root, node, 0, &base, &length));
    assert_int_equal(base, machine.memory_base);
    assert_int_equal(length, machine.memory_size);
    assert_false(fdt_reg(&fdt, root, node, 1, &base, &length));
    assert_false(fdt_reg(&fdt, root, node, UINT32_MAX, &base, &length));
}

static void test_vm_cpus(void **state)
{
    static const char *const extensions[] = {"i",      "m",     "a",        "f",    "d",    "c",
                                             "zicntr", "zicsr", "zifencei", "sstc", "svadu"};
    size_t size;
    struct fdt fdt = open_vm(&machine, &size);
    uint32_t cpus = fdt_find_path(&fdt, "/cpus"), cpu = FDT_NONE, hart, count = 0;
    uint64_t base, length;

    (void)state;
    assert_u64_at(&fdt, "/cpus", "timebase-frequency", 10000000);
    while ((cpu = fdt_next_child(&fdt, cpus, cpu, "cpu@")) != FDT_NONE) {
        assert_true(fdt_u32(&fdt, cpu, "reg", &hart));
        assert_int_equal(hart, count++);
        assert_true(fdt_reg(&fdt, cpus, cpu, 0, &base, &length));
        assert_int_equal(base, hart);
        assert_int_equal(length, 0);
        for (uint32_t i = 0; i < COUNT_OF(extensions); i++)
            assert_string_equal(fdt_string(&fdt, cpu, "riscv,isa-extensions", i), extensions[i]);
        assert_null(fdt_string(&fdt, cpu, "riscv,isa-extensions", COUNT_OF(extensions)));
    }
    assert_int_equal(count, 3);
    assert_string_at(&fdt, "/cpus/cpu@2", "device_type", "cpu");
    assert_string_at(&fdt, "/cpus/cpu@2", "status", "okay");
    assert_string_at(&fdt, "/cpus/cpu@2", "compatible", "riscv");
    assert_string_at(&fdt, "/cpus/cpu@2", "mmu-type", "riscv,sv39");
    assert_string_at(&fdt, "/cpus/cpu@2", "riscv,isa", "rv64imafdc_zicntr_zicsr_zifencei_sstc_svadu");
    assert_string_at(&fdt, "/cpus/cpu@2", "riscv,isa-base", "rv64i");
    assert_string_at(&fdt, "/cpus/cpu@2/interrupt-controller", "compatible", "riscv,cpu-intc");
    assert_u64_at(&fdt, "/cpus/cpu@2/interrupt-controller", "phandle", 3);
}

static void test_vm_serial(void **state)
{
    size_t size;
    struct fdt fdt = open_vm(&machine, &size);
    uint32_t soc = fdt_find_path(&fdt, "/soc"), serial = fdt_find_compatible(&fdt, FDT_NONE, "ns16550a");
    uint64_t base, length;

    (void)state;
    assert_int_equal(serial, fdt_find_path(&fdt, "/soc/serial"));
    assert_string_equal(fdt_name(&fdt, serial), "serial@10000000");
    assert_true(fdt_reg(&fdt, soc, serial, 0, &base, &length));
    assert_int_equal(base, 0x10000000);
    assert_int_equal(length, 0x100);
    assert_u64_at(&fdt, "/soc/serial", "clock-frequency", 3686400);
    assert_int_equal(fdt_find_compatible(&fdt, serial, "ns16550a"), FDT_NONE);
}

static void test_vm_without_initrd_and_with_many_cpus(void **state)
{
    struct fdt_vm vm = machine;
    size_t size;
    struct fdt fdt;
    uint32_t found = 0;

    (void)state;
    vm.initrd_start = vm.initrd_end = 0;
    vm.vcpus = 32;
    fdt = open_vm(&vm, &size);
    assert_in_range(size, 1, FDT_VM_SIZE - 2048);
    assert_null(fdt_bytes(&fdt, fdt_find_path(&fdt, "/chosen"), "linux,initrd-start", &found));
    for (uint32_t node = FDT_NONE; (node = fdt_find_compatible(&fdt, node, "riscv,cpu-intc")) != FDT_NONE;)
        found++;
    assert_int_equal(found, 32);
    assert_string_equal(fdt_name(&fdt, fdt_find_path(&fdt, "/cpus/cpu@1f")), "cpu@1f");
}

static void test_same_tree_twice(void **state)
{
    static uint8_t again[sizeof(blob)];
    size_t size;

    (void)state;
    memset(again, 0xff, sizeof(again));
    open_vm(&machine, &size);
    assert_int_equal(fdt_write_vm(again, sizeof(again), &machine), size);
    assert_memory_equal(again, blob, size);
}

static void test_writer_too_little_room(void **state)
{
    size_t size;

    (void)state;
    open_vm(&machine, &size);
    for (size_t room = 0; room < size; room++) {
        uint8_t *small = malloc(room + 1); /* the sanitizer watches its end */

        assert_int_equal(fdt_write_vm(small, room, &machine), 0);
        free(small);
    }
    assert_int_equal(fdt_write_vm(blob, size, &machine), size);
}

static void test_writer_wrong_nesting(void **state)
{
    struct fdt_writer writer;

    (void)state;
    fdt_write_begin(&writer, blob, sizeof(blob));
    fdt_write_node(&writer, "");
    assert_int_equal(fdt_write_finish(&writer), 0);

    fdt_write_begin(&writer, blob, sizeof(blob));
    fdt_write_end_node(&writer);
    assert_int_equal(fdt_write_finish(&writer), 0);

    fdt_write_begin(&writer, blob, sizeof(blob));
    fdt_write_flag(&writer, "outside");
    assert_int_equal(fdt_write_finish(&writer), 0);
}

static void test_writer_too_many_names(void **state)
{
    struct fdt_writer writer;
    char name[32];

    (void)state;
    fdt_write_begin(&writer, blob, sizeof(blob));
    fdt_write_node(&writer, "");
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "property-%d", i);
        fdt_write_u32(&writer, name, 1);
    }
    fdt_write_end_node(&writer);
    assert_int_equal(fdt_write_finish(&writer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vm_chosen_and_memory),
        cmocka_unit_test(test_vm_cpus),
        cmocka_unit_test(test_vm_serial),
        cmocka_unit_test(test_vm_without_initrd_and_with_many_cpus),
        cmocka_unit_test(test_same_tree_twice),
        cmocka_unit_test(test_writer_too_little_room),
        cmocka_unit_test(test_writer_wrong_nesting),
        cmocka_unit_test(test_writer_too_many_names),
    };

    return cmocka_run_group_tests_name("fdt_write", tests, NULL, NULL);
}
