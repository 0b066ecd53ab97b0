/* SPDX-License-Identifier: MIT */
/* lib/list.h: order, removal while walking, and nodes that are on no list. */
#include "tests/unit/unit.h"

#include "lib/list.h"

struct item {
    int value;
    struct list link;
};

/* head holds exactly the values given, front to back and back to front. */
static void assert_values(struct list *head, const int *values, size_t count)
{
    struct list *pos;
    size_t i = 0;

    list_for_each (pos, head) {
        assert_true(i < count);
        assert_int_equal(container_of(pos, struct item, link)->value, values[i++]);
        assert_ptr_equal(pos->next->prev, pos);
    }
    assert_int_equal(i, count);
    for (pos = head->prev; pos != head; pos = pos->prev)
        assert_int_equal(container_of(pos, struct item, link)->value, values[--i]);
    assert_int_equal(i, 0);
}

static void make_items(struct item *items, int count)
{
    for (int i = 0; i < count; i++) {
        items[i].value = i;
        list_init(&items[i].link);
    }
}

static void test_empty(void **state)
{
    struct list head;

    (void)state;
    list_init(&head);
    assert_true(list_empty(&head));
    assert_null(list_first(&head));
    assert_null(list_pop_front(&head));
    list_remove(&head);
    assert_true(list_empty(&head));
}

static void test_order(void **state)
{
    struct list head;
    struct item items[4];

    (void)state;
    list_init(&head);
    make_items(items, 4);
    list_push_back(&head, &items[2].link);
    list_push_back(&head, &items[3].link);
    list_push_front(&head, &items[0].link);
    list_insert_before(&items[2].link, &items[1].link);
    assert_false(list_empty(&head));
    assert_values(&head, (int[]){0, 1, 2, 3}, 4);
    assert_ptr_equal(list_first(&head), &items[0].link);
    assert_ptr_equal(list_pop_front(&head), &items[0].link);
    assert_values(&head, (int[]){1, 2, 3}, 3);
}

static void test_remove_leaves_self_linked(void **state)
{
    struct list head;
    struct item items[3];

    (void)state;
    list_init(&head);
    make_items(items, 3);
    for (int i = 0; i < 3; i++)
        list_push_back(&head, &items[i].link);
    list_remove(&items[1].link);
    assert_true(list_empty(&items[1].link));
    list_remove(&items[1].link);
    assert_values(&head, (int[]){0, 2}, 2);
    list_remove(&items[0].link);
    list_remove(&items[2].link);
    assert_true(list_empty(&head));
}

static void test_remove_while_walking(void **state)
{
    struct list head, *pos, *after;
    struct item items[6];

    (void)state;
    list_init(&head);
    make_items(items, 6);
    for (int i = 0; i < 6; i++)
        list_push_back(&head, &items[i].link);
    list_for_each_safe (pos, after, &head) {
        if (container_of(pos, struct item, link)->value % 2 == 0)
            list_remove(pos);
    }
    assert_values(&head, (int[]){1, 3, 5}, 3);
}

static void test_move_all(void **state)
{
    struct list a, b;
    struct item items[5];

    (void)state;
    list_init(&a);
    list_init(&b);
    make_items(items, 5);
    for (int i = 0; i < 5; i++)
        list_push_back(i < 2 ? &a : &b, &items[i].link);
    list_move_all(&items[1].link, &b);
    assert_values(&a, (const int[]){0, 2, 3, 4, 1}, 5);
    assert_true(list_empty(&b));
    list_move_all(&a, &b); /* nothing */
    list_move_all(&b, &a);
    assert_values(&b, (const int[]){0, 2, 3, 4, 1}, 5);
    assert_true(list_empty(&a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_remove_leaves_self_linked),
        cmocka_unit_test(test_remove_while_walking),
        cmocka_unit_test(test_move_all),
    };

    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
