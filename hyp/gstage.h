/* SPDX-License-Identifier: MIT */
/*
 * The G-stage tables of a VM: guest physical to host physical, Sv39x4
 * (Privileged spec, "Two-Stage Address Translation"). Sv39x4 is Sv39 with two more
 * bits at the top: a root of 16 KiB, and guest physical addresses of 41 bits.
 *
 * The caller holds the VM's lock. After an unmap or a change it also sees to the fences.
 */
#ifndef HYP_GSTAGE_H
#define HYP_GSTAGE_H

#include <stdbool.h>
#include <stdint.h>

#define GSTAGE_ROOT_BYTES 16384
#define GSTAGE_GPA_BITS   41

#define PTE_V        1UL
#define PTE_R        2UL
#define PTE_W        4UL
#define PTE_X        8UL
#define PTE_U        16UL /* the G-stage checks every access as if from U-mode */
#define PTE_A        64UL
#define PTE_D        128UL
#define PTE_BORROWED 256UL /* RSW: the page is not the VM's and is not freed with it */

#define PTE_PPN_SHIFT 10
#define PTE_PPN_MASK  ((1UL << 44) - 1)

struct gstage {
    uint64_t *root; /* GSTAGE_ROOT_BYTES, aligned to as much, zeroed */
    uint32_t vmid;
    uint64_t pages; /* held: those mapped and not borrowed, and the tables below the root */
};

static inline uint64_t pte_page(uint64_t pte)
{
    return (pte >> PTE_PPN_SHIFT & PTE_PPN_MASK) << 12;
}

/* Empty tables for a machine that has that VMID. At boot. */
void gstage_init(struct gstage *, uint32_t vmid);

/* The value of hgatp that puts these tables in force. */
uint64_t gstage_hgatp(const struct gstage *);

/* The leaf entry for gpa, or NULL where no table leads to it. It may be invalid. */
uint64_t *gstage_find(const struct gstage *, uint64_t gpa);

/* Maps one page, over an earlier mapping too: that one's page is the caller's then, who takes it out of
 * `pages` unless it was borrowed. bits: PTE_*. False: no page left for a table, or gpa is beyond 41 bits. */
bool gstage_map(struct gstage *, uint64_t gpa, uint64_t page, uint64_t bits);

/* Frees all pages that are not borrowed, and all tables; the root stays, empty. */
void gstage_clear(struct gstage *);

#endif
