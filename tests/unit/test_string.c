/* SPDX-License-Identifier: MIT */
/*
 * lib/string.c against plain byte loops: every alignment of both sides, and sizes around the word and the
 * block. The build renames what the C library has too, here and in lib/string.c.
 */
#include "tests/unit/unit.h"

#include "lib/string.h"

#define ROOM  256
#define SIZES 150

static void fill(unsigned char *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i * 7 + seed);
}

static void assert_bytes(const unsigned char *got, const unsigned char *want, size_t size)
{
    for (size_t i = 0; i < size; i++)
        assert_int_equal(got[i], want[i]);
}

/* Moves `size` bytes within one buffer by the function and by hand; all of the buffer must be equal then. */
static void check_move(size_t to, size_t from, size_t size, bool apart)
{
    _Alignas(8) unsigned char got[ROOM], want[ROOM], source[ROOM];

    fill(got, ROOM, 1);
    fill(want, ROOM, 1);
    fill(source, ROOM, apart ? 99 : 1);
    for (size_t i = 0; i < size; i++)
        want[to + i] = source[from + i];
    if (apart)
        assert_ptr_equal(memcpy(got + to, source + from, size), got + to);
    else
        assert_ptr_equal(memmove(got + to, got + from, size), got + to);
    assert_bytes(got, want, ROOM);
}

static void test_memcpy(void **state)
{
    (void)state;
    for (size_t to = 8; to < 16; to++) {
        for (size_t from = 8; from < 16; from++) {
            for (size_t size = 0; size < SIZES; size++)
                check_move(to, from, size, true);
        }
    }
}

static void test_memmove_overlapping(void **state)
{
    (void)state;
    for (size_t to = 0; to < 80; to += 1 + to % 3) {
        for (size_t from = 0; from < 80; from++) {
            for (size_t size = 0; size < SIZES; size += 1 + size % 5)
                check_move(to, from, size, false);
        }
    }
}

static void test_memset(void **state)
{
    _Alignas(8) unsigned char got[ROOM], want[ROOM];

    (void)state;
    for (size_t at = 0; at < 8; at++) {
        for (size_t size = 0; size < SIZES; size++) {
            fill(got, ROOM, 3);
            fill(want, ROOM, 3);
            for (size_t i = 0; i < size; i++)
                want[at + i] = 0xa5;
            assert_ptr_equal(memset(got + at, 0x7a5, size), got + at);
            assert_bytes(got, want, ROOM);
        }
    }
}

static void test_memcmp(void **state)
{
    (void)state;
    assert_int_equal(memcmp("abc", "abd", 2), 0);
    assert_true(memcmp("abc", "abd", 3) < 0);
    assert_true(memcmp("\xff", "\x01", 1) > 0);
    assert_int_equal(memcmp("a", "b", 0), 0);
    assert_true(memcmp("a\0b", "a\0c", 3) < 0);
}

static void test_lengths_and_comparing(void **state)
{
    (void)state;
    assert_int_equal(strlen(""), 0);
    assert_int_equal(strlen("guest"), 5);
    assert_int_equal(strnlen("guest", 3), 3);
    assert_int_equal(strnlen("guest", 9), 5);
    assert_int_equal(strcmp("vm", "vm"), 0);
    assert_true(strcmp("vm", "vm1") < 0);
    assert_true(strcmp("vm1", "vm") > 0);
    assert_true(strcmp("\xff", "a") > 0);
    assert_int_equal(strncmp("guest/a", "guest/b", 6), 0);
    assert_true(strncmp("guest/a", "guest/b", 7) < 0);
    assert_int_equal(strncmp("a", "a", 100), 0);
}

static void test_strchr(void **state)
{
    const char *text = "a=b=c";

    (void)state;
    assert_ptr_equal(strchr(text, '='), text + 1);
    assert_ptr_equal(strchr(text, '\0'), text + 5);
    assert_null(strchr(text, 'x'));
}

static void test_strlcpy(void **state)
{
    char small[4] = "xyz";

    (void)state;
    assert_int_equal(strlcpy(small, "thief", sizeof(small)), 5);
    assert_string_equal(small, "thi");
    assert_int_equal(strlcpy(small, "vm", sizeof(small)), 2);
    assert_string_equal(small, "vm");
    assert_int_equal(strlcpy(small, "abc", 0), 3);
    assert_string_equal(small, "vm");
}

static void test_parse_u64(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
        size_t used; /* 0: refused */
    } cases[] = {
        {"0", 0, 1},
        {"10ms", 10, 2},
        {"18446744073709551615", UINT64_MAX, 20},
        {"18446744073709551616", 0, 0},
        {"99999999999999999999999", 0, 0},
        {"0xfFfFfFfFfFfFfFfF", UINT64_MAX, 18},
        {"0x10000000000000000", 0, 0},
        {"0X1g", 1, 3},
        {"0xg", 0, 1},
        {"0x", 0, 1},
        {"007", 7, 3},
        {"", 0, 0},
        {"-1", 0, 0},
        {" 1", 0, 0},
        {"a", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *end = "as it was";
        uint64_t value = 4711;
        bool ok = parse_u64(cases[i].text, &end, &value);

        assert_int_equal(ok, cases[i].used != 0);
        assert_int_equal(value, ok ? cases[i].value : 4711);
        if (ok)
            assert_ptr_equal(end, cases[i].text + cases[i].used);
        else
            assert_string_equal(end, "as it was");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memcpy),
        cmocka_unit_test(test_memmove_overlapping),
        cmocka_unit_test(test_memset),
        cmocka_unit_test(test_memcmp),
        cmocka_unit_test(test_lengths_and_comparing),
        cmocka_unit_test(test_strchr),
        cmocka_unit_test(test_strlcpy),
        cmocka_unit_test(test_parse_u64),
    };

    return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}
