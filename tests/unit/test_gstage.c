/* SPDX-License-Identifier: MIT */
/*
 * hyp/gstage.c on the pages of an arena, against a walk written anew from the specification and against a
 * plain list of what is mapped. Every test ends with all of its pages back in the allocator.
 */
#include "tests/unit/hyp_help.h"

#include "hyp/gstage.h"
#include "hyp/page.h"

#define PAGES 512
#define MIB   (UINT64_C(1) << 20)
#define GIB   (UINT64_C(1) << 30)
#define RAM   UINT64_C(0x80000000)
#define LIMIT (UINT64_C(1) << 41)

#define PTE_RAM (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D)

static struct gstage stage, other;
static uint64_t at_start; /* pages available before each test */

/* One step of the walk: the entry of `table` under the address bits from `low` on. A non-leaf entry has V and
 * nothing else: all other flags are reserved there. */
static uint64_t *follow(const uint64_t *table, uint64_t gpa, unsigned low)
{
    uint64_t pte = table[gpa >> low & 511];

    if (pte == 0)
        return NULL;
    assert_int_equal(pte & 0x3ff, 1);
    assert_int_equal(pte >> 54, 0);
    return (uint64_t *)(pte >> 10 << 12);
}

/* The leaf that the hardware would find; 0: none. */
static uint64_t walk(const struct gstage *g, uint64_t gpa)
{
    uint64_t *table = follow(g->root + (gpa >> 39) * 512, gpa, 30);

    if (table)
        table = follow(table, gpa, 21);
    return table ? table[gpa >> 12 & 511] : 0;
}

static void check_mapped(const struct gstage *g, uint64_t gpa, uint64_t page, uint64_t bits)
{
    uint64_t *pte = gstage_find(g, gpa);

    assert_non_null(pte);
    assert_int_equal(*pte, page / 4096 * 1024 + bits);
    assert_int_equal(pte_page(*pte), page);
    assert_int_equal(walk(g, gpa), *pte);
}

static void check_unmapped(const struct gstage *g, uint64_t gpa)
{
    uint64_t *pte = gstage_find(g, gpa);

    assert_true(!pte || *pte == 0);
    assert_int_equal(walk(g, gpa), 0);
}

static uint64_t map_fresh(struct gstage *g, uint64_t gpa)
{
    uint64_t page = page_alloc();

    assert_int_not_equal(page, 0);
    assert_true(gstage_map(g, gpa, page, PTE_RAM));
    return page;
}

static void check_pages(uint64_t held)
{
    assert_int_equal(stage.pages, held);
    assert_int_equal(page_available(), at_start - held);
}

static void clear(void)
{
    gstage_clear(&stage);
    assert_true(all_bytes(stage.root, 0, GSTAGE_ROOT_BYTES));
    check_pages(0);
}

static void test_empty(void **state)
{
    (void)state;
    assert_int_equal((uint64_t)stage.root % 16384, 0);
    assert_int_equal((uint64_t)other.root - (uint64_t)stage.root, 16384);
    assert_true(all_bytes(stage.root, 0, 2 * 16384));
    assert_int_equal(stage.vmid, 1);
    assert_int_equal(other.vmid, 2);
    assert_null(gstage_find(&stage, 0));
    assert_null(gstage_find(&stage, RAM));
    clear();
}

static void test_map_and_find(void **state)
{
    uint64_t page = map_fresh(&stage, RAM);

    (void)state;
    check_mapped(&stage, RAM, page, PTE_RAM);
    assert_ptr_equal(gstage_find(&stage, RAM + 4095), gstage_find(&stage, RAM));
    assert_ptr_equal(gstage_find(&stage, RAM + 4096), gstage_find(&stage, RAM) + 1);
    check_unmapped(&stage, RAM + 4096);
    assert_non_null(gstage_find(&stage, RAM + 2 * MIB - 1));
    assert_null(gstage_find(&stage, RAM + 2 * MIB));
    assert_null(gstage_find(&stage, RAM - 1));
    assert_null(gstage_find(&stage, RAM + GIB));
    check_pages(3);
    clear();
    assert_null(gstage_find(&stage, RAM));
    clear();
}

/* The flags of the specification, in numbers: V R W X U A D are bits 0 1 2 3 4 6 7, and 8 is software's. */
static void test_permissions(void **state)
{
    uint64_t page = page_alloc(), top = ((UINT64_C(1) << 44) - 1) << 12;

    (void)state;
    assert_int_equal(PTE_RAM, 0xdf);
    for (uint64_t bits = 1; bits < 256; bits += 2) {
        assert_true(gstage_map(&stage, RAM, page, bits | 0x100));
        check_mapped(&stage, RAM, page, bits | 0x100);
    }
    assert_true(gstage_map(&stage, RAM, top, 0x11f));
    assert_int_equal(*gstage_find(&stage, RAM), 0x3ffffffffffd1f);
    check_mapped(&stage, RAM, top, 0x11f);
    page_free(page);
    clear();
}

/* First and last of each of the root's four pages. */
static void test_root_slots(void **state)
{
    const uint32_t slots[] = {0, 511, 512, 1023, 1024, 1535, 1536, 2047};
    uint64_t pages[COUNT_OF(slots)];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(slots); i++) {
        assert_int_equal(stage.root[slots[i]], 0);
        pages[i] = map_fresh(&stage, slots[i] * GIB + (i % 2 ? GIB - 4096 : 0));
        assert_int_not_equal(stage.root[slots[i]], 0);
        check_pages(3 * (i + 1));
    }
    for (size_t i = 0; i < COUNT_OF(slots); i++)
        check_mapped(&stage, slots[i] * GIB + (i % 2 ? GIB - 4096 : 0), pages[i], PTE_RAM);
    clear();
}

static void test_every_address_bit_counts(void **state)
{
    uint64_t base = map_fresh(&stage, 0), pages[41];

    (void)state;
    for (unsigned bit = 12; bit < 41; bit++) {
        check_unmapped(&stage, BIT(bit));
        pages[bit] = map_fresh(&stage, BIT(bit));
    }
    check_mapped(&stage, 0, base, PTE_RAM);
    for (unsigned bit = 12; bit < 41; bit++)
        check_mapped(&stage, BIT(bit), pages[bit], PTE_RAM);
    clear();
}

static void test_beyond_41_bits(void **state)
{
    uint64_t first = map_fresh(&stage, 0), last = map_fresh(&stage, LIMIT - 4096), page = page_alloc();

    (void)state;
    for (unsigned bit = 41; bit < 64; bit++) {
        assert_false(gstage_map(&stage, BIT(bit), page, PTE_RAM));
        assert_false(gstage_map(&stage, BIT(bit) + LIMIT - 4096, page, PTE_RAM));
        assert_null(gstage_find(&stage, BIT(bit)));
        assert_null(gstage_find(&stage, BIT(bit) + LIMIT - 4096));
    }
    assert_null(gstage_find(&stage, UINT64_MAX));
    check_mapped(&stage, 0, first, PTE_RAM);
    check_mapped(&stage, LIMIT - 1, last, PTE_RAM);
    page_free(page);
    check_pages(6);
    clear();
}

static void test_borrowed_pages_are_not_freed(void **state)
{
    unsigned char *lent = (unsigned char *)page_alloc();

    (void)state;
    memset(lent, 0x3C, 4096);
    assert_true(gstage_map(&stage, RAM, (uint64_t)lent, PTE_RAM | PTE_BORROWED));
    check_mapped(&stage, RAM, (uint64_t)lent, PTE_RAM | PTE_BORROWED);
    assert_int_equal(stage.pages, 2);
    map_fresh(&stage, RAM + 4096);
    assert_int_equal(stage.pages, 3);
    gstage_clear(&stage);
    assert_int_equal(stage.pages, 0);
    assert_int_equal(page_available(), at_start - 1);
    assert_true(all_bytes(lent, 0x3C, 4096));
    page_free((uint64_t)lent);
    clear();
}

/* As for a guest's area: the page behind the address changes, the old one is the caller's. */
static void test_replacing(void **state)
{
    uint64_t old = map_fresh(&stage, RAM), lent = page_alloc();

    (void)state;
    assert_true(gstage_map(&stage, RAM, lent, PTE_RAM | PTE_BORROWED));
    check_mapped(&stage, RAM, lent, PTE_RAM | PTE_BORROWED);
    page_free(old);
    stage.pages--;
    assert_int_equal(stage.pages, 2);
    gstage_clear(&stage);
    page_free(lent);
    clear();
}

static void test_two_machines(void **state)
{
    uint64_t mine = map_fresh(&stage, RAM), theirs = map_fresh(&other, RAM);

    (void)state;
    check_mapped(&other, RAM, theirs, PTE_RAM);
    gstage_clear(&other);
    assert_int_equal(other.pages, 0);
    check_unmapped(&other, RAM);
    check_mapped(&stage, RAM, mine, PTE_RAM);
    check_pages(3);
    clear();
}

/* Takes all pages but `left` out of the allocator, as a list through their first words. */
static uint64_t hoard(uint64_t left)
{
    uint64_t list = 0;

    while (page_available() > left) {
        uint64_t page = page_alloc();

        *(uint64_t *)page = list;
        list = page;
    }
    return list;
}

static void release(uint64_t list)
{
    while (list) {
        uint64_t next = *(uint64_t *)list;

        page_free(list);
        list = next;
    }
}

/* No page for one of the two tables: nothing is mapped, what was is still there, the table that was made
 * is counted, found again by the next try, and freed in the end. */
static void check_exhaustion(uint64_t left)
{
    uint64_t before = map_fresh(&stage, RAM), page = page_alloc(), list = hoard(left);

    for (int i = 0; i < 2; i++)
        assert_false(gstage_map(&stage, RAM + GIB, page, PTE_RAM));
    check_unmapped(&stage, RAM + GIB);
    assert_null(gstage_find(&stage, RAM + GIB));
    check_mapped(&stage, RAM, before, PTE_RAM);
    assert_int_equal(stage.pages, 3 + left);
    assert_int_equal(page_available(), 0);
    release(list);
    if (left)
        assert_true(gstage_map(&stage, RAM + GIB, page, PTE_RAM));
    else
        page_free(page);
    check_pages(left ? 6 : 3);
    clear();
}

static void test_no_page_for_a_table(void **state)
{
    (void)state;
    check_exhaustion(0);
    check_exhaustion(1);
}

static void test_hgatp(void **state)
{
    const uint32_t vmids[] = {0, 1, 5, 0x2aaa, 0x3fff};
    struct gstage g = {.root = (uint64_t *)0x87654000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(vmids); i++) {
        g.vmid = vmids[i];
        assert_int_equal(gstage_hgatp(&g), 0x8000000000087654 + vmids[i] * UINT64_C(0x100000000000));
    }
    g.root = (uint64_t *)0xffffffffffc000; /* 56 bits, the highest */
    assert_int_equal(gstage_hgatp(&g), 0x83fffffffffffffc);
}

#define MODEL 100

/* What is mapped, in no order. */
struct model {
    uint64_t gpa[MODEL], page[MODEL], bits[MODEL];
    uint32_t count;
};

static uint32_t model_find(const struct model *model, uint64_t gpa)
{
    uint32_t i = 0;

    while (i < model->count && model->gpa[i] != gpa)
        i++;
    return i;
}

/* The tables that the model's addresses need: one for each group of addresses alike from `low` on. */
static uint64_t model_tables(const struct model *model, unsigned low)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < model->count; i++) {
        uint32_t earlier = 0;

        while (model->gpa[earlier] >> low != model->gpa[i] >> low)
            earlier++;
        count += earlier == i;
    }
    return count;
}

static uint64_t model_pages(const struct model *model)
{
    uint64_t count = model_tables(model, 30) + model_tables(model, 21);

    for (uint32_t i = 0; i < model->count; i++)
        count += !(model->bits[i] & PTE_BORROWED);
    return count;
}

static uint64_t random_gpa(uint64_t *seed)
{
    const uint64_t bases[] = {0, RAM, RAM + 2 * MIB, 5 * GIB, 512 * GIB, LIMIT - 2 * MIB};

    return bases[test_random(seed) % COUNT_OF(bases)] + test_random(seed) % 4 * 4096 +
           test_random(seed) % 2 * (2 * MIB - 4 * 4096);
}

static void model_map(struct model *model, uint64_t *seed)
{
    uint64_t gpa = random_gpa(seed), page = page_alloc();
    uint64_t bits = (test_random(seed) & 0xde) | PTE_V | (test_random(seed) % 4 ? 0 : PTE_BORROWED);
    uint32_t i = model_find(model, gpa);

    if (i < model->count) {
        page_free(model->page[i]);
        stage.pages -= !(model->bits[i] & PTE_BORROWED);
    } else {
        model->gpa[model->count++] = gpa;
    }
    model->page[i] = page;
    model->bits[i] = bits;
    assert_true(gstage_map(&stage, gpa, page, bits));
}

static void model_clear(struct model *model)
{
    gstage_clear(&stage);
    for (uint32_t i = 0; i < model->count; i++)
        if (model->bits[i] & PTE_BORROWED)
            page_free(model->page[i]);
    model->count = 0;
    clear();
}

static void test_against_a_model(void **state)
{
    struct model model = {0};
    uint64_t seed = 8;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint64_t gpa = random_gpa(&seed);
        uint32_t i = model_find(&model, gpa);

        if (i < model.count)
            check_mapped(&stage, gpa, model.page[i], model.bits[i]);
        else
            check_unmapped(&stage, gpa);
        assert_int_equal(stage.pages, model_pages(&model));
        if (test_random(&seed) % 100)
            model_map(&model, &seed);
        else
            model_clear(&model);
    }
    model_clear(&model);
}

static int set_up(void **state)
{
    (void)state;
    make_arena(PAGES * PAGE_SIZE);
    page_init((uint64_t)arena, (uint64_t)arena + PAGES * PAGE_SIZE);
    gstage_init(&stage, 1);
    gstage_init(&other, 2);
    at_start = page_available();
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
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_map_and_find),
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_root_slots),
        cmocka_unit_test(test_every_address_bit_counts),
        cmocka_unit_test(test_beyond_41_bits),
        cmocka_unit_test(test_borrowed_pages_are_not_freed),
        cmocka_unit_test(test_replacing),
        cmocka_unit_test(test_two_machines),
        cmocka_unit_test(test_no_page_for_a_table),
        cmocka_unit_test(test_hgatp),
        cmocka_unit_test(test_against_a_model),
    };

    return cmocka_run_group_tests_name("gstage", tests, set_up, tear_down);
}
