/* SPDX-License-Identifier: MIT */
/*
 * The page allocator. Memory that was never used is handed out from the bottom
 * up; what came back is kept in a list that runs through the pages themselves.
 */
#include "hyp/page.h"
#include <stddef.h>
#include "hyp/panic.h"
#include "hyp/riscv.h"
#include "lib/bitops.h"
#include "lib/spinlock.h"
#include "lib/string.h"

struct free_page {
    struct free_page *next;
};

struct range {
    uint64_t start, end;
};

static struct spinlock lock; /* guards all below; taken last */
static struct free_page *free_list;
static uint64_t next_fresh, limit;
static uint64_t total, available;
static struct range reserved[4];
static uint32_t reserved_count;

/* A page at the border of two ranges, touched by both, stays with the earlier: count_fresh relies on it. */
void page_reserve(uint64_t start, uint64_t end)
{
    struct range range = {align_down(start, PAGE_SIZE), align_up(end, PAGE_SIZE)};
    if (start >= end)
        return;
    for (uint32_t i = 0; i < reserved_count; i++) {
        if (range.start >= reserved[i].start && range.start < reserved[i].end)
            range.start = reserved[i].end;
        if (range.end > reserved[i].start && range.end <= reserved[i].end)
            range.end = reserved[i].start;
    }
    if (range.start >= range.end)
        return;
    if (reserved_count == sizeof(reserved) / sizeof(reserved[0]))
        panic("page_reserve: more than %u ranges", reserved_count);
    reserved[reserved_count++] = range;
}

/* The first address >= at where `bytes` fit between the reserved ranges. */
static uint64_t skip_reserved(uint64_t at, uint64_t bytes)
{
    for (uint32_t i = 0; i < reserved_count; i++) {
        if (at < reserved[i].end && at + bytes > reserved[i].start) {
            at = reserved[i].end;
            i = UINT32_MAX; /* it may have moved into another one: look at all again */
        }
    }
    return at;
}

/* Pages never used yet. Reserved ranges do not overlap each other. */
static uint64_t count_fresh(void)
{
    uint64_t bytes = limit - next_fresh;
    for (uint32_t i = 0; i < reserved_count; i++) {
        uint64_t from = reserved[i].start > next_fresh ? reserved[i].start : next_fresh;
        uint64_t to = reserved[i].end < limit ? reserved[i].end : limit;
        if (from < to)
            bytes -= to - from;
    }
    return bytes / PAGE_SIZE;
}

void page_init(uint64_t start, uint64_t end)
{
    spin_init(&lock);
    next_fresh = align_up(start, PAGE_SIZE);
    limit = align_down(end, PAGE_SIZE);
    total = available = count_fresh();
}

void *boot_alloc(uint64_t bytes, uint64_t align)
{
    uint64_t size = align_up(bytes, PAGE_SIZE);
    uint64_t at = next_fresh;
    for (uint64_t last = 0; at != last;) {
        last = at;
        at = skip_reserved(align_up(at, align), size);
    }
    if (at + size > limit)
        panic("boot_alloc: no %lu bytes left; give QEMU more memory", bytes);
    next_fresh = at + size;
    total = available = count_fresh();
    return memset((void *)at, 0, size);
}

uint64_t page_alloc(void)
{
    uint64_t page = 0;
    spin_lock(&lock);
    if (free_list) {
        page = (uint64_t)free_list;
        free_list = free_list->next;
    } else {
        uint64_t fresh = skip_reserved(next_fresh, PAGE_SIZE);
        if (fresh < limit) {
            page = fresh;
            next_fresh = fresh + PAGE_SIZE;
        }
    }
    if (page)
        available--;
    spin_unlock(&lock);
    return page ? (uint64_t)memset((void *)page, 0, PAGE_SIZE) : 0;
}

void page_free(uint64_t page)
{
    struct free_page *entry = (struct free_page *)page;
    spin_lock(&lock);
    entry->next = free_list;
    free_list = entry;
    available++;
    spin_unlock(&lock);
}

uint64_t page_total(void)
{
    return total;
}

uint64_t page_available(void)
{
    return available;
}
