/* SPDX-License-Identifier: MIT */
/*
 * Copies docs/scenarios.md from its input to its output, with new tables of the schedulers and of their
 * parameters, which come from the tables in sched/ themselves. A table stands between
 * `<!-- table NAME -->` and `<!-- end of table -->`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hyp/config_params.h"

#define MOST 64 /* names */

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    abort();
}

static const struct sched_parameter *own(const struct sched_ops *ops, const char *name, bool per_vm)
{
    for (const struct sched_parameter *param = ops->params; param->name; param++)
        if (param->per_vm == per_vm && strcmp(param->name, name) == 0)
            return param;
    return NULL;
}

static void print_values(const struct sched_parameter *param)
{
    char low[32], high[32];

    if (param->kind == SCHED_PARAM_CHOICE) {
        for (const char *const *choice = param->choices; *choice; choice++)
            printf("%s`%s`", choice == param->choices ? "" : " ", *choice);
        return;
    }
    param_show(param, low, sizeof(low), param->min);
    param_show(param, high, sizeof(high), param->max);
    printf("%s to %s%s", low, high, param->or_zero ? ", or 0" : "");
}

/* One row for all schedulers that say the same of it, from sched_all[first] on; `done`: those that have had a row. */
static void print_row(const char *name, bool per_vm, size_t first, bool *done)
{
    const struct sched_parameter *param = own(sched_all[first], name, per_vm);
    const char *comma = "";
    char initial[32];

    printf("| `%s` | ", name);
    for (size_t kind = first; sched_all[kind]; kind++) {
        const struct sched_parameter *same = own(sched_all[kind], name, per_vm);

        if (!same || strcmp(same->what, param->what) != 0)
            continue;
        printf("%s%s", comma, sched_all[kind]->name);
        comma = ", ";
        done[kind] = true;
    }
    param_show(param, initial, sizeof(initial), param->initial);
    printf(" | ");
    print_values(param);
    printf(" | %s | %s |\n", initial, param->what);
}

static void print_common(const struct sched_parameter *param)
{
    char initial[32];

    param_show(param, initial, sizeof(initial), param->initial);
    printf("| `%s` | all | ", param->name);
    print_values(param);
    printf(" | %s | %s |\n", initial, param->what);
}

static void print_parameters(bool per_vm)
{
    const char *names[MOST];
    size_t count = param_names(names, MOST, per_vm);

    printf("| key | scheduler | values | default | meaning |\n| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < count; i++) {
        bool done[SCHED_KINDS] = {false};

        for (size_t kind = 0; sched_all[kind]; kind++)
            if (!done[kind] && own(sched_all[kind], names[i], per_vm))
                print_row(names[i], per_vm, kind, done);
    }
    for (const struct sched_parameter *param = sched_common_params; param->name; param++)
        if (param->per_vm == per_vm)
            print_common(param);
}

static void print_schedulers(void)
{
    printf("| `sched` | what it does |\n| --- | --- |\n");
    for (size_t kind = 0; sched_all[kind]; kind++)
        printf("| `%s` | %s |\n", sched_all[kind]->name, sched_all[kind]->what);
}

/* True: the line begins a table, which has been printed. */
static bool print_table(const char *line)
{
    if (strcmp(line, "<!-- table schedulers -->\n") == 0)
        print_schedulers();
    else if (strcmp(line, "<!-- table parameters of the top -->\n") == 0)
        print_parameters(false);
    else if (strcmp(line, "<!-- table parameters of a VM -->\n") == 0)
        print_parameters(true);
    else
        return false;
    return true;
}

int main(void)
{
    char line[4096];
    bool inside = false;

    while (fgets(line, sizeof(line), stdin)) {
        if (strcmp(line, "<!-- end of table -->\n") == 0)
            inside = false;
        if (inside)
            continue;
        fputs(line, stdout);
        inside = print_table(line);
    }
    return 0;
}
