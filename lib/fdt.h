/* SPDX-License-Identifier: MIT */
/*
 * Reads a flattened device tree (Devicetree Specification v0.4, chapter 5, "Flattened Devicetree (DTB)
 * Format", version 17). Nothing is copied or allocated: what is returned points into the blob. No blob can
 * make a reader leave the blob or loop for ever; where the structure is broken, the tree ends.
 *
 * A node is named by its place in the blob. Values are big-endian there and in the machine's order here.
 */
#ifndef LIB_FDT_H
#define LIB_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_NONE UINT32_MAX /* no node */

struct fdt {
    const uint8_t *structure; /* the structure block, */
    uint32_t structure_size;
    const char *strings; /* and the names of properties, ended by a NUL if there are any */
    uint32_t strings_size;
    uint32_t total_size; /* of the whole blob */
};

/* The blob lies in `most` readable bytes. NULL: the tree can be read; else what is wrong with it. */
const char *fdt_open(struct fdt *fdt, const void *blob, size_t most);

/* The root, whose name is empty; FDT_NONE if the blob has no node at all. */
uint32_t fdt_root(const struct fdt *fdt);
const char *fdt_name(const struct fdt *fdt, uint32_t node);

/* The child of `parent` behind `child` (FDT_NONE: the first), of those whose name begins with `prefix`: ""
 * for all, "cpu@" for the CPUs. FDT_NONE when there is none. */
uint32_t fdt_next_child(const struct fdt *fdt, uint32_t parent, uint32_t child, const char *prefix);

/* "/soc/serial@10000000". A part without '@' also finds the first node that has this name and an address. */
uint32_t fdt_find_path(const struct fdt *fdt, const char *path);

/* The next node behind `after` (FDT_NONE: from the root on) whose "compatible" list has that string. */
uint32_t fdt_find_compatible(const struct fdt *fdt, uint32_t after, const char *compatible);

/* The bytes of a property, NULL when there is none of that name. They are not aligned. */
const void *fdt_bytes(const struct fdt *fdt, uint32_t node, const char *name, uint32_t *size);

/* A number of `count` 32-bit cells (1 or 2), the first of which is cell `first` of the property. False when
 * the property does not reach that far. */
bool fdt_cells(const struct fdt *fdt, uint32_t node, const char *name, uint64_t first, uint32_t count,
               uint64_t *value);

/* Properties that are one number: of one cell, and of one or two. */
bool fdt_u32(const struct fdt *fdt, uint32_t node, const char *name, uint32_t *value);
bool fdt_u64(const struct fdt *fdt, uint32_t node, const char *name, uint64_t *value);

/* String number `index` of a property that is a list of strings; NULL beyond the end or if none ends it. */
const char *fdt_string(const struct fdt *fdt, uint32_t node, const char *name, uint32_t index);

/* Range number `index` of the "reg" of a child of `parent`, whose #address-cells (1 or 2; 2 when not given)
 * and #size-cells (0 to 2; 1 when not given) say how it is written. Without size cells *size is 0. */
bool fdt_reg(const struct fdt *fdt, uint32_t parent, uint32_t node, uint32_t index, uint64_t *base,
             uint64_t *size);

#endif
