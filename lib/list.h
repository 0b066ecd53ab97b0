/* SPDX-License-Identifier: MIT */
/*
 * Doubly linked circular lists whose nodes are embedded in what they link. An empty list, and a node that is
 * on no list, point to themselves; so list_empty(&node) asks whether a node is off every list. No locks here.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *prev, *next;
};

/* The structure of type `type` whose member `member` is at `pointer`. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

/* The loop must not remove `pos`; list_for_each_safe lets it, with `after` as a second cursor. */
#define list_for_each(pos, head) for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)
#define list_for_each_safe(pos, after, head) \
    for ((pos) = (head)->next, (after) = (pos)->next; (pos) != (head); (pos) = (after), (after) = (pos)->next)

static inline void list_init(struct list *node)
{
    node->prev = node;
    node->next = node;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

/* node must be on no list. */
static inline void list_insert_before(struct list *place, struct list *node)
{
    node->prev = place->prev;
    node->next = place;
    place->prev->next = node;
    place->prev = node;
}

static inline void list_push_back(struct list *head, struct list *node)
{
    list_insert_before(head, node);
}

static inline void list_push_front(struct list *head, struct list *node)
{
    list_insert_before(head->next, node);
}

/* All nodes of the list `from`, which is empty then, in their order before `place` of another list. */
static inline void list_move_all(struct list *place, struct list *from)
{
    if (list_empty(from))
        return;
    from->next->prev = place->prev;
    place->prev->next = from->next;
    from->prev->next = place;
    place->prev = from->prev;
    list_init(from);
}

/* Harmless on a node that is on no list. Leaves it linked to itself. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* NULL when the list is empty. */
static inline struct list *list_first(const struct list *head)
{
    return list_empty(head) ? NULL : head->next;
}

/* The first one, removed; NULL when the list is empty. */
static inline struct list *list_pop_front(struct list *head)
{
    struct list *node = list_first(head);

    if (node)
        list_remove(node);
    return node;
}

#endif
