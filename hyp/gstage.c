/* SPDX-License-Identifier: MIT */
/*
 * Sv39x4: three levels of tables; the root has four times the entries.
 */
#include "hyp/gstage.h"
#include <stddef.h>
#include "hyp/page.h"
#include "hyp/riscv.h"
#include "lib/string.h"

#define LEVELS      3
#define TABLE_SLOTS 512
#define ROOT_SLOTS  (4 * TABLE_SLOTS)

static uint64_t make_pte(uint64_t page, uint64_t bits)
{
    return page >> PAGE_SHIFT << PTE_PPN_SHIFT | bits;
}

/* Siblings' page walks see what is behind the entry before they see the entry. */
static void publish(uint64_t *pte, uint64_t value)
{
    __atomic_store_n(pte, value, __ATOMIC_RELEASE);
}

/* BEGIN SOLUTION 2.hgatp */
void gstage_init(struct gstage *g, uint32_t vmid)
{
    g->vmid = vmid;
    g->root = boot_alloc(GSTAGE_ROOT_BYTES, GSTAGE_ROOT_BYTES);
}

uint64_t gstage_hgatp(const struct gstage *g)
{
    return HGATP_SV39X4 | (uint64_t)g->vmid << HGATP_VMID_SHIFT | (uint64_t)g->root >> PAGE_SHIFT;
}
/* END SOLUTION */

/* BEGIN SOLUTION 2.map */
static uint64_t slot(uint64_t gpa, int level)
{
    uint64_t n = gpa >> (PAGE_SHIFT + 9 * level);
    return level == LEVELS - 1 ? n % ROOT_SLOTS : n % TABLE_SLOTS;
}

uint64_t *gstage_find(const struct gstage *g, uint64_t gpa)
{
    if (gpa >> GSTAGE_GPA_BITS)
        return NULL;
    uint64_t *table = g->root;
    for (int level = LEVELS - 1; level > 0; level--) {
        uint64_t pte = table[slot(gpa, level)];
        if (!(pte & PTE_V))
            return NULL;
        table = (uint64_t *)pte_page(pte);
    }
    return &table[slot(gpa, 0)];
}

bool gstage_map(struct gstage *g, uint64_t gpa, uint64_t page, uint64_t bits)
{
    if (gpa >> GSTAGE_GPA_BITS)
        return false;
    uint64_t *table = g->root;
    for (int level = LEVELS - 1; level > 0; level--) {
        uint64_t *pte = &table[slot(gpa, level)];
        if (!(*pte & PTE_V)) {
            uint64_t fresh = page_alloc();
            if (!fresh)
                return false;
            g->pages++;
            publish(pte, make_pte(fresh, PTE_V));
        }
        table = (uint64_t *)pte_page(*pte);
    }
    if (!(bits & PTE_BORROWED))
        g->pages++;
    publish(&table[slot(gpa, 0)], make_pte(page, bits));
    return true;
}
/* END SOLUTION */

/* BEGIN SOLUTION 2.clear */
static void clear_table(struct gstage *g, uint64_t *table, int level)
{
    uint64_t slots = level == LEVELS - 1 ? ROOT_SLOTS : TABLE_SLOTS;
    for (uint64_t i = 0; i < slots; i++) {
        uint64_t pte = table[i];
        if (!(pte & PTE_V))
            continue;
        if (level > 0)
            clear_table(g, (uint64_t *)pte_page(pte), level - 1);
        if (!(pte & PTE_BORROWED)) {
            page_free(pte_page(pte));
            g->pages--;
        }
    }
}

void gstage_clear(struct gstage *g)
{
    clear_table(g, g->root, LEVELS - 1);
    memset(g->root, 0, GSTAGE_ROOT_BYTES);
}
/* END SOLUTION */
