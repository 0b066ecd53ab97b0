/* SPDX-License-Identifier: MIT */
/*
 * What the schedulers say of the values that a scenario gives them: whether they can be together, and whether
 * what the VMs need is there. See config_params.h.
 */
#include "hyp/config_params.h"
#include "lib/printf.h"
#include "lib/string.h"

/* Will that scheduler be in force at some time? */
static bool is_used(const struct scenario *s, const struct sched_ops *ops)
{
    if (s->sched == ops)
        return true;
    for (uint32_t i = 0; i < s->events; i++)
        for (uint32_t turn = 0; turn < s->event[i].scheds; turn++)
            if (s->event[i].sched[turn] == ops)
                return true;
    return false;
}

static const struct sched_parameter *param_in_slot(const struct sched_ops *ops, uint32_t slot)
{
    const struct sched_parameter *param = ops->params;

    while (param->name && !(param->per_vm && param->slot == slot))
        param++;
    return param;
}

/* From the least that the parameter may be to `most`. */
static void show_range(const struct sched_parameter *param, char *buf, size_t size, uint64_t most)
{
    char low[32], high[32];

    param_show(param, low, sizeof(low), param->min);
    param_show(param, high, sizeof(high), most);
    if (most < param->min)
        strlcpy(buf, "0", size);
    else
        format(buf, size, "%s to %s%s", low, high, param->or_zero ? ", or 0" : "");
}

static bool complain_value(struct config_reader *r, const struct scenario_vm *vm, const struct sched_ops *ops,
                           uint32_t slot, uint64_t value, uint64_t most)
{
    const struct sched_parameter *param = param_in_slot(ops, slot);
    char found[32], right[64];

    param_show(param, found, sizeof(found), value);
    show_range(param, right, sizeof(right), most);
    return complain(r, "found %s = %s, expected %s, as the other keys of [vm %s] are, under %s", param->name,
                    found, right, vm->name, ops->name);
}

/* The values of a VM under that scheduler. line: where something was changed last, 0: look it up. */
static bool check_row(struct config_reader *r, const struct scenario_vm *vm, uint32_t kind,
                      const uint64_t *row, uint32_t line)
{
    const struct sched_ops *ops = sched_all[kind];
    uint64_t most = 0;
    int slot = ops->check ? ops->check(row, vm->vcpus, &most) : -1;

    if (slot < 0)
        return true;
    r->line = line ? line : vm->sched_param_line[kind][slot];
    if (!r->line)
        r->line = vm->line;
    return complain_value(r, vm, ops, (uint32_t)slot, row[slot], most);
}

/* The VM's values as they are at the start, and as events change them one after the other. */
static bool check_values(struct config_reader *r, uint32_t index, uint32_t kind)
{
    const struct scenario *s = r->scenario;
    const struct scenario_vm *vm = &s->vm[index];
    uint64_t row[SCHED_PARAMS];

    memcpy(row, vm->sched_param[kind], sizeof(row));
    if (!check_row(r, vm, kind, row, 0))
        return false;
    for (uint32_t i = 0; i < s->events; i++) {
        const struct scenario_event *event = &s->event[i];
        const struct sched_parameter *param = event->vm == index && event->param
                                                  ? sched_param_find(sched_all[kind], event->param->name,
                                                                     true)
                                                  : NULL;

        if (!param)
            continue;
        row[param->slot] = event->value;
        if (!check_row(r, vm, kind, row, event->line))
            return false;
    }
    return true;
}

/* Siblings that never share a pCPU need as many as they are. */
static bool check_room(struct config_reader *r, const struct scenario_vm *vm, const struct sched_ops *ops)
{
    if (!ops->apart || vm->vcpus <= r->scenario->pcpus || !is_used(r->scenario, ops))
        return true;
    r->line = vm->vcpus_line ? vm->vcpus_line : vm->line;
    return complain(r,
                    "found %u VCPUs in [vm %s], expected at most %u, as pcpus says: under %s no two of a VM "
                    "share a pCPU",
                    vm->vcpus, vm->name, r->scenario->pcpus, ops->name);
}

static uint32_t last_line(const struct scenario_vm *vm, uint32_t kind)
{
    uint32_t last = vm->line;

    for (uint32_t slot = 0; slot < SCHED_COMMON; slot++)
        if (vm->sched_param_line[kind][slot] > last)
            last = vm->sched_param_line[kind][slot];
    return last;
}

/* What all the VMs must have, as if all ran at once, against what there is. Whether it also fits pCPU by
 * pCPU is seen when they are placed. */
static bool check_demand(struct config_reader *r, uint32_t kind)
{
    const struct scenario *s = r->scenario;
    uint64_t left = (uint64_t)s->pcpus * SCHED_WHOLE;

    for (uint32_t i = 0; i < s->vms && sched_all[kind]->demand; i++) {
        const struct scenario_vm *vm = &s->vm[i];
        uint64_t each = sched_all[kind]->demand(vm->sched_param[kind]);

        r->line = last_line(vm, kind);
        if (each * vm->vcpus > left)
            return complain(
                r,
                "found [vm %s] in need of %u x %llu.%04llu %% of a pCPU, expected at most %llu.%04llu "
                "%% in all, which the VMs above leave under %s",
                vm->name, vm->vcpus, (unsigned long long)each / 10000, (unsigned long long)each % 10000,
                (unsigned long long)left / 10000, (unsigned long long)left % 10000, sched_all[kind]->name);
        left -= each * vm->vcpus;
    }
    return true;
}

bool params_check(struct config_reader *r)
{
    const struct scenario *s = r->scenario;

    for (uint32_t kind = 0; sched_all[kind]; kind++)
        for (uint32_t i = 0; i < s->vms; i++)
            if (!check_values(r, i, kind) || !check_room(r, &s->vm[i], sched_all[kind]))
                return false;
    return check_demand(r, sched_index(s->sched));
}
