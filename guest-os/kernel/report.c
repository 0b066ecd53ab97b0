/* SPDX-License-Identifier: MIT */
/*
 * "tasks.3.work": what each task has to report, under its number.
 */
#include "guest-os/kernel/report.h"
#include "guest-os/kernel/area.h"
#include "lib/printf.h"

#define NAME_LENGTH sizeof(((struct stint_value *)0)->name)

uint64_t *report_of_task(uint32_t id, const char *name)
{
    char full[NAME_LENGTH];

    format(full, sizeof(full), "tasks.%u.%s", id, name);
    return report_number(full);
}

void report_text_of_task(uint32_t id, const char *name, const char *text)
{
    char full[NAME_LENGTH];

    format(full, sizeof(full), "tasks.%u.%s", id, name);
    report_text(full, text);
}
