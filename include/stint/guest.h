/* SPDX-License-Identifier: MIT */
/*
 * The area of a guest: what it measured (the report) and what its own
 * scheduler did (rings), in its own memory. The host reads it there without
 * the guest's help, live or after the end.
 *
 * How the host finds it: under the hypervisor by STINT_SET_AREA (sbi.h); in a
 * native run by the ELF symbol `stint_area`. Who trusts neither puts random bytes
 * into the image, at the symbol `stint_mark`, and looks through RAM for their
 * complement. In all cases `magic` is written last and makes the area valid.
 *
 * Layout: struct stint_area, then from `rings_offset` on `rings` rings of
 * `ring_slots` events each. Everything little-endian. A guest is free to write
 * nonsense here: a reader checks every count against `bytes`.
 */
#ifndef STINT_GUEST_H
#define STINT_GUEST_H

#include <stdint.h>
#include <stint/trace.h>

#define STINT_AREA_MAGIC   "STINTGST"
#define STINT_AREA_VERSION 3
#define STINT_AREA_MAX     (1024 * 1024)
#define STINT_AREA_RINGS   32
#define STINT_AREA_VALUES  512
#define STINT_AREA_TASKS   64
#define STINT_AREA_MARK    16

enum stint_value_kind { STINT_VALUE_NONE, STINT_VALUE_NUMBER, STINT_VALUE_TEXT, STINT_VALUE_SIGNED };

/*
 * A value of the report. The name is its place in the JSON report: words
 * joined by dots, a whole number standing for the index of a list:
 * "jobs", "tasks.0.name", "tasks.0.work". NUL-terminated.
 */
struct stint_value {
    char name[40];
    uint32_t kind; /* enum stint_value_kind; written last, so that a reader sees whole values */
    uint32_t reserved;
    union {
        uint64_t number;
        int64_t signed_number;
        char text[16]; /* NUL-terminated unless 16 long */
    };
};

struct stint_area {
    char magic[8];
    uint32_t version;
    uint32_t bytes;                   /* of the whole area, rings included; a multiple of 4096 */
    uint32_t rings;                   /* one a VCPU */
    uint32_t ring_slots;              /* a power of two */
    uint64_t rings_offset;            /* from the start of the area */
    uint8_t mark[STINT_AREA_MARK];    /* the complement of the image's `stint_mark` */
    uint64_t heads[STINT_AREA_RINGS]; /* events ever written, a ring */
    char task_names[STINT_AREA_TASKS][16];
    struct stint_value values[STINT_AREA_VALUES];
};

#ifndef __cplusplus
_Static_assert(sizeof(struct stint_value) == 64, "the host reads this layout");
_Static_assert(sizeof(struct stint_event) == 32, "the host reads this layout");
_Static_assert(sizeof(struct stint_area) == 32 + 16 + 256 + 1024 + 32768, "the host reads this layout");
#endif

#endif
