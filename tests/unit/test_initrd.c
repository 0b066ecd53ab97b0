/* SPDX-License-Identifier: MIT */
/* hyp/initrd.c: good archives, and every way in which one can be broken. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "hyp/initrd.h"

/* An archive that is being made. */
struct archive {
    char bytes[4096];
    size_t size;
};

static void pad(struct archive *archive)
{
    while (archive->size % 4)
        archive->bytes[archive->size++] = '\0';
}

static void add(struct archive *archive, const char *name, const char *data, size_t size)
{
    archive->size += (size_t)sprintf(archive->bytes + archive->size,
                                     "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 1,
                                     0100644, 0, 0, 1, 0, size, 0, 0, 0, 0, strlen(name) + 1, 0);
    memcpy(archive->bytes + archive->size, name, strlen(name) + 1);
    archive->size += strlen(name) + 1;
    pad(archive);
    memcpy(archive->bytes + archive->size, data, size);
    archive->size += size;
    pad(archive);
}

static void make_archive(struct archive *archive)
{
    memset(archive, 0, sizeof(*archive));
    add(archive, "scenario", "pcpus = 1\n", 10);
    add(archive, "guest/hog",
        "\x7f"
        "ELF\0code",
        9);
    add(archive, "empty", "", 0);
    add(archive, "TRAILER!!!", "", 0);
}

/* Walks a copy that ends exactly where the sanitizer watches. Returns the number of files. */
static int walk_all(const void *bytes, size_t size, const char **problem)
{
    struct initrd_walk walk;
    struct initrd_file file;
    char *copy = malloc(size ? size : 1);
    int files = 0;

    memcpy(copy, bytes, size);
    initrd_start(&walk, copy, size);
    while (initrd_next(&walk, &file)) {
        volatile unsigned char sum = 0;

        for (size_t i = 0; i < file.size; i++)
            sum += ((const unsigned char *)file.data)[i];
        assert_true(strlen(file.name) < size);
        files++;
    }
    assert_false(initrd_next(&walk, &file));
    *problem = walk.problem;
    free(copy);
    return files;
}

static void test_find(void **state)
{
    struct archive archive;
    const void *data;
    size_t size;

    (void)state;
    make_archive(&archive);
    assert_true(initrd_find(archive.bytes, archive.size, "guest/hog", &data, &size));
    assert_int_equal(size, 9);
    assert_memory_equal(data,
                        "\x7f"
                        "ELF\0code",
                        9);
    assert_true(initrd_find(archive.bytes, archive.size, "empty", &data, &size));
    assert_int_equal(size, 0);
    assert_false(initrd_find(archive.bytes, archive.size, "guest", &data, &size));
    assert_false(initrd_find(archive.bytes, archive.size, "TRAILER!!!", &data, &size));
}

static void test_walk(void **state)
{
    struct archive archive;
    struct initrd_walk walk;
    struct initrd_file file;

    (void)state;
    make_archive(&archive);
    initrd_start(&walk, archive.bytes, archive.size);
    assert_true(initrd_next(&walk, &file));
    assert_string_equal(file.name, "scenario");
    assert_int_equal((uintptr_t)file.data % 4, (uintptr_t)archive.bytes % 4);
    assert_true(initrd_next(&walk, &file));
    assert_string_equal(file.name, "guest/hog");
    assert_true(initrd_next(&walk, &file));
    assert_string_equal(file.name, "empty");
    assert_false(initrd_next(&walk, &file));
    assert_null(walk.problem);
}

static void test_padding_behind_the_end(void **state)
{
    struct archive archive;
    const char *problem;

    (void)state;
    make_archive(&archive);
    assert_int_equal(walk_all(archive.bytes, archive.size + 512, &problem), 3);
    assert_null(problem);
}

static void test_cut_anywhere(void **state)
{
    struct archive archive;
    const char *problem;

    (void)state;
    make_archive(&archive);
    for (size_t size = 0; size < archive.size - 1; size++) {
        assert_true(walk_all(archive.bytes, size, &problem) <= 3);
        assert_non_null(problem);
    }
}

/* Overwrites one field of the first header. */
static void assert_broken(size_t at, const char *text)
{
    struct archive archive;
    const char *problem;

    make_archive(&archive);
    memcpy(archive.bytes + at, text, strlen(text));
    assert_int_equal(walk_all(archive.bytes, archive.size, &problem), 0);
    assert_non_null(problem);
}

static void test_broken_headers(void **state)
{
    const size_t file_size = 6 + 8 * 6, name_size = 6 + 8 * 11;

    (void)state;
    assert_broken(0, "070707");
    assert_broken(file_size, "FFFFFFFF");
    assert_broken(file_size, "0000000g");
    assert_broken(file_size, "-0000001");
    assert_broken(file_size, "        ");
    assert_broken(file_size, "0x000001");
    assert_broken(name_size, "00000000");
    assert_broken(name_size, "FFFFFFFF");
    assert_broken(name_size, "00000005"); /* no NUL there */
}

static void test_random_damage(void **state)
{
    uint64_t seed = 20;
    struct archive archive;
    const char *problem;

    (void)state;
    for (int round = 0; round < 5000; round++) {
        make_archive(&archive);
        for (uint64_t n = 1 + test_random(&seed) % 4; n; n--)
            archive.bytes[test_random(&seed) % archive.size] = (char)test_random(&seed);
        assert_true(walk_all(archive.bytes, archive.size, &problem) <= 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_padding_behind_the_end),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_broken_headers),
        cmocka_unit_test(test_random_damage),
    };

    return cmocka_run_group_tests_name("initrd", tests, NULL, NULL);
}
