/* SPDX-License-Identifier: MIT */
/* lib/printf.c against the C library's snprintf, and at the buffer's end. */
#include "tests/unit/unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/printf.h"

/* Both must give the same text and the same length. */
#define assert_like_libc(...)                                             \
    do {                                                                  \
        char ours[128], theirs[128];                                      \
        int our_length = format(ours, sizeof(ours), __VA_ARGS__);         \
        int their_length = snprintf(theirs, sizeof(theirs), __VA_ARGS__); \
        assert_string_equal(ours, theirs);                                \
        assert_int_equal(our_length, their_length);                       \
    } while (0)

static void test_numbers(void **state)
{
    (void)state;
    assert_like_libc("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
    assert_like_libc("%u %x %x", UINT_MAX, 0xbeefu, 0u);
    assert_like_libc("%ld %ld %lu %lx", LONG_MIN, LONG_MAX, ULONG_MAX, ULONG_MAX);
    assert_like_libc("%lld %llu %llx", LLONG_MIN, ULLONG_MAX, 0x123456789abcdefULL);
    assert_like_libc("%zu %zx", (size_t)SIZE_MAX, (size_t)255);
    assert_like_libc("%p", (void *)0x80600000);
}

static void test_widths(void **state)
{
    (void)state;
    assert_like_libc("[%5d][%-5d][%05d]", 42, 42, 42);
    assert_like_libc("[%5d][%-5d][%05d]", -42, -42, -42);
    assert_like_libc("[%2d][%02d]", 12345, 12345);
    assert_like_libc("[%016lx]", 0x80000000ul);
    assert_like_libc("[%*d][%-*d][%*d]", 6, 42, 6, 42, -6, 42);
    assert_like_libc("[%.3d][%8.3d][%-8.3d][%.0d][%.5d]", 7, 7, 7, 0, -7);
    assert_like_libc("[%18p][%-18p]", (void *)0x1000, (void *)0x1000);
}

static void test_text(void **state)
{
    (void)state;
    assert_like_libc("[%s][%8s][%-8s]", "vm", "vm", "vm");
    assert_like_libc("[%.3s][%8.3s][%.*s][%.9s]", "victim", "victim", 2, "victim", "vm");
    assert_like_libc("[%.3s]", (const char[3]){'a', 'b', 'c'});
    assert_like_libc("%c%c%%%4c%-4c.", 'o', 'k', 'x', 'y');
    assert_like_libc("%s", "");
    assert_like_libc("100%% of %s", "it");
}

static void test_null_text(void **state)
{
    char buf[32];
    const char *volatile nothing = NULL;

    (void)state;
    assert_int_equal(format(buf, sizeof(buf), "%s", nothing), 6);
    assert_string_equal(buf, "(null)");
}

static void test_cut_off(void **state)
{
    (void)state;
    for (size_t size = 0; size < 16; size++) {
        char *buf = malloc(size + 1); /* so that the sanitizer sees what is written behind it */
        char want[16] = "";

        buf[size] = '#';
        snprintf(want, size, "%s %05d", "stint", 42);
        assert_int_equal(format(buf, size, "%s %05d", "stint", 42), 11);
        if (size)
            assert_string_equal(buf, want);
        assert_int_equal(buf[size], '#');
        free(buf);
    }
    assert_int_equal(format(NULL, 0, "%100d", 1), 100);
}

/* Hidden from the compiler, which would rightly complain. */
static int format_unchecked(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int length;

    va_start(args, fmt);
    length = vformat(buf, size, fmt, args);
    va_end(args);
    return length;
}

static void test_precision_beats_zeros(void **state)
{
    char buf[64];

    (void)state;
    format_unchecked(buf, sizeof(buf), "[%08.3d][%-05d]", 7, 42);
    assert_string_equal(buf, "[     007][42   ]");
}

static void test_unknown_conversions_stand_as_they_are(void **state)
{
    char buf[64];

    (void)state;
    assert_int_equal(format_unchecked(buf, sizeof(buf), "%y %8.3q %d", 5), 10);
    assert_string_equal(buf, "%y %8.3q 5");
    format_unchecked(buf, sizeof(buf), "50%");
    assert_string_equal(buf, "50%");
    format_unchecked(buf, sizeof(buf), "%-08l");
    assert_string_equal(buf, "%-08l");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_null_text),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_precision_beats_zeros),
        cmocka_unit_test(test_unknown_conversions_stand_as_they_are),
    };

    return cmocka_run_group_tests_name("printf", tests, NULL, NULL);
}
