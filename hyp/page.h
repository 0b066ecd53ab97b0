/* SPDX-License-Identifier: MIT */
/*
 * Physical memory: what is taken for good at boot, and pages of 4 KiB that
 * come and go with guests.
 */
#ifndef HYP_PAGE_H
#define HYP_PAGE_H

#include <stdint.h>

/* Everything in [start, end) that is not reserved becomes allocatable. Once, before anything else here. */
void page_init(uint64_t start, uint64_t end);

/* [start, end) is in use (the initrd, a device tree). Only before page_init; at most four, which do not
 * overlap. */
void page_reserve(uint64_t start, uint64_t end);

/* Zeroed memory that is never given back; align: a power of two up to 16 KiB. Panics when there is none.
 * Only at boot. */
void *boot_alloc(uint64_t bytes, uint64_t align);

/* A zeroed page, or 0. */
uint64_t page_alloc(void);

void page_free(uint64_t page);

uint64_t page_total(void);
uint64_t page_available(void);

#endif
