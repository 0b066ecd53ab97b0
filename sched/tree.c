/* SPDX-License-Identifier: MIT */
/* The treap of tree.h. */
#include "sched/tree.h"
#include <stddef.h>
#include "sched/touch.h"

/* Which of its parent's children node is. */
static bool side_of(const struct tree_node *node)
{
    return node == node->parent->child[1];
}

/* What no order of keys can follow: n, 1 and up, scattered over all 32-bit numbers, each of them once. */
static uint32_t scatter(uint32_t n)
{
    n *= 0x9e3779b1;
    n ^= n >> 15;
    n *= 0x2c1b3c6d;
    n ^= n >> 13;
    return n;
}

static void find_least(struct tree_node *node)
{
    node->least = node->value;
    for (int side = 0; side < 2; side++)
        if (node->child[side] && tree_before(node->child[side]->least, node->least))
            node->least = node->child[side]->least;
}

/* `child` (or nobody) takes the place of `node` below its parent. */
static void replace(struct tree *tree, struct tree_node *node, struct tree_node *child)
{
    if (node->parent)
        node->parent->child[side_of(node)] = child;
    else
        tree->root = child;
    if (child)
        child->parent = node->parent;
}

/* node changes places with its parent; the order by key remains. */
static void rotate_up(struct tree *tree, struct tree_node *node)
{
    struct tree_node *parent = node->parent;
    bool side = side_of(node);
    struct tree_node *middle = node->child[!side];

    sched_touch();
    replace(tree, parent, node);
    node->child[!side] = parent;
    parent->parent = node;
    parent->child[side] = middle;
    if (middle)
        middle->parent = parent;
    find_least(parent);
    find_least(node);
}

void tree_insert(struct tree *tree, struct tree_node *node)
{
    struct tree_node **place = &tree->root;

    node->parent = NULL;
    while (*place) {
        sched_touch();
        node->parent = *place;
        if (tree_before(node->value, node->parent->least))
            node->parent->least = node->value;
        place = &node->parent->child[!tree_before(node->key, node->parent->key)];
    }
    *place = node;
    node->child[0] = node->child[1] = NULL;
    node->least = node->value;
    node->rank = scatter(++tree->insertions);
    node->in = true;
    while (node->parent && node->parent->rank < node->rank)
        rotate_up(tree, node);
}

/* The child that may stand above the other, or NULL. */
static struct tree_node *higher_child(const struct tree_node *node)
{
    struct tree_node *before = node->child[0], *behind = node->child[1];

    return !behind || (before && before->rank >= behind->rank) ? before : behind;
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    struct tree_node *child;

    while ((child = higher_child(node)) != NULL)
        rotate_up(tree, child);
    replace(tree, node, NULL);
    node->in = false;
    for (node = node->parent; node; node = node->parent) {
        sched_touch();
        find_least(node);
    }
}

/* The outermost on that side of node and all below it. */
static struct tree_node *outermost(struct tree_node *node, bool side)
{
    while (node && node->child[side]) {
        sched_touch();
        node = node->child[side];
    }
    return node;
}

static struct tree_node *neighbour(const struct tree_node *node, bool side)
{
    sched_touch();
    if (node->child[side])
        return outermost(node->child[side], !side);
    while (node->parent && side_of(node) == side)
        node = node->parent;
    return node->parent;
}

struct tree_node *tree_first(const struct tree *tree)
{
    return outermost(tree->root, false);
}

struct tree_node *tree_last(const struct tree *tree)
{
    return outermost(tree->root, true);
}

struct tree_node *tree_next(const struct tree_node *node)
{
    return neighbour(node, true);
}

struct tree_node *tree_prev(const struct tree_node *node)
{
    return neighbour(node, false);
}

static bool has_within(const struct tree_node *node, uint64_t most)
{
    return node && !tree_before(most, node->least);
}

struct tree_node *tree_first_within(const struct tree *tree, uint64_t most)
{
    struct tree_node *node = tree->root;

    if (!has_within(node, most))
        return NULL;
    for (;;) {
        sched_touch();
        if (has_within(node->child[0], most))
            node = node->child[0];
        else if (!tree_before(most, node->value))
            return node;
        else
            node = node->child[1];
    }
}
