/* SPDX-License-Identifier: MIT */
/*
 * The device tree reader (lib/fdt.c): it finds what was written, and no damage makes it leave the blob.
 */
#include "tests/unit/fdt_help.h"

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
