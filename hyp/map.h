/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own address space: every address is the physical one.
 */
#ifndef HYP_MAP_H
#define HYP_MAP_H

#include <stdint.h>

/* Builds the tables; RAM ends at ram_end. Once. */
void map_init(uint64_t ram_end);

/* Puts them in force on this hart. */
void map_enable(void);

#endif
