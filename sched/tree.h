/* SPDX-License-Identifier: MIT */
/*
 * An ordered tree whose nodes are embedded in what they order: insert, remove and find in O(log n), no
 * allocation. It is a treap: a search tree by key, and by a hash of the order of insertion a heap, which keeps it flat
 * whatever the keys are; the same operations always make the same tree. Each node knows the least `value`
 * below it, so that "the first by key whose value is at most v" is found in O(log n), too. No locks here.
 *
 * Keys may wrap around, and so may values: of two, the one less than 2^63 ahead is the greater. All that are in
 * one tree at a time lie within 2^63.
 */
#ifndef SCHED_TREE_H
#define SCHED_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct tree_node {
    struct tree_node *parent, *child[2]; /* child[0]: those before it, child[1]: those behind it */
    uint64_t key;                        /* in what order; equal keys in the order of insertion */
    uint64_t value;                      /* what tree_first_within asks for */
    uint64_t least;                      /* the least value of this node and all below it; the tree's */
    uint32_t rank;                       /* above whom: nobody below has more; the tree's */
    bool in;                             /* it is in a tree; the tree's */
};

/* All zero is an empty tree. */
struct tree {
    struct tree_node *root;
    uint32_t insertions; /* so far */
};

/* a comes before b. */
static inline bool tree_before(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b) < 0;
}

/* node is in no tree, and its key and value are set; they must not change while it is in. */
void tree_insert(struct tree *, struct tree_node *node);

/* node is in this tree. */
void tree_remove(struct tree *, struct tree_node *node);

/* The first by key, and the next; the last, and the one before. NULL: there is none. */
struct tree_node *tree_first(const struct tree *);
struct tree_node *tree_next(const struct tree_node *);
struct tree_node *tree_last(const struct tree *);
struct tree_node *tree_prev(const struct tree_node *);

/* The first by key whose value is at most `most`; NULL: there is none. */
struct tree_node *tree_first_within(const struct tree *, uint64_t most);

#endif
