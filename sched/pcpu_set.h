/* SPDX-License-Identifier: MIT */
/*
 * A set of pCPUs. The functions whose name ends in `_atomic` may be called without a lock, by any number of
 * pCPUs at once; so may pcpu_set_next, pcpu_set_last and pcpu_set_has, whose answer may then be stale.
 */
#ifndef SCHED_PCPU_SET_H
#define SCHED_PCPU_SET_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/bitops.h"

#ifndef SCHED_MAX_PCPUS
#define SCHED_MAX_PCPUS 64 /* a multiple of 64; the simulator is compiled with more */
#endif
#define SCHED_NO_PCPU  UINT32_MAX
#define PCPU_SET_WORDS (SCHED_MAX_PCPUS / 64)

struct pcpu_set {
    uint64_t word[PCPU_SET_WORDS]; /* bit n of word w: pCPU 64 w + n */
};

static inline bool pcpu_set_has(const struct pcpu_set *set, uint32_t pcpu)
{
    return bit_test(__atomic_load_n(&set->word[pcpu / 64], __ATOMIC_RELAXED), pcpu % 64);
}

static inline void pcpu_set_add(struct pcpu_set *set, uint32_t pcpu)
{
    set->word[pcpu / 64] |= BIT(pcpu % 64);
}

static inline void pcpu_set_remove(struct pcpu_set *set, uint32_t pcpu)
{
    set->word[pcpu / 64] &= ~BIT(pcpu % 64);
}

/* True: it was not in it before. */
static inline bool pcpu_set_add_atomic(struct pcpu_set *set, uint32_t pcpu)
{
    return !bit_test(__atomic_fetch_or(&set->word[pcpu / 64], BIT(pcpu % 64), __ATOMIC_ACQ_REL), pcpu % 64);
}

/* True: it was in it before. */
static inline bool pcpu_set_remove_atomic(struct pcpu_set *set, uint32_t pcpu)
{
    return bit_test(__atomic_fetch_and(&set->word[pcpu / 64], ~BIT(pcpu % 64), __ATOMIC_ACQ_REL), pcpu % 64);
}

/* The lowest member that is `from` or higher; SCHED_NO_PCPU: none. */
static inline uint32_t pcpu_set_next(const struct pcpu_set *set, uint32_t from)
{
    for (uint32_t w = from / 64; w < PCPU_SET_WORDS; w++) {
        uint64_t word = __atomic_load_n(&set->word[w], __ATOMIC_RELAXED);

        if (w == from / 64)
            word &= ~bit_mask(from % 64);
        if (word)
            return 64 * w + bit_lowest(word);
    }
    return SCHED_NO_PCPU;
}

/* The highest member that is `from` or lower; SCHED_NO_PCPU: none. */
static inline uint32_t pcpu_set_last(const struct pcpu_set *set, uint32_t from)
{
    for (uint32_t w = from / 64 + 1; w-- > 0;) {
        uint64_t word = __atomic_load_n(&set->word[w], __ATOMIC_RELAXED);

        if (w == from / 64)
            word &= bit_mask(from % 64 + 1);
        if (word)
            return 64 * w + bit_highest(word);
    }
    return SCHED_NO_PCPU;
}

#define pcpu_set_for_each(pcpu, set) \
    for ((pcpu) = pcpu_set_next((set), 0); (pcpu) != SCHED_NO_PCPU; (pcpu) = pcpu_set_next((set), (pcpu) + 1))

static inline bool pcpu_set_is_empty(const struct pcpu_set *set)
{
    return pcpu_set_next(set, 0) == SCHED_NO_PCPU;
}

/* pCPUs 0 to count - 1. */
static inline struct pcpu_set pcpu_set_first(uint32_t count)
{
    struct pcpu_set set = {{0}};

    for (uint32_t w = 0; w < PCPU_SET_WORDS && count > 64 * w; w++)
        set.word[w] = bit_mask(count - 64 * w < 64 ? count - 64 * w : 64);
    return set;
}

/* Those of both. */
static inline struct pcpu_set pcpu_set_both(const struct pcpu_set *a, const struct pcpu_set *b)
{
    struct pcpu_set set;

    for (uint32_t w = 0; w < PCPU_SET_WORDS; w++)
        set.word[w] = __atomic_load_n(&a->word[w], __ATOMIC_RELAXED) &
                      __atomic_load_n(&b->word[w], __ATOMIC_RELAXED);
    return set;
}

#endif
