/* SPDX-License-Identifier: MIT */
/*
 * Reads a cpio archive, format "newc": per file a header of 110 characters (a magic number and 13 numbers of
 * eight hex digits), the name with its NUL, and the data; name and data are each padded to 4 from the
 * archive's start.
 */
#include "hyp/initrd.h"

#include "lib/bitops.h"
#include "lib/string.h"

#define HEADER_SIZE 110
#define MAGIC       "070701"
#define TRAILER     "TRAILER!!!"

/* Which of the 13 numbers. */
enum { FIELD_FILE_SIZE = 6, FIELD_NAME_SIZE = 11 };

void initrd_start(struct initrd_walk *walk, const void *archive, size_t size)
{
    *walk = (struct initrd_walk){.archive = archive, .size = size};
}

/* False when it is not eight hex digits. */
static bool read_field(const uint8_t *header, unsigned field, uint64_t *value)
{
    char text[2 + 8 + 1] = "0x";
    const char *end;

    memcpy(text + 2, header + 6 + 8 * field, 8);
    return parse_u64(text, &end, value) && end == text + 10;
}

static bool stop(struct initrd_walk *walk, const char *problem)
{
    walk->problem = problem;
    return false;
}

bool initrd_next(struct initrd_walk *walk, struct initrd_file *file)
{
    const uint8_t *header = walk->archive + walk->at;
    uint64_t name_size, data_size, name_at = walk->at + HEADER_SIZE, data_at, end;

    if (walk->size - walk->at < HEADER_SIZE)
        return stop(walk, "archive: it ends without a " TRAILER " entry");
    if (memcmp(header, MAGIC, strlen(MAGIC)) != 0)
        return stop(walk, "archive: no cpio header of format newc (" MAGIC ")");
    if (!read_field(header, FIELD_NAME_SIZE, &name_size) || !read_field(header, FIELD_FILE_SIZE, &data_size))
        return stop(walk, "archive: a size in a header is not eight hex digits");
    data_at = align_up(name_at + name_size, 4);
    end = data_at + data_size;
    if (!name_size || end > walk->size || walk->archive[name_at + name_size - 1])
        return stop(walk, "archive: a file's name has no end, or its data reaches beyond the archive");
    file->name = (const char *)walk->archive + name_at;
    if (strcmp(file->name, TRAILER) == 0)
        return false;
    file->data = walk->archive + data_at;
    file->size = data_size;
    walk->at = align_up(end, 4) < walk->size ? align_up(end, 4) : walk->size;
    return true;
}

bool initrd_find(const void *archive, size_t size, const char *name, const void **data, size_t *data_size)
{
    struct initrd_walk walk;
    struct initrd_file file;

    initrd_start(&walk, archive, size);
    while (initrd_next(&walk, &file)) {
        if (strcmp(file.name, name) == 0) {
            *data = file.data;
            *data_size = file.size;
            return true;
        }
    }
    return false;
}
