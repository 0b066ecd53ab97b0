/* SPDX-License-Identifier: MIT */
/*
 * Reads an archive of files in memory: cpio, format "newc" (cpio(5): magic 070701, numbers as eight hex
 * digits). Nothing is copied: names and data point into the archive. A broken archive ends where it is
 * broken.
 */
#ifndef HYP_INITRD_H
#define HYP_INITRD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct initrd_file {
    const char *name; /* NUL-terminated */
    const void *data; /* 4-aligned, if the archive is */
    size_t size;
};

struct initrd_walk {
    const uint8_t *archive;
    size_t size, at;
    const char *problem; /* after the last file: NULL, or what is wrong with the archive at offset `at` */
};

void initrd_start(struct initrd_walk *walk, const void *archive, size_t size);

/* False when there are no more files. */
bool initrd_next(struct initrd_walk *walk, struct initrd_file *file);

/* False when there is no such file. */
bool initrd_find(const void *archive, size_t size, const char *name, const void **data, size_t *data_size);

#endif
