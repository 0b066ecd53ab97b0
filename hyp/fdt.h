/* SPDX-License-Identifier: MIT */
/*
 * Writes device trees: a writer that takes nodes and properties in order and makes a flattened device tree of
 * them in a buffer, and the tree of a guest's machine (DESIGN section 4). The reader is lib/fdt.h.
 *
 * Nothing here fails at once: what does not fit makes the whole tree fail, which fdt_write_finish tells.
 */
#ifndef HYP_FDT_H
#define HYP_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_STRINGS_SIZE 512 /* for the names of properties, each kept once */

struct fdt_writer {
    uint8_t *buf;
    size_t size, at;
    uint32_t depth; /* nodes that are open */
    uint32_t last_phandle;
    uint32_t strings_size;
    bool failed; /* the buffer or the strings overflowed, or nodes were not closed in order */
    char strings[FDT_STRINGS_SIZE];
};

/* The tree will lie at buf, which is 8-aligned. */
void fdt_write_begin(struct fdt_writer *writer, void *buf, size_t size);

/* The first node is the root: "". Properties come before children. */
void fdt_write_node(struct fdt_writer *writer, const char *name);
/* The node name@address, in hex. */
void fdt_write_node_at(struct fdt_writer *writer, const char *name, uint64_t address);
void fdt_write_end_node(struct fdt_writer *writer);

void fdt_write_bytes(struct fdt_writer *writer, const char *name, const void *bytes, size_t size);
void fdt_write_flag(struct fdt_writer *writer, const char *name); /* a property that has no value */
void fdt_write_u32(struct fdt_writer *writer, const char *name, uint32_t value);
void fdt_write_u64(struct fdt_writer *writer, const char *name, uint64_t value);
void fdt_write_string(struct fdt_writer *writer, const char *name, const char *text);
void fdt_write_strings(struct fdt_writer *writer, const char *name, const char *const *texts, size_t count);
void fdt_write_cells(struct fdt_writer *writer, const char *name, const uint32_t *cells, size_t count);

/* One "reg" range, as 64-bit address and size. */
void fdt_write_reg(struct fdt_writer *writer, uint64_t base, uint64_t size);

/* Gives the node that is open a phandle; returns it. They count from 1. */
uint32_t fdt_write_phandle(struct fdt_writer *writer);

/* The size of the tree; 0 if it did not fit or is not well nested. */
size_t fdt_write_finish(struct fdt_writer *writer);

/* What a guest's machine has. */
struct fdt_vm {
    uint64_t memory_base, memory_size;
    uint32_t vcpus; /* harts 0 to vcpus - 1 */
    uint32_t timebase_hz;
    uint64_t uart_base;
    const char *bootargs;
    uint64_t initrd_start, initrd_end; /* guest physical; equal when there is none */
};

/* Enough for 32 VCPUs and 2 KiB of bootargs. */
#define FDT_VM_SIZE (16 * 1024)

/* Returns the size of the tree, 0 if it does not fit. */
size_t fdt_write_vm(void *buf, size_t size, const struct fdt_vm *vm);

#endif
