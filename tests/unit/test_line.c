/* SPDX-License-Identifier: MIT */
/* What sar and top print with: columns of a line, and percents that sum to 100. */
#include "tests/unit/unit.h"

#include <string.h>
#include "guest-os/user/line.h"
#include "guest-os/user/percent.h"

static void expect(const struct line *line, const char *text)
{
    assert_int_equal(line->length, strlen(text));
    assert_memory_equal(line->text, text, line->length);
}

static void test_text(void **state)
{
    struct line line = {.length = 0};

    (void)state;
    line_text(&line, "ab", 0);
    line_text(&line, "cd", 4);
    line_text(&line, "wider", 2);
    line_end(&line);
    expect(&line, "ab  cdwider\n");
}

static void test_numbers(void **state)
{
    static const struct {
        uint64_t number;
        uint32_t decimals, width;
        const char *text;
    } cases[] = {
        {0, 0, 0, "0"},
        {0, 2, 6, "  0.00"},
        {7, 2, 0, "0.07"},
        {70, 2, 0, "0.70"},
        {4999, 2, 7, "  49.99"},
        {10000, 2, 0, "100.00"},
        {1234, 0, 3, "1234"},
        {1003, 3, 7, "  1.003"},
        {UINT64_MAX, 0, 0, "18446744073709551615"},
        {UINT64_MAX, 1, 24, "   1844674407370955161.5"},
    };

    (void)state;
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct line line = {.length = 0};

        line_number(&line, cases[i].number, cases[i].decimals, cases[i].width);
        expect(&line, cases[i].text);
    }
}

static void test_too_long(void **state)
{
    struct line line = {.length = 0};

    (void)state;
    line_text(&line, "x", CALL_WRITE_MOST + 10);
    assert_int_equal(line.length, CALL_WRITE_MOST);
    line_end(&line);
    assert_int_equal(line.length, CALL_WRITE_MOST);
    assert_int_equal(line.text[CALL_WRITE_MOST - 1], '\n');
    assert_int_equal(line.text[CALL_WRITE_MOST - 2], ' ');
}

/* Each part is right to less than a hundredth of a percent; what is nothing is 0. */
static void check_parts(const uint64_t ns[ACCOUNT_KINDS])
{
    uint64_t parts[ACCOUNT_KINDS], whole = 0, sum = 0;

    assert_true(percents(ns, 10000, parts));
    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
        whole += ns[kind];
    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++) {
        long double error = (long double)parts[kind] - 10000.0L * ns[kind] / whole;

        sum += parts[kind];
        assert_true(error > -1 && error < 1);
        assert_true(ns[kind] || parts[kind] == 0);
    }
    assert_true(sum == 10000);
}

static void test_percents(void **state)
{
    static const uint64_t cases[][ACCOUNT_KINDS] = {
        {1, 0, 0, 0},
        {1, 1, 1, 0},
        {0, 1, 1, 1},
        {1, 1, 1, 1},
        {3, 0, 3, 1},
        {999999, 1, 0, 1},
        {0, 0, 0, 7},
        {500000000, 1234500, 498765500, 0},
        {UINT64_C(1000000000000000), 1, 1, 1},
    };
    uint64_t seed = 1;

    (void)state;
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_parts(cases[i]);
    for (uint32_t i = 0; i < 10000; i++) {
        uint64_t ns[ACCOUNT_KINDS];

        for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            ns[kind] = (seed >> 33) % 1000000000 + 1;
        }
        check_parts(ns);
    }
}

static void test_nothing_is_no_whole(void **state)
{
    uint64_t ns[ACCOUNT_KINDS] = {0}, parts[ACCOUNT_KINDS];

    (void)state;
    assert_false(percents(ns, 10000, parts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_percents),
        cmocka_unit_test(test_nothing_is_no_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
