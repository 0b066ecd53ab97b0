/* SPDX-License-Identifier: MIT */
/*
 * The device tree reader (lib/fdt.c) and writer (hyp/fdt.c): what is written is read back, a guest's tree has
 * what systems in the wild look for, and no damage makes the reader leave the blob.
 */
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
static struct fdt open_vm(const struct fdt_vm *vm, size_t *size)
{
    struct fdt fdt;

    *size = fdt_write_vm(blob, sizeof(blob), vm);
    assert_int_not_equal(*size, 0);
    assert_null(fdt_open(&fdt, blob, *size));
    assert_int_equal(fdt.total_size, *size);
    return fdt;
}

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
    static const char *const extensions[] = {"i", "m",      "a",     "f",        "d",
                                             "c", "zicntr", "zicsr", "zifencei", "sstc", "svadu"};
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

static void write_sample(struct fdt_writer *writer)
{
    fdt_write_begin(writer, blob, sizeof(blob));
    fdt_write_node(writer, "");
    fdt_write_bytes(writer, "bytes", "\1\2\3\4\5", 5);
    fdt_write_flag(writer, "flag");
    fdt_write_u32(writer, "one", 0x12345678);
    fdt_write_u64(writer, "two", 0x123456789abcdef0);
    fdt_write_cells(writer, "three", (const uint32_t[]){1, 2, 3}, 3);
    fdt_write_string(writer, "empty", "");
    fdt_write_strings(writer, "list", (const char *const[]){"a", "", "bcd"}, 3);
    fdt_write_node(writer, "a");
    fdt_write_node_at(writer, "b", 0xf00);
    fdt_write_u32(writer, "one", 7);
    fdt_write_end_node(writer);
    fdt_write_end_node(writer);
    fdt_write_node(writer, "ab");
    fdt_write_end_node(writer);
    fdt_write_end_node(writer);
}

static struct fdt open_sample(void)
{
    struct fdt_writer writer;
    struct fdt fdt;
    size_t size;

    write_sample(&writer);
    size = fdt_write_finish(&writer);
    assert_null(fdt_open(&fdt, blob, size));
    return fdt;
}

static void test_reader_numbers(void **state)
{
    struct fdt fdt = open_sample();
    uint32_t root = fdt_root(&fdt), size = 4711, number;
    uint64_t value;

    (void)state;
    assert_memory_equal(fdt_bytes(&fdt, root, "bytes", &size), "\1\2\3\4\5", 5);
    assert_int_equal(size, 5);
    assert_non_null(fdt_bytes(&fdt, root, "flag", &size));
    assert_int_equal(size, 0);
    assert_true(fdt_u32(&fdt, root, "one", &number));
    assert_int_equal(number, 0x12345678);
    assert_false(fdt_u32(&fdt, root, "two", &number));
    assert_false(fdt_u32(&fdt, root, "none", &number));
    assert_true(fdt_u64(&fdt, root, "one", &value));
    assert_int_equal(value, 0x12345678);
    assert_true(fdt_u64(&fdt, root, "two", &value));
    assert_int_equal(value, 0x123456789abcdef0);
    assert_false(fdt_u64(&fdt, root, "three", &value));
    assert_false(fdt_u64(&fdt, root, "bytes", &value));
    assert_true(fdt_cells(&fdt, root, "three", 1, 2, &value));
    assert_int_equal(value, 0x200000003);
    assert_false(fdt_cells(&fdt, root, "three", 2, 2, &value));
    assert_false(fdt_cells(&fdt, root, "three", UINT64_MAX, 1, &value));
    assert_false(fdt_cells(&fdt, root, "three", 0, 3, &value));
}

static void test_reader_strings(void **state)
{
    struct fdt fdt = open_sample();
    uint32_t root = fdt_root(&fdt);

    (void)state;
    assert_string_equal(fdt_string(&fdt, root, "empty", 0), "");
    assert_null(fdt_string(&fdt, root, "empty", 1));
    assert_string_equal(fdt_string(&fdt, root, "list", 0), "a");
    assert_string_equal(fdt_string(&fdt, root, "list", 1), "");
    assert_string_equal(fdt_string(&fdt, root, "list", 2), "bcd");
    assert_null(fdt_string(&fdt, root, "list", 3));
    assert_null(fdt_string(&fdt, root, "bytes", 0));
    assert_null(fdt_string(&fdt, root, "flag", 0));
}

static void test_reader_paths_and_children(void **state)
{
    struct fdt fdt = open_sample();
    uint32_t root = fdt_root(&fdt), a = fdt_find_path(&fdt, "/a"), number;

    (void)state;
    assert_string_equal(fdt_name(&fdt, a), "a");
    assert_string_equal(fdt_name(&fdt, fdt_find_path(&fdt, "/ab/")), "ab");
    assert_int_equal(fdt_find_path(&fdt, "/a/b"), fdt_find_path(&fdt, "/a/b@f00"));
    assert_int_equal(fdt_find_path(&fdt, "/a/b@f0"), FDT_NONE);
    assert_int_equal(fdt_find_path(&fdt, "/abc"), FDT_NONE);
    assert_int_equal(fdt_find_path(&fdt, "/b"), FDT_NONE);
    assert_true(fdt_u32(&fdt, fdt_find_path(&fdt, "/a/b"), "one", &number));
    assert_int_equal(number, 7);
    assert_int_equal(fdt_next_child(&fdt, root, FDT_NONE, ""), a);
    assert_int_equal(fdt_next_child(&fdt, root, a, ""), fdt_find_path(&fdt, "/ab"));
    assert_int_equal(fdt_next_child(&fdt, root, a, "b"), FDT_NONE);
    assert_int_equal(fdt_next_child(&fdt, root, FDT_NONE, "ab"), fdt_find_path(&fdt, "/ab"));
    assert_int_equal(fdt_next_child(&fdt, fdt_find_path(&fdt, "/ab"), FDT_NONE, ""), FDT_NONE);
    assert_false(fdt_u32(&fdt, FDT_NONE, "one", &number));
    assert_int_equal(fdt_next_child(&fdt, FDT_NONE, FDT_NONE, ""), FDT_NONE);
    assert_string_equal(fdt_name(&fdt, FDT_NONE), "");
}

/* Asks everything of everything. Returns the number of nodes. */
static uint32_t visit(const struct fdt *fdt, uint32_t node, uint32_t depth)
{
    uint32_t count = 1, child = FDT_NONE, size;
    uint64_t base, length;

    fdt_bytes(fdt, node, "no such property", &size);
    fdt_string(fdt, node, "compatible", 1000);
    fdt_u64(fdt, node, "clock-frequency", &base);
    fdt_reg(fdt, fdt_root(fdt), node, 0, &base, &length);
    fdt_reg(fdt, node, node, 1, &base, &length);
    while (depth < 64 && (child = fdt_next_child(fdt, node, child, "")) != FDT_NONE)
        count += visit(fdt, child, depth + 1);
    return count;
}

/* Reads a copy whose end the sanitizer watches. Returns the number of nodes. */
static uint32_t visit_copy(const void *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    uint32_t count = 0;
    struct fdt fdt;

    memcpy(copy, bytes, size);
    if (!fdt_open(&fdt, copy, size)) {
        count = visit(&fdt, fdt_root(&fdt), 0);
        fdt_find_path(&fdt, "/cpus/cpu@2/interrupt-controller/x");
        fdt_find_compatible(&fdt, FDT_NONE, "no such device");
    }
    free(copy);
    return count;
}

static void put_u32(uint8_t *place, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        place[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_u32(const uint8_t *place)
{
    return (uint32_t)place[0] << 24 | (uint32_t)place[1] << 16 | (uint32_t)place[2] << 8 | place[3];
}

/* The guest's tree with one field of the header changed is refused. */
static void assert_refused(unsigned at, uint32_t value)
{
    struct fdt fdt;
    size_t size;

    open_vm(&machine, &size);
    put_u32(blob + at, value);
    assert_non_null(fdt_open(&fdt, blob, size));
}

static void test_bad_headers(void **state)
{
    (void)state;
    assert_refused(0, 0xedfe0dd0);
    assert_refused(4, 39);
    assert_refused(4, UINT32_MAX);
    assert_refused(8, 57);
    assert_refused(8, UINT32_MAX - 3);
    assert_refused(12, UINT32_MAX);
    assert_refused(20, 16);
    assert_refused(24, 18);
    assert_refused(32, UINT32_MAX);
    assert_refused(32, 20); /* ends in the middle of a name */
    assert_refused(36, UINT32_MAX);
}

static void test_cut_anywhere(void **state)
{
    size_t size;

    (void)state;
    open_vm(&machine, &size);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(visit_copy(blob, cut), 0);
    assert_int_equal(visit_copy(blob, size), 1 + 1 + 1 + 1 + 3 * 2 + 2);
}

/* The structure block itself ends anywhere: what is whole before it can be read, nothing behind it. */
static void test_structure_cut_anywhere(void **state)
{
    size_t size;
    uint32_t whole;

    (void)state;
    open_vm(&machine, &size);
    whole = visit_copy(blob, size);
    for (uint32_t cut = 0; cut < size / 2; cut++) {
        put_u32(blob + 36, cut);
        assert_in_range(visit_copy(blob, size), 1, whole);
    }
}

/* The same with the structure as the last block, so that the sanitizer sees what is read behind it. */
static void test_structure_last(void **state)
{
    static uint8_t turned[sizeof(blob)];
    size_t size, structure_size, strings_size;
    uint32_t whole;

    (void)state;
    open_vm(&machine, &size);
    whole = visit_copy(blob, size);
    strings_size = size - get_u32(blob + 12);
    structure_size = get_u32(blob + 36);
    memcpy(turned, blob, 56);
    memcpy(turned + 56, blob + 56 + structure_size, strings_size);
    memcpy(turned + 56 + strings_size, blob + 56, structure_size);
    put_u32(turned + 8, (uint32_t)(56 + strings_size));
    put_u32(turned + 12, 56);
    for (size_t cut = 0; cut <= structure_size; cut++) {
        put_u32(turned + 4, (uint32_t)(56 + strings_size + cut));
        put_u32(turned + 36, (uint32_t)cut);
        assert_in_range(visit_copy(turned, 56 + strings_size + cut), cut < 8 ? 0 : 1, whole);
    }
    assert_int_equal(visit_copy(turned, 56 + strings_size + structure_size), whole);
}

/* A property whose name would begin right behind the strings, which end the blob. */
static void test_name_behind_the_strings(void **state)
{
    const unsigned first_name = 56 + 8 + 8; /* behind the reservations, the root's token, and two words */
    struct fdt_writer writer;
    size_t size;

    (void)state;
    fdt_write_begin(&writer, blob, sizeof(blob));
    fdt_write_node(&writer, "");
    fdt_write_flag(&writer, "seven.."); /* with its NUL two words, so that nothing pads it */
    fdt_write_end_node(&writer);
    size = fdt_write_finish(&writer);
    assert_int_equal(size, get_u32(blob + 12) + get_u32(blob + 32));
    assert_int_equal(visit_copy(blob, size), 1);
    put_u32(blob + first_name, 8);
    assert_int_equal(visit_copy(blob, size), 1);
}

static void test_random_damage(void **state)
{
    static uint8_t good[sizeof(blob)];
    uint64_t seed = 17;
    size_t size;

    (void)state;
    open_vm(&machine, &size);
    memcpy(good, blob, size);
    for (int round = 0; round < 5000; round++) {
        for (uint64_t n = 1 + test_random(&seed) % 8; n; n--) {
            uint64_t where = test_random(&seed) % size;

            if (n % 2)
                blob[where] = (uint8_t)test_random(&seed);
            else
                put_u32(blob + where / 4 * 4, (uint32_t)(test_random(&seed) % 10));
        }
        visit_copy(blob, size);
        memcpy(blob, good, size);
    }
}

static void test_deep_nesting(void **state)
{
    struct fdt_writer writer;
    struct fdt fdt;
    size_t size;

    (void)state;
    fdt_write_begin(&writer, blob, sizeof(blob));
    for (int i = 0; i < 3000; i++)
        fdt_write_node(&writer, "");
    for (int i = 0; i < 3000; i++)
        fdt_write_end_node(&writer);
    size = fdt_write_finish(&writer);
    assert_null(fdt_open(&fdt, blob, size));
    assert_int_equal(fdt_find_path(&fdt, "/deeper"), FDT_NONE);
    assert_int_equal(fdt_find_compatible(&fdt, FDT_NONE, "x"), FDT_NONE);
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
        cmocka_unit_test(test_reader_numbers),
        cmocka_unit_test(test_reader_strings),
        cmocka_unit_test(test_reader_paths_and_children),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_structure_cut_anywhere),
        cmocka_unit_test(test_structure_last),
        cmocka_unit_test(test_name_behind_the_strings),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_deep_nesting),
    };

    return cmocka_run_group_tests_name("fdt", tests, NULL, NULL);
}
