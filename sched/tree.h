/* SPDX-License-Identifier: MIT */
/*
 * An ordered tree whose nodes are embedded in what they order: insert, remove and find in O(log n), no
 * allocation. It is a treap: a search tree by key, and by a hash of the order of insertion a heap, which keeps it flat
 * whatever the keys are; the same operations always make the same tree. Each node knows the least `value`
 * below it, so that "the first by key whose value is at most v" is found in O(log n), too. No locks here.
 */
#ifndef SCHED_TREE_H
#define SCHED_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct tree_node {
    struct tree_node *left, *right, *parent;
    uint64_t key;   /* in what order; equal keys in the order of insertion */
    uint64_t value; /* what tree_first_within asks for */
    uint64_t least; /* the least value of this node and all below it; the tree's */
    uint32_t rank;  /* above whom; the tree's */
    bool in;        /* it is in a tree */
};

struct tree {
    struct tree_node *root;
    uint32_t hash; /* of the insertions so far */
};

/* node is in no tree, and its key and value are set; they must not change while it is in. */
void tree_insert(struct tree *, struct tree_node *node);
void tree_remove(struct tree *, struct tree_node *node);

/* The first by key, and the next; NULL: there is none. */
struct tree_node *tree_first(const struct tree *);
struct tree_node *tree_next(const struct tree_node *);

/* The first by key whose value is at most `most`; NULL: there is none. */
struct tree_node *tree_first_within(const struct tree *, uint64_t most);

#endif
