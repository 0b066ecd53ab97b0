/* SPDX-License-Identifier: MIT */
/*
 * What a guest has measured, where its own kernel would say it: include/stint/guest.h.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "sched/sim/guest.h"

static struct stint_value *add_value(struct stint_area *area, const char *name, enum stint_value_kind kind)
{
    for (struct stint_value *value = area->values; value < area->values + STINT_AREA_VALUES; value++) {
        if (value->kind == STINT_VALUE_NONE) {
            strlcpy(value->name, name, sizeof(value->name));
            value->kind = kind;
            return value;
        }
        if (strcmp(value->name, name) == 0)
            return value;
    }
    return NULL;
}

static struct stint_value *add_task_value(struct stint_area *area, uint32_t task, const char *name,
                                          enum stint_value_kind kind)
{
    char full[sizeof(area->values[0].name)];

    format(full, sizeof(full), "tasks.%u.%s", task, name);
    return add_value(area, full, kind);
}

static void add_task_text(struct stint_area *area, uint32_t task, const char *name, const char *text)
{
    struct stint_value *value = add_task_value(area, task, name, STINT_VALUE_TEXT);

    if (value)
        strlcpy(value->text, text, sizeof(value->text));
}

static void add_to_total(struct stint_area *area, const struct number *number, uint64_t part)
{
    struct stint_value *value = add_value(area, number->name, STINT_VALUE_NUMBER);

    if (value && number->total == TOTAL_SUM)
        value->number += part;
    else if (value && part > value->number)
        value->number = part;
}

static void report_task(const struct task *task, struct stint_area *area, uint64_t now)
{
    static const char *const states[] = {"running", "running", "done", "killed"};
    const struct number *number = task->program->numbers;
    uint64_t numbers[GUEST_NUMBERS] = {0};
    char *name = area->task_names[task->id];

    format(name, sizeof(area->task_names[0]), "%s%u", task->program->kind, task->id);
    add_task_text(area, task->id, "name", name);
    add_task_text(area, task->id, "state", states[task->state]);
    if (task->program->count)
        task->program->count(task, now, numbers);
    for (uint32_t i = 0; number[i].name; i++) {
        struct stint_value *value = add_task_value(area, task->id, number[i].name, STINT_VALUE_NUMBER);

        if (value)
            value->number = numbers[i];
        if (number[i].total != TOTAL_NONE)
            add_to_total(area, &number[i], numbers[i]);
    }
}

void guest_report(const struct guest *guest, struct stint_area *area, uint64_t now)
{
    struct stint_value *elapsed;

    memset(area, 0, sizeof(*area));
    area->version = STINT_AREA_VERSION;
    area->bytes = sizeof(*area);
    area->rings_offset = sizeof(*area);
    elapsed = add_value(area, "elapsed_ns", STINT_VALUE_NUMBER);
    elapsed->number = now - guest->started;
    for (uint32_t i = 0; i < guest->tasks; i++)
        report_task(&guest->task[i], area, now);
    memcpy(area->magic, STINT_AREA_MAGIC, sizeof(area->magic));
}
