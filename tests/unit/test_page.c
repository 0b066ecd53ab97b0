/* SPDX-License-Identifier: MIT */
/*
 * hyp/page.c against a model that knows of every page of a small arena whether it may be handed out. The file
 * is included, not linked: its state begins anew with every case.
 */
#include "tests/unit/hyp_help.h"

#include <pthread.h>

#include "hyp/page.c"

#define PAGES 64
#define BYTES (PAGES * PAGE_SIZE)

/* Offsets from the arena's start; they may lie below it or beyond its end. */
struct piece {
    int64_t start, end;
};

static bool usable[PAGES];

static uint64_t address(int64_t offset)
{
    return (uint64_t)arena + (uint64_t)offset;
}

static uint32_t count_usable(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < PAGES; i++)
        count += usable[i];
    return count;
}

/* From here on [from, to) is the machine's memory and `taken` is in use, for the allocator and the model. */
static void begin(int64_t from, int64_t to, const struct piece *taken, uint32_t count)
{
    memset(arena, DIRT, BYTES);
    free_list = NULL;
    reserved_count = 0;
    for (uint32_t i = 0; i < count; i++)
        page_reserve(address(taken[i].start), address(taken[i].end));
    page_init(address(from), address(to));
    for (int64_t i = 0; i < PAGES; i++) {
        int64_t start = i * PAGE_SIZE, end = start + PAGE_SIZE;

        usable[i] = start >= from && end <= to;
        for (uint32_t n = 0; n < count; n++)
            if (taken[n].start < taken[n].end && taken[n].start < end && taken[n].end > start)
                usable[i] = false;
    }
}

/* Takes a page, which must be a usable one, zeroed, and is not usable any more. */
static uint64_t take(void)
{
    uint64_t page = page_alloc();

    if (page) {
        uint64_t i = (page - address(0)) / PAGE_SIZE;

        assert_true(is_aligned(page, PAGE_SIZE));
        assert_true(page >= address(0) && page < address(BYTES));
        assert_true(usable[i]);
        assert_true(all_bytes((void *)page, 0, PAGE_SIZE));
        usable[i] = false;
        memset((void *)page, 0x5A, PAGE_SIZE);
    }
    return page;
}

static void give_back(uint64_t page)
{
    usable[(page - address(0)) / PAGE_SIZE] = true;
    page_free(page);
}

/* Every usable page comes, once, and what was never usable stays as it was. */
static void take_all(void)
{
    bool untouched[PAGES];
    uint64_t before = page_total();

    for (uint32_t i = 0; i < PAGES; i++)
        untouched[i] = !usable[i] && arena[i * PAGE_SIZE] == DIRT;
    for (uint64_t left = count_usable(); left; left--) {
        assert_int_equal(page_available(), left);
        assert_int_not_equal(take(), 0);
    }
    for (int again = 0; again < 3; again++)
        assert_int_equal(page_alloc(), 0);
    assert_int_equal(page_available(), 0);
    assert_int_equal(page_total(), before);
    for (uint32_t i = 0; i < PAGES; i++)
        assert_true(!untouched[i] || all_bytes(arena + i * PAGE_SIZE, DIRT, PAGE_SIZE));
}

static void check_pieces(int64_t from, int64_t to, const struct piece *taken, uint32_t count)
{
    begin(from, to, taken, count);
    assert_int_equal(page_total(), count_usable());
    take_all();
}

static void test_every_page_once(void **state)
{
    (void)state;
    check_pieces(0, BYTES, NULL, 0);
    assert_int_equal(page_total(), PAGES);
}

static void test_ends_in_the_middle_of_pages(void **state)
{
    (void)state;
    check_pieces(1, BYTES, NULL, 0);
    assert_int_equal(page_total(), PAGES - 1);
    check_pieces(0, BYTES - 1, NULL, 0);
    assert_int_equal(page_total(), PAGES - 1);
    check_pieces(PAGE_SIZE - 1, PAGE_SIZE * 3 + 1, NULL, 0);
    assert_int_equal(page_total(), 2);
    check_pieces(PAGE_SIZE, PAGE_SIZE, NULL, 0);
    assert_int_equal(page_total(), 0);
}

static void test_reserved_at_odd_places(void **state)
{
    const struct piece cases[][4] = {
        {{0, 1}},
        {{BYTES - 1, BYTES}},
        {{-100, 100}, {BYTES - 100, BYTES + 100}},
        {{-3 * PAGE_SIZE, 0}, {BYTES, BYTES + PAGE_SIZE}},
        {{PAGE_SIZE - 1, PAGE_SIZE + 1}},
        {{PAGE_SIZE, 2 * PAGE_SIZE}, {2 * PAGE_SIZE, 3 * PAGE_SIZE}},
        {{20 * PAGE_SIZE, 30 * PAGE_SIZE}, {10 * PAGE_SIZE, 20 * PAGE_SIZE}, {0, 10 * PAGE_SIZE}},
        {{-PAGE_SIZE, BYTES + PAGE_SIZE}},
        {{5, 5}, {9 * PAGE_SIZE, 8 * PAGE_SIZE}},
        {{2 * PAGE_SIZE, 2 * PAGE_SIZE + 8}, {2 * PAGE_SIZE + 16, 3 * PAGE_SIZE + 8}},
        {{7 * PAGE_SIZE + 9, 8 * PAGE_SIZE}, {7 * PAGE_SIZE, 7 * PAGE_SIZE + 9}},
        {{4 * PAGE_SIZE + 1, 4 * PAGE_SIZE + 2}, {4 * PAGE_SIZE + 3, 4 * PAGE_SIZE + 4}, {1, 2}, {3, 4}},
    };

    (void)state;
    for (uint32_t i = 0; i < COUNT_OF(cases); i++) {
        check_pieces(0, BYTES, cases[i], 4);
        check_pieces(2 * PAGE_SIZE + 5, BYTES - PAGE_SIZE - 5, cases[i], 4);
    }
}

/* Up to four pieces that do not overlap, in any order. */
static uint32_t random_pieces(struct piece *pieces, uint64_t *seed)
{
    uint32_t count = (uint32_t)(test_random(seed) % 5);
    int64_t at = -(int64_t)(test_random(seed) % (8 * PAGE_SIZE));

    for (uint32_t i = 0; i < count; i++) {
        pieces[i].start = at + (int64_t)(test_random(seed) % (20 * PAGE_SIZE));
        pieces[i].end = at = pieces[i].start + 1 + (int64_t)(test_random(seed) % (12 * PAGE_SIZE));
    }
    for (uint32_t i = count; i > 1; i--) {
        struct piece *other = &pieces[test_random(seed) % i], moved = *other;

        *other = pieces[i - 1];
        pieces[i - 1] = moved;
    }
    return count;
}

static void test_reserved_anywhere(void **state)
{
    uint64_t seed = 3;
    struct piece pieces[4];

    (void)state;
    for (int round = 0; round < 300; round++) {
        uint32_t count = random_pieces(pieces, &seed);

        check_pieces((int64_t)(test_random(&seed) % (9 * PAGE_SIZE)),
                     BYTES - (int64_t)(test_random(&seed) % (9 * PAGE_SIZE)), pieces, count);
    }
}

static void test_a_fifth_range(void **state)
{
    const struct piece four[] = {{1, 2}, {PAGE_SIZE, PAGE_SIZE + 1}, {8192, 8193}, {-8, -1}};

    (void)state;
    begin(0, BYTES, four, 4);
    expect_assert_failure(page_reserve(address(BYTES / 2), address(BYTES)));
}

/* The model's answer: the lowest place from *cursor on that is aligned and free, or 0. Everything below its
 * end is gone then. */
static uint64_t model_boot_alloc(uint32_t *cursor, uint32_t pages, uint64_t align)
{
    for (uint32_t at = *cursor; at + pages <= PAGES; at++) {
        uint32_t n = 0;

        while (n < pages && usable[at + n])
            n++;
        if (n < pages || !is_aligned(address(at * PAGE_SIZE), align))
            continue;
        memset(usable, 0, (at + pages) * sizeof(usable[0]));
        *cursor = at + pages;
        return address(at * PAGE_SIZE);
    }
    return 0;
}

static void check_boot_alloc(uint32_t *cursor, uint64_t bytes, uint64_t align)
{
    uint64_t size = align_up(bytes, PAGE_SIZE);
    uint64_t want = model_boot_alloc(cursor, (uint32_t)(size / PAGE_SIZE), align);
    unsigned char *got;

    if (want) {
        got = boot_alloc(bytes, align);
        assert_int_equal((uint64_t)got, want);
        assert_true(all_bytes(got, 0, size));
        memset(got, 0x77, size);
    } else {
        expect_assert_failure(boot_alloc(bytes, align));
    }
    assert_int_equal(page_total(), count_usable());
    assert_int_equal(page_available(), count_usable());
}

static void test_boot_alloc_alignment(void **state)
{
    uint32_t cursor = 1;

    (void)state;
    begin(PAGE_SIZE, BYTES, NULL, 0);
    check_boot_alloc(&cursor, 16384, 16384);
    assert_int_equal(cursor, 8);
    check_boot_alloc(&cursor, 1, PAGE_SIZE);
    check_boot_alloc(&cursor, PAGE_SIZE + 1, 8192);
    assert_int_equal(cursor, 12);
    check_boot_alloc(&cursor, 5, 8);
    check_boot_alloc(&cursor, 16384, 16384);
    assert_int_equal(cursor, 20);
    take_all();
}

/* A range that begins behind an aligned place, too close for what is wanted; and one right behind it. */
static void test_boot_alloc_skips_reserved(void **state)
{
    const struct piece taken[] = {{9 * PAGE_SIZE - 1, 9 * PAGE_SIZE + 1},
                                  {3 * PAGE_SIZE + 5, 4 * PAGE_SIZE + 1}};
    uint32_t cursor = 0;

    (void)state;
    begin(0, BYTES, taken, 2);
    check_boot_alloc(&cursor, 16384, 16384);
    assert_int_equal(cursor, 16);
    take_all();
}

static void test_boot_alloc_to_the_last_page(void **state)
{
    uint32_t cursor = 0;

    (void)state;
    begin(0, BYTES, NULL, 0);
    check_boot_alloc(&cursor, BYTES + 1, PAGE_SIZE);
    check_boot_alloc(&cursor, BYTES - PAGE_SIZE + 1, PAGE_SIZE);
    check_boot_alloc(&cursor, 1, PAGE_SIZE);
    assert_int_equal(page_total(), 0);
    assert_int_equal(page_alloc(), 0);
}

static void test_boot_alloc_anywhere(void **state)
{
    uint64_t seed = 4;
    struct piece pieces[4];

    (void)state;
    for (int round = 0; round < 300; round++) {
        uint32_t cursor = 0;

        begin(0, BYTES, pieces, random_pieces(pieces, &seed));
        for (uint64_t n = test_random(&seed) % 6; n; n--)
            check_boot_alloc(&cursor, 1 + test_random(&seed) % (9 * PAGE_SIZE),
                             UINT64_C(4096) << test_random(&seed) % 3);
        take_all();
    }
}

static void test_freed_pages_come_back(void **state)
{
    const struct piece taken[] = {{3 * PAGE_SIZE, 30 * PAGE_SIZE}};
    uint64_t held[PAGES], seed = 5;
    uint32_t count = 0, usable_pages;

    (void)state;
    begin(0, BYTES, taken, 1);
    usable_pages = count_usable();
    for (int round = 0; round < 5000; round++) {
        uint64_t page = 0;

        if (test_random(&seed) % 512 > (unsigned)round % 512)
            page = take();
        if (page) {
            held[count++] = page;
        } else if (count) {
            uint64_t which = test_random(&seed) % count;

            give_back(held[which]);
            held[which] = held[--count];
        }
        assert_int_equal(page_available(), usable_pages - count);
        assert_int_equal(page_total(), usable_pages);
    }
    while (count)
        give_back(held[--count]);
    take_all();
}

/* Takes and returns pages; a page that two threads hold at once carries the wrong mark. */
static void *take_and_give(void *mark)
{
    uintptr_t wrong = 0;

    for (int round = 0; round < 20000; round++) {
        uint64_t pages[2] = {page_alloc(), page_alloc()};

        for (int i = 0; i < 2; i++)
            *(void *volatile *)pages[i] = mark;
        for (int i = 0; i < 2; i++) {
            wrong += *(void *volatile *)pages[i] != mark;
            page_free(pages[i]);
        }
    }
    return (void *)wrong;
}

static void test_two_threads(void **state)
{
    pthread_t threads[2];
    int marks[2];
    void *wrong;

    (void)state;
    begin(0, BYTES, NULL, 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &marks[i]), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_int_equal(page_available(), PAGES);
    take_all();
}

static int set_up(void **state)
{
    (void)state;
    make_arena(BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_page_once),
        cmocka_unit_test(test_ends_in_the_middle_of_pages),
        cmocka_unit_test(test_reserved_at_odd_places),
        cmocka_unit_test(test_reserved_anywhere),
        cmocka_unit_test(test_a_fifth_range),
        cmocka_unit_test(test_boot_alloc_alignment),
        cmocka_unit_test(test_boot_alloc_skips_reserved),
        cmocka_unit_test(test_boot_alloc_to_the_last_page),
        cmocka_unit_test(test_boot_alloc_anywhere),
        cmocka_unit_test(test_freed_pages_come_back),
        cmocka_unit_test(test_two_threads),
    };

    return cmocka_run_group_tests_name("page", tests, set_up, tear_down);
}
