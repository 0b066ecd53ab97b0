/* SPDX-License-Identifier: MIT */
/*
 * Names and values of the schedulers' parameters. See config_params.h.
 */
#include "hyp/config_params.h"
#include "hyp/config_values.h"
#include "lib/printf.h"
#include "lib/string.h"

const struct sched_parameter *param_find(const char *name, bool per_vm)
{
    const struct sched_parameter *param = NULL;

    for (size_t kind = 0; sched_all[kind] && !param; kind++)
        param = sched_param_find(sched_all[kind], name, per_vm);
    return param;
}

static const struct value_kind *kind_of(const struct sched_parameter *param)
{
    return param->kind == SCHED_PARAM_TIME ? &value_kind_time : &value_kind_number;
}

static bool read_choice(struct config_reader *r, const struct sched_parameter *param, const char *text,
                        uint64_t *value)
{
    for (*value = 0; param->choices[*value]; (*value)++)
        if (strcmp(param->choices[*value], text) == 0)
            return true;
    return complain_choice(r, text, param->choices);
}

bool param_read(struct config_reader *r, const struct sched_parameter *param, const char *text,
                uint64_t *value)
{
    if (param->kind == SCHED_PARAM_CHOICE)
        return read_choice(r, param, text, value);
    return read_ranged(r, param->name, text, kind_of(param), param->min, param->max, param->or_zero, value);
}

void param_show(const struct sched_parameter *param, char *buf, size_t size, uint64_t value)
{
    if (param->kind == SCHED_PARAM_CHOICE)
        strlcpy(buf, param->choices[value], size);
    else
        kind_of(param)->show(buf, size, value);
}

/* What a scheduler calls by the same name, or NULL. */
static const struct sched_parameter *namesake(size_t kind, const struct sched_parameter *param)
{
    return sched_param_find(sched_all[kind], param->name, param->per_vm);
}

void param_store(uint64_t rows[SCHED_KINDS][SCHED_PARAMS], const struct sched_parameter *param,
                 uint64_t value)
{
    for (size_t kind = 0; sched_all[kind]; kind++)
        if (namesake(kind, param))
            rows[kind][namesake(kind, param)->slot] = value;
}

void param_note_line(uint32_t rows[SCHED_KINDS][SCHED_PARAMS], const struct sched_parameter *param,
                     uint32_t line)
{
    for (size_t kind = 0; sched_all[kind]; kind++)
        if (namesake(kind, param))
            rows[kind][namesake(kind, param)->slot] = line;
}

static size_t add_names(const char **names, size_t count, size_t most, const struct sched_parameter *params,
                        bool per_vm)
{
    for (; params->name && count < most; params++) {
        size_t i = 0;

        while (i < count && strcmp(names[i], params->name) != 0)
            i++;
        if (i == count && params->per_vm == per_vm)
            names[count++] = params->name;
    }
    return count;
}

size_t param_names(const char **names, size_t most, bool per_vm)
{
    size_t count = 0;

    for (size_t kind = 0; sched_all[kind]; kind++)
        count = add_names(names, count, most, sched_all[kind]->params, per_vm);
    return add_names(names, count, most, sched_common_params, per_vm);
}

static void sched_names(const char **names)
{
    size_t kind;

    for (kind = 0; sched_all[kind]; kind++)
        names[kind] = sched_all[kind]->name;
    names[kind] = NULL;
}

const struct sched_ops *param_sched(struct config_reader *r, const char *name)
{
    const char *names[SCHED_KINDS + 1];
    const struct sched_ops *ops = sched_find(name);

    sched_names(names);
    if (!ops)
        complain_choice(r, name, names);
    else if (sched_lacks(ops))
        complain(r, "found the scheduler '%s' without %s", name, sched_lacks(ops));
    else
        return ops;
    return NULL;
}
