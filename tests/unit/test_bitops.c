/* SPDX-License-Identifier: MIT */
/* lib/bitops.h, at the ends of the range above all. */
#include "tests/unit/unit.h"

#include "lib/bitops.h"

static void test_bits_and_masks(void **state)
{
    (void)state;
    assert_int_equal(BIT(0), 1);
    assert_int_equal(BIT(63), UINT64_C(0x8000000000000000));
    assert_int_equal(BITS(63, 0), UINT64_MAX);
    assert_int_equal(BITS(7, 4), 0xf0);
    assert_int_equal(BITS(63, 63), BIT(63));
    assert_int_equal(bit_mask(0), 0);
    assert_int_equal(bit_mask(1), 1);
    assert_int_equal(bit_mask(63), UINT64_MAX >> 1);
    assert_int_equal(bit_mask(64), UINT64_MAX);
    assert_true(bit_test(BIT(63), 63));
    assert_false(bit_test(~BIT(63), 63));
}

static void test_lowest_highest_count(void **state)
{
    (void)state;
    for (unsigned low = 0; low < 64; low++) {
        for (unsigned high = low; high < 64; high++) {
            assert_int_equal(bit_lowest(BIT(low) | BIT(high)), low);
            assert_int_equal(bit_highest(BIT(low) | BIT(high)), high);
            assert_int_equal(bit_count(BITS(high, low)), high - low + 1);
        }
    }
    assert_int_equal(bit_count(0), 0);
}

static void test_for_each_bit(void **state)
{
    uint64_t seen = 0;
    unsigned n, last = 0, count = 0;

    (void)state;
    for_each_bit (n, BIT(0) | BIT(5) | BIT(31) | BIT(32) | BIT(63)) {
        assert_true(!count || n > last);
        last = n;
        seen |= BIT(n);
        count++;
    }
    assert_int_equal(count, 5);
    assert_int_equal(seen, BIT(0) | BIT(5) | BIT(31) | BIT(32) | BIT(63));
    for_each_bit (n, UINT64_C(0)) {
        fail();
    }
}

static void test_powers_and_alignment(void **state)
{
    (void)state;
    assert_false(is_pow2(0));
    assert_true(is_pow2(1));
    assert_true(is_pow2(BIT(63)));
    assert_false(is_pow2(BIT(63) + 1));
    assert_int_equal(align_up(0, 4096), 0);
    assert_int_equal(align_up(1, 4096), 4096);
    assert_int_equal(align_up(4096, 4096), 4096);
    assert_int_equal(align_up(UINT64_MAX, 4096), 0);
    assert_int_equal(align_down(4095, 4096), 0);
    assert_int_equal(align_down(UINT64_MAX, 4096), UINT64_MAX - 4095);
    assert_true(is_aligned(0, 8));
    assert_true(is_aligned(16, 8));
    assert_false(is_aligned(12, 8));
}

static void test_fields(void **state)
{
    (void)state;
    assert_int_equal(field_get(0x80004123456789ab, BITS(63, 60)), 8);
    assert_int_equal(field_get(0x80004123456789ab, BITS(43, 0)), 0x123456789ab);
    assert_int_equal(field_get(UINT64_MAX, UINT64_MAX), UINT64_MAX);
    assert_int_equal(field_set(0, BITS(57, 44), 0x3fff), BITS(57, 44));
    assert_int_equal(field_set(UINT64_MAX, BITS(57, 44), 0), ~BITS(57, 44));
    assert_int_equal(field_set(0, BITS(7, 4), 0x123), 0x30);
    assert_int_equal(field_get(field_set(UINT64_MAX, BITS(9, 8), 2), BITS(9, 8)), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_and_masks), cmocka_unit_test(test_lowest_highest_count),
        cmocka_unit_test(test_for_each_bit),   cmocka_unit_test(test_powers_and_alignment),
        cmocka_unit_test(test_fields),
    };

    return cmocka_run_group_tests_name("bitops", tests, NULL, NULL);
}
