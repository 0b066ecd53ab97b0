/* SPDX-License-Identifier: MIT */
/*
 * Reads a flattened device tree: a walk from token to token, each checked against the end of its block before
 * it is believed. Everything else is built on that walk.
 */
#include "lib/fdt.h"

#include "lib/bitops.h"
#include "lib/string.h"

#define MAGIC       0xd00dfeed
#define VERSION     17
#define HEADER_SIZE 40

/* Offsets of fields in the header. */
enum {
    AT_MAGIC = 0,
    AT_TOTAL_SIZE = 4,
    AT_STRUCTURE = 8,
    AT_STRINGS = 12,
    AT_VERSION = 20,
    AT_LAST_COMPATIBLE = 24,
    AT_STRINGS_SIZE = 32,
    AT_STRUCTURE_SIZE = 36,
};

enum { TOKEN_NODE = 1, TOKEN_END_NODE = 2, TOKEN_PROPERTY = 3, TOKEN_NOP = 4, TOKEN_END = 9 };

/* A token of the structure block that lies in it as a whole. */
struct token {
    uint32_t kind;
    uint32_t at, next;    /* where it begins, and where the next one does */
    const char *name;     /* of a node or property */
    const uint8_t *value; /* of a property */
    uint32_t size;
};

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool block_inside(const uint8_t *header, unsigned at_offset, unsigned at_size)
{
    uint64_t end = (uint64_t)read_u32(header + at_offset) + read_u32(header + at_size);

    return end <= read_u32(header + AT_TOTAL_SIZE);
}

static const char *header_problem(const uint8_t *header, size_t most)
{
    if (most < HEADER_SIZE)
        return "device tree: there is no room for a header of 40 bytes";
    if (read_u32(header + AT_MAGIC) != MAGIC)
        return "device tree: it does not begin with the magic number d00dfeed";
    if (read_u32(header + AT_VERSION) < VERSION || read_u32(header + AT_LAST_COMPATIBLE) > VERSION)
        return "device tree: its version is not compatible with version 17";
    if (read_u32(header + AT_TOTAL_SIZE) < HEADER_SIZE || read_u32(header + AT_TOTAL_SIZE) > most)
        return "device tree: its total size is smaller than a header or larger than its place";
    if (!block_inside(header, AT_STRUCTURE, AT_STRUCTURE_SIZE) || read_u32(header + AT_STRUCTURE) % 4)
        return "device tree: the structure block is misaligned or reaches beyond the end";
    if (!block_inside(header, AT_STRINGS, AT_STRINGS_SIZE))
        return "device tree: the strings block reaches beyond the end";
    return NULL;
}

const char *fdt_open(struct fdt *fdt, const void *blob, size_t most)
{
    const uint8_t *header = blob;
    const char *problem = header_problem(header, most);

    if (problem)
        return problem;
    fdt->total_size = read_u32(header + AT_TOTAL_SIZE);
    fdt->structure = header + read_u32(header + AT_STRUCTURE);
    fdt->structure_size = read_u32(header + AT_STRUCTURE_SIZE);
    fdt->strings = (const char *)header + read_u32(header + AT_STRINGS);
    fdt->strings_size = read_u32(header + AT_STRINGS_SIZE);
    if (fdt->strings_size && fdt->strings[fdt->strings_size - 1])
        return "device tree: no NUL ends the strings block";
    return NULL;
}

/* The end of the token, rounded up to the next; false when it lies beyond the block. */
static bool set_next(const struct fdt *fdt, struct token *token, uint64_t end)
{
    uint64_t next = align_up(end, 4);

    token->next = (uint32_t)next;
    return next <= fdt->structure_size;
}

/* A name that no NUL ends within the block ends beyond it. */
static bool read_node(const struct fdt *fdt, struct token *token)
{
    uint32_t at = token->at + 4;

    token->name = (const char *)fdt->structure + at;
    return set_next(fdt, token, at + (uint64_t)strnlen(token->name, fdt->structure_size - at) + 1);
}

static bool read_property(const struct fdt *fdt, struct token *token)
{
    const uint8_t *bytes = fdt->structure + token->at;
    uint32_t name;

    if (fdt->structure_size - token->at < 12)
        return false;
    name = read_u32(bytes + 8);
    if (name >= fdt->strings_size)
        return false;
    token->name = fdt->strings + name;
    token->size = read_u32(bytes + 4);
    token->value = bytes + 12;
    return set_next(fdt, token, token->at + UINT64_C(12) + token->size);
}

/* The node, end of node or property at `at`. False at the end of the tree, and where it is broken. */
static bool read_token(const struct fdt *fdt, uint32_t at, struct token *token)
{
    for (; at <= fdt->structure_size && fdt->structure_size - at >= 4; at += 4) {
        token->kind = read_u32(fdt->structure + at);
        token->at = at;
        switch (token->kind) {
        case TOKEN_NOP: continue;
        case TOKEN_NODE: return read_node(fdt, token);
        case TOKEN_PROPERTY: return read_property(fdt, token);
        case TOKEN_END_NODE: return set_next(fdt, token, at + UINT64_C(4));
        default: return false;
        }
    }
    return false;
}

/* The token with which `node` begins; false when there is no such node. */
static bool enter_node(const struct fdt *fdt, uint32_t node, struct token *token)
{
    return read_token(fdt, node, token) && token->kind == TOKEN_NODE;
}

/* What follows `node` with all that is in it; FDT_NONE when the tree ends there. */
static uint32_t skip_node(const struct fdt *fdt, uint32_t node)
{
    uint32_t depth = 0, at = node;
    struct token token;

    while (read_token(fdt, at, &token)) {
        at = token.next;
        if (token.kind == TOKEN_NODE)
            depth++;
        else if (token.kind == TOKEN_END_NODE && --depth == 0)
            return at;
    }
    return FDT_NONE;
}

uint32_t fdt_root(const struct fdt *fdt)
{
    struct token token;

    return enter_node(fdt, 0, &token) ? token.at : FDT_NONE;
}

const char *fdt_name(const struct fdt *fdt, uint32_t node)
{
    struct token token;

    return enter_node(fdt, node, &token) ? token.name : "";
}

uint32_t fdt_next_child(const struct fdt *fdt, uint32_t parent, uint32_t child, const char *prefix)
{
    struct token token;
    uint32_t at;

    if (child != FDT_NONE)
        at = skip_node(fdt, child);
    else
        at = enter_node(fdt, parent, &token) ? token.next : FDT_NONE;
    while (read_token(fdt, at, &token) && token.kind != TOKEN_END_NODE) {
        if (token.kind == TOKEN_PROPERTY)
            at = token.next;
        else if (strncmp(token.name, prefix, strlen(prefix)) == 0)
            return token.at;
        else
            at = skip_node(fdt, token.at);
    }
    return FDT_NONE;
}

/* part, of that length, names the node: wholly, or up to the '@' where it has none itself. */
static bool name_matches(const char *name, const char *part, size_t length)
{
    if (strncmp(name, part, length) != 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (part[i] == '@')
            return name[length] == '\0';
    }
    return name[length] == '\0' || name[length] == '@';
}

static uint32_t find_child(const struct fdt *fdt, uint32_t parent, const char *part, size_t length)
{
    uint32_t child = FDT_NONE;

    do {
        child = fdt_next_child(fdt, parent, child, "");
    } while (child != FDT_NONE && !name_matches(fdt_name(fdt, child), part, length));
    return child;
}

uint32_t fdt_find_path(const struct fdt *fdt, const char *path)
{
    uint32_t node = fdt_root(fdt);

    while (node != FDT_NONE) {
        size_t length = 0;

        while (*path == '/')
            path++;
        if (!*path)
            return node;
        while (path[length] && path[length] != '/')
            length++;
        node = find_child(fdt, node, path, length);
        path += length;
    }
    return FDT_NONE;
}

static bool is_compatible(const struct fdt *fdt, uint32_t node, const char *compatible)
{
    const char *text;

    for (uint32_t i = 0; (text = fdt_string(fdt, node, "compatible", i)); i++) {
        if (strcmp(text, compatible) == 0)
            return true;
    }
    return false;
}

uint32_t fdt_find_compatible(const struct fdt *fdt, uint32_t after, const char *compatible)
{
    struct token token;
    uint32_t at = 0;

    if (after != FDT_NONE)
        at = enter_node(fdt, after, &token) ? token.next : FDT_NONE;
    for (; read_token(fdt, at, &token); at = token.next) {
        if (token.kind == TOKEN_NODE && is_compatible(fdt, token.at, compatible))
            return token.at;
    }
    return FDT_NONE;
}

const void *fdt_bytes(const struct fdt *fdt, uint32_t node, const char *name, uint32_t *size)
{
    struct token token;

    if (!enter_node(fdt, node, &token))
        return NULL;
    while (read_token(fdt, token.next, &token) && token.kind == TOKEN_PROPERTY) {
        if (strcmp(token.name, name) == 0) {
            *size = token.size;
            return token.value;
        }
    }
    return NULL;
}

bool fdt_cells(const struct fdt *fdt, uint32_t node, const char *name, uint64_t first, uint32_t count,
               uint64_t *value)
{
    uint32_t size;
    const uint8_t *bytes = fdt_bytes(fdt, node, name, &size);

    if (!bytes || count < 1 || count > 2 || first > size / 4 || count > size / 4 - first)
        return false;
    *value = read_u32(bytes + 4 * first);
    if (count == 2)
        *value = *value << 32 | read_u32(bytes + 4 * first + 4);
    return true;
}

bool fdt_u32(const struct fdt *fdt, uint32_t node, const char *name, uint32_t *value)
{
    uint32_t size;
    const uint8_t *bytes = fdt_bytes(fdt, node, name, &size);

    if (!bytes || size != 4)
        return false;
    *value = read_u32(bytes);
    return true;
}

bool fdt_u64(const struct fdt *fdt, uint32_t node, const char *name, uint64_t *value)
{
    uint32_t size;

    return fdt_bytes(fdt, node, name, &size) && (size == 4 || size == 8) &&
           fdt_cells(fdt, node, name, 0, size / 4, value);
}

const char *fdt_string(const struct fdt *fdt, uint32_t node, const char *name, uint32_t index)
{
    uint32_t size;
    const char *text = fdt_bytes(fdt, node, name, &size);

    if (!text || !size || text[size - 1])
        return NULL;
    while (index--) {
        size_t length = strlen(text) + 1;

        if (length == size)
            return NULL;
        text += length;
        size -= (uint32_t)length;
    }
    return text;
}

/* A number of cells as `parent` gives it; `usual` when it does not. */
static uint32_t cell_count(const struct fdt *fdt, uint32_t parent, const char *name, uint32_t usual)
{
    uint32_t count;

    return fdt_u32(fdt, parent, name, &count) ? count : usual;
}

bool fdt_reg(const struct fdt *fdt, uint32_t parent, uint32_t node, uint32_t index, uint64_t *base,
             uint64_t *size)
{
    uint32_t base_cells = cell_count(fdt, parent, "#address-cells", 2);
    uint32_t size_cells = cell_count(fdt, parent, "#size-cells", 1);
    uint64_t first;

    if (base_cells > 2 || size_cells > 2)
        return false;
    first = (uint64_t)index * (base_cells + size_cells);
    *size = 0;
    return fdt_cells(fdt, node, "reg", first, base_cells, base) &&
           (!size_cells || fdt_cells(fdt, node, "reg", first + base_cells, size_cells, size));
}
