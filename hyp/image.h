/* SPDX-License-Identifier: MIT */
/*
 * Guest images: an ELF for RISC-V, or a flat one with the RISC-V boot header.
 */
#ifndef HYP_IMAGE_H
#define HYP_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_MAX_SEGMENTS 8

struct image_segment {
    uint64_t gpa; /* where it goes */
    const uint8_t *data;
    uint64_t bytes; /* of data; what the image wants zeroed behind it needs no segment */
};

struct image {
    uint64_t entry; /* the lowest address, as QEMU enters an image that it loads itself */
    uint64_t end;   /* behind the last byte that the image claims, zeroed ones included */
    uint32_t segments;
    struct image_segment segment[IMAGE_MAX_SEGMENTS];
};

/* Reads the image at `data` for a machine with RAM [base, base + size). NULL: done; else what is wrong
 * with it, in words that fit behind "guest image NAME: ". */
const char *image_parse(struct image *, const void *data, size_t bytes, uint64_t base, uint64_t size);

#endif
