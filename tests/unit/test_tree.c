/* SPDX-License-Identifier: MIT */
/* sched/tree.c against a sorted array, and that it is flat. */
#include "tests/unit/unit.h"

#include "sched/sched.h"
#include "sched/tree.h"

#define MOST 4096

static struct tree tree;
static struct tree_node nodes[MOST];
static struct tree_node *sorted[MOST]; /* what must be in the tree, in order */
static uint32_t count;
static uint64_t seed;

/* Nothing here locks; a build for coverage keeps the function that would call it. */
void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    abort();
}

static void empty_tree(void)
{
    tree = (struct tree){0};
    count = 0;
}

static void add(struct tree_node *node, uint64_t key, uint64_t value)
{
    uint32_t place = count++;

    node->key = key;
    node->value = value;
    for (; place > 0 && (int64_t)(key - sorted[place - 1]->key) < 0; place--)
        sorted[place] = sorted[place - 1];
    sorted[place] = node;
    tree_insert(&tree, node);
    assert_true(node->in);
}

static void drop(uint32_t place)
{
    struct tree_node *node = sorted[place];

    for (count--; place < count; place++)
        sorted[place] = sorted[place + 1];
    tree_remove(&tree, node);
    assert_false(node->in);
}

/* Heap, links and least values hold of node and all below it; returns how deep they reach. */
static uint32_t check_below(const struct tree_node *node, const struct tree_node *parent)
{
    uint32_t deepest = 0;
    uint64_t least;

    if (!node)
        return 0;
    assert_ptr_equal(node->parent, parent);
    assert_true(!parent || parent->rank >= node->rank);
    least = node->value;
    for (int side = 0; side < 2; side++) {
        uint32_t depth = check_below(node->child[side], node);

        deepest = depth > deepest ? depth : deepest;
        if (node->child[side] && (int64_t)(node->child[side]->least - least) < 0)
            least = node->child[side]->least;
    }
    assert_true(node->least == least);
    return deepest + 1;
}

static struct tree_node *expected_within(uint64_t most)
{
    for (uint32_t i = 0; i < count; i++)
        if ((int64_t)(most - sorted[i]->value) >= 0)
            return sorted[i];
    return NULL;
}

static void check_order(void)
{
    const struct tree_node *node = tree_first(&tree);

    for (uint32_t i = 0; i < count; i++, node = tree_next(node))
        assert_ptr_equal(node, sorted[i]);
    assert_null(node);
    node = tree_last(&tree);
    for (uint32_t i = count; i > 0; i--, node = tree_prev(node))
        assert_ptr_equal(node, sorted[i - 1]);
    assert_null(node);
}

static void test_empty(void **state)
{
    (void)state;
    empty_tree();
    assert_null(tree_first(&tree));
    assert_null(tree_last(&tree));
    assert_null(tree_first_within(&tree, UINT64_MAX));
}

static void test_equal_keys_keep_their_order(void **state)
{
    (void)state;
    empty_tree();
    for (uint32_t i = 0; i < 300; i++)
        add(&nodes[i], i % 3, i);
    check_order();
    assert_ptr_equal(tree_first(&tree), &nodes[0]);
    assert_ptr_equal(tree_last(&tree), &nodes[299]);
    assert_ptr_equal(tree_next(&nodes[0]), &nodes[3]);
    tree_remove(&tree, &nodes[0]);
    tree_insert(&tree, &nodes[0]);
    assert_ptr_equal(tree_first(&tree), &nodes[3]);
    assert_ptr_equal(tree_next(&nodes[297]), &nodes[0]);
}

static void test_first_within(void **state)
{
    (void)state;
    empty_tree();
    add(&nodes[0], 10, 7);
    add(&nodes[1], 20, 5);
    add(&nodes[2], 30, 6);
    add(&nodes[3], 40, 2);
    assert_null(tree_first_within(&tree, 1));
    assert_ptr_equal(tree_first_within(&tree, 2), &nodes[3]);
    assert_ptr_equal(tree_first_within(&tree, 4), &nodes[3]);
    assert_ptr_equal(tree_first_within(&tree, 6), &nodes[1]);
    assert_ptr_equal(tree_first_within(&tree, 7), &nodes[0]);
}

/* Keys, values, additions and removals at random; `base` lets them wrap around. */
static void check_random(uint64_t base, uint64_t range)
{
    empty_tree();
    for (uint32_t i = 0; i < 64; i++)
        nodes[i].in = false;
    for (uint32_t step = 0; step < 4000; step++) {
        struct tree_node *node = &nodes[test_random(&seed) % 64];

        if (!node->in)
            add(node, base + test_random(&seed) % range, base + test_random(&seed) % range);
        else
            drop((uint32_t)(test_random(&seed) % count));
        check_below(tree.root, NULL);
        for (uint32_t i = 0; i < 4; i++) {
            uint64_t most = base + test_random(&seed) % range;

            assert_ptr_equal(tree_first_within(&tree, most), expected_within(most));
        }
        check_order();
    }
}

static void test_random_operations(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 5; round++) {
        seed = round;
        check_random(0, 10);
        check_random(UINT64_MAX - 500, 1000);
        check_random(UINT64_C(1) << 63, UINT64_C(1) << 62);
    }
}

static void check_flat(const char *what, uint64_t (*key)(uint32_t))
{
    uint32_t depth;

    empty_tree();
    for (uint32_t i = 0; i < MOST; i++)
        add(&nodes[i], key(i), i);
    depth = check_below(tree.root, NULL);
    print_message("%u keys, %s: %u deep\n", MOST, what, depth);
    assert_true(depth <= 40); /* the flattest would be 13 */
    while (count > 0)
        drop(0);
    assert_null(tree.root);
}

static uint64_t rising(uint32_t i)
{
    return i;
}

static uint64_t falling(uint32_t i)
{
    return MOST - i;
}

static uint64_t alternating(uint32_t i)
{
    return i % 2 ? i : MOST - i;
}

static uint64_t same(uint32_t i)
{
    (void)i;
    return 1;
}

static void test_flat(void **state)
{
    (void)state;
    check_flat("rising", rising);
    check_flat("falling", falling);
    check_flat("alternating", alternating);
    check_flat("all the same", same);
}

/* What a scheduler does: the first leaves and comes back as the last, a million times. */
static void test_flat_in_rotation(void **state)
{
    uint64_t key = 0;

    (void)state;
    empty_tree();
    for (; key < MOST; key++) {
        nodes[key].key = nodes[key].value = key;
        tree_insert(&tree, &nodes[key]);
    }
    for (uint32_t i = 0; i < 1000000; i++) {
        struct tree_node *node = tree_first(&tree);

        tree_remove(&tree, node);
        node->key = key++;
        tree_insert(&tree, node);
    }
    assert_true(check_below(tree.root, NULL) <= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),        cmocka_unit_test(test_equal_keys_keep_their_order),
        cmocka_unit_test(test_first_within), cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_flat),         cmocka_unit_test(test_flat_in_rotation),
    };

    return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
