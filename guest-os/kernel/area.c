/* SPDX-License-Identifier: MIT */
/*
 * The guest's side of include/stint/guest.h: the report and the event rings.
 * The host may read at any moment, so every record is made whole before the
 * store that shows it: `kind` of a value, the head of a ring, the area's magic.
 */
#include "guest-os/kernel/area.h"
#include "guest-os/kernel/sbi.h"
#include "lib/string.h"

#define PAGE         4096UL
#define RINGS_OFFSET ((sizeof(struct stint_area) + PAGE - 1) & -PAGE)
#define RING_BYTES   (512 * 1024UL) /* of all rings together */

/* What follows must be seen by the host no earlier than what came before. */
#define PUBLISH() __asm__ volatile("fence w, w" ::: "memory")

/* Its name is how the host finds it. Memory is zero at first and only what is written is touched: a guest
 * that traces little stays small. */
union {
    struct stint_area head;
    char bytes[RINGS_OFFSET + RING_BYTES];
} stint_area __attribute__((section(".bss.area"), aligned(PAGE), used));

_Static_assert(sizeof(stint_area) <= STINT_AREA_MAX && sizeof(stint_area) % PAGE == 0,
               "as SET_AREA wants it");

/* Zero, or what an observer has put into the image, to know this guest's area by. */
volatile uint8_t stint_mark[STINT_AREA_MARK] __attribute__((section(".data"), used));

static struct stint_area *const area = &stint_area.head;
static struct stint_value unread; /* takes what does not fit in */

static inline uint64_t guest_time(void)
{
    uint64_t time;

    __asm__ volatile("rdtime %0" : "=r"(time));
    return time;
}

static uint32_t slots_for(uint32_t rings)
{
    uint32_t slots = RING_BYTES / sizeof(struct stint_event);

    while (slots * rings * sizeof(struct stint_event) > RING_BYTES)
        slots /= 2;
    return slots;
}

void area_init(uint32_t vcpus)
{
    uint32_t rings = vcpus < STINT_AREA_RINGS ? vcpus : STINT_AREA_RINGS;

    area->version = STINT_AREA_VERSION;
    area->bytes = sizeof(stint_area);
    area->rings = rings;
    area->ring_slots = slots_for(rings);
    area->rings_offset = RINGS_OFFSET;
    for (uint32_t i = 0; i < STINT_AREA_MARK; i++)
        area->mark[i] = (uint8_t)~stint_mark[i];
    PUBLISH();
    memcpy(area->magic, STINT_AREA_MAGIC, sizeof(area->magic));
}

void area_register(void)
{
    if (sbi_probe(SBI_EXT_STINT))
        sbi_call(SBI_EXT_STINT, STINT_SET_AREA, (long)&stint_area, sizeof(stint_area), 0);
}

/* Fills a field of the area, which is zero behind what was written and needs no NUL when it is full. */
static void copy_text(char *to, const char *from, uint32_t size)
{
    for (uint32_t i = 0; i < size && from[i]; i++)
        to[i] = from[i];
}

void area_task_name(uint32_t task, const char *name)
{
    if (task < STINT_AREA_TASKS)
        copy_text(area->task_names[task], name, sizeof(area->task_names[task]) - 1);
}

void area_trace(uint32_t vcpu, uint16_t type, uint32_t arg, uint64_t a, uint64_t b)
{
    if (vcpu >= area->rings)
        return;
    uint64_t head = area->heads[vcpu];
    struct stint_event *ring = (struct stint_event *)(stint_area.bytes + RINGS_OFFSET) +
                               vcpu * area->ring_slots;

    ring[head & (area->ring_slots - 1)] = (struct stint_event){
        .time = guest_time(), .type = type, .vcpu = vcpu, .arg = arg, .a = a, .b = b};
    PUBLISH();
    area->heads[vcpu] = head + 1;
}

/* The value of that name, or a free one that now bears it and is still without kind: shown by show(). */
static struct stint_value *find_or_make(const char *name)
{
    for (uint32_t i = 0; i < STINT_AREA_VALUES; i++) {
        struct stint_value *value = &area->values[i];

        if (value->kind == STINT_VALUE_NONE) {
            copy_text(value->name, name, sizeof(value->name) - 1);
            return value;
        }
        if (strncmp(value->name, name, sizeof(value->name) - 1) == 0)
            return value;
    }
    return &unread;
}

static void show(struct stint_value *value, enum stint_value_kind kind)
{
    PUBLISH();
    value->kind = kind;
}

uint64_t *report_number(const char *name)
{
    struct stint_value *value = find_or_make(name);

    show(value, STINT_VALUE_NUMBER);
    return &value->number;
}

int64_t *report_signed(const char *name)
{
    struct stint_value *value = find_or_make(name);

    show(value, STINT_VALUE_SIGNED);
    return &value->signed_number;
}

void report_text(const char *name, const char *text)
{
    struct stint_value *value = find_or_make(name);

    memset(value->text, 0, sizeof(value->text));
    copy_text(value->text, text, sizeof(value->text));
    show(value, STINT_VALUE_TEXT);
}
