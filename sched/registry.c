/* SPDX-License-Identifier: MIT */
/*
 * Which schedulers there are, and what their parameters are called. A new one is one file and one row here.
 *
 * The last one is a guest in this house: where no file defines sched_mine its address is NULL, which ends the table.
 */
#include "lib/string.h"
#include "sched/sched.h"

const struct sched_ops *const sched_all[] = {&sched_rr,   &sched_credit, &sched_sedf, &sched_fair,
                                             &sched_gang, &sched_mine,   NULL};

_Static_assert(sizeof(sched_all) / sizeof(sched_all[0]) - 1 <= SCHED_KINDS, "a row of values for each");

const struct sched_ops *sched_find(const char *name)
{
    for (const struct sched_ops *const *ops = sched_all; *ops; ops++)
        if (strcmp((*ops)->name, name) == 0)
            return *ops;
    return NULL;
}

const char *sched_lacks(const struct sched_ops *ops)
{
    if (!ops->wake || !ops->arrive)
        return ops->wake ? "arrive" : "wake";
    if (!ops->pick)
        return "pick";
    return (ops->victim || ops->spare) && !ops->dequeue ? "dequeue, which victim and spare need" : NULL;
}

uint32_t sched_index(const struct sched_ops *ops)
{
    uint32_t index = 0;

    while (sched_all[index] && sched_all[index] != ops)
        index++;
    return index;
}

static const struct sched_parameter *find(const struct sched_parameter *param, const char *name, bool per_vm)
{
    for (; param->name; param++)
        if (param->per_vm == per_vm && strcmp(param->name, name) == 0)
            return param;
    return NULL;
}

const struct sched_parameter *sched_param_find(const struct sched_ops *ops, const char *name, bool per_vm)
{
    const struct sched_parameter *param = find(ops->params, name, per_vm);

    return param ? param : find(sched_common_params, name, per_vm);
}

static void set_initial(const struct sched_parameter *param, bool per_vm, uint64_t *row)
{
    for (; param->name; param++)
        if (param->per_vm == per_vm)
            row[param->slot] = param->initial;
}

void sched_initial_params(bool per_vm, uint64_t values[SCHED_KINDS][SCHED_PARAMS])
{
    memset(values, 0, SCHED_KINDS * sizeof(values[0]));
    for (uint32_t i = 0; sched_all[i]; i++) {
        set_initial(sched_all[i]->params, per_vm, values[i]);
        set_initial(sched_common_params, per_vm, values[i]);
    }
}
