/* SPDX-License-Identifier: MIT */
/*
 * One table for the keys of the top, one for those of a VM; the schedulers
 * bring tables of their own. See config_keys.h.
 */
#include "hyp/config_keys.h"
#include "hyp/config_params.h"
#include "hyp/config_values.h"
#include "lib/bitops.h"
#include "lib/string.h"

#define NS_PER_US 1000UL
#define NS_PER_MS 1000000UL
#define NS_PER_S  1000000000UL
#define KIB       1024UL
#define MIB       (1024 * KIB)
#define GIB       (1024 * MIB)

struct key {
    const char *name;
    bool (*set)(struct config_reader *, const struct key *, const char *value);
    enum config_stage stage;
    bool override_only;            /* for the command line, not for the file */
    size_t offset;                 /* in struct scenario or struct scenario_vm */
    size_t bytes;                  /* of that field */
    size_t line_offset;            /* where it keeps its line; 0: nowhere */
    const struct value_kind *kind; /* for set_ranged */
    uint64_t min, max;
};

#define TOP(field) .offset = offsetof(struct scenario, field), .bytes = sizeof(((struct scenario *)0)->field)
#define VM(field) \
    .offset = offsetof(struct scenario_vm, field), .bytes = sizeof(((struct scenario_vm *)0)->field)
#define VM_LINE(field)  .line_offset = offsetof(struct scenario_vm, field)
#define TOP_LINE(field) .line_offset = offsetof(struct scenario, field)

/* The struct that the section's keys describe. */
static char *target(struct config_reader *r)
{
    return r->vm ? (char *)r->vm : (char *)r->scenario;
}

static bool set_ranged(struct config_reader *r, const struct key *key, const char *text)
{
    char *field = target(r) + key->offset;
    uint64_t value;

    if (!read_ranged(r, key->name, text, key->kind, key->min, key->max, false, &value))
        return false;
    if (key->bytes == sizeof(uint32_t))
        *(uint32_t *)field = (uint32_t)value;
    else
        *(uint64_t *)field = value;
    return true;
}

static bool set_memory(struct config_reader *r, const struct key *key, const char *text)
{
    if (!set_ranged(r, key, text))
        return false;
    if (!is_aligned(r->vm->memory, 4 * KIB))
        return complain(r, "found memory = '%.60s', expected a multiple of 4K", text);
    return true;
}

static bool set_text(struct config_reader *r, const struct key *key, const char *text)
{
    if (strlcpy(target(r) + key->offset, text, key->bytes) >= key->bytes)
        return complain(r, "found %s of %u characters, expected at most %u", key->name,
                        (unsigned)strlen(text), (unsigned)key->bytes - 1);
    return true;
}

static bool set_pcpus(struct config_reader *r, const struct key *key, const char *text)
{
    r->scenario->pcpus_given = true;
    return set_ranged(r, key, text);
}

static bool set_sched(struct config_reader *r, const struct key *key, const char *text)
{
    (void)key;
    r->scenario->sched = param_sched(r, text);
    return r->scenario->sched != NULL;
}

static bool set_topology(struct config_reader *r, const struct key *key, const char *text)
{
    struct sched_topology *topology = &r->scenario->topology;
    uint64_t factor[3];

    (void)key;
    if (!value_product(text, factor))
        return complain(r, "found topology = '%.60s', expected sockets x cores x threads such as 1x2x2",
                        text);
    for (int i = 0; i < 3; i++)
        if (factor[i] < 1 || factor[i] > STINT_MAX_PCPUS)
            return complain(r, "found topology = '%.60s', expected factors from 1 to %u", text,
                            STINT_MAX_PCPUS);
    topology->sockets = (uint32_t)factor[0];
    topology->cores = (uint32_t)factor[1];
    topology->threads = (uint32_t)factor[2];
    return true;
}

static bool complain_list(struct config_reader *r, const char *text, uint64_t bad)
{
    uint32_t pcpus = r->scenario->pcpus;

    if (bad == UINT64_MAX)
        return complain(
            r, "found affinity = '%.60s', expected pCPUs such as 0-2,5, or one such list a VCPU: 0;1", text);
    return complain(r, "found pCPU %llu in affinity = '%.60s', expected numbers below %u (pcpus = %u)",
                    (unsigned long long)bad, text, pcpus, pcpus);
}

static bool set_affinity(struct config_reader *r, const struct key *key, const char *text)
{
    struct scenario *s = r->scenario;
    const char *rest = text;
    uint64_t bad;

    (void)key;
    r->vm->affinity = &s->affinity[s->affinities];
    for (uint32_t lists = 0; lists < STINT_MAX_VM_VCPUS; rest++) {
        if (s->affinities == SCENARIO_MAX_AFFINITIES)
            return complain(r, "found more than %u lists in affinity in all", SCENARIO_MAX_AFFINITIES - 1);
        if (!value_list(rest, &rest, s->pcpus, &s->affinity[s->affinities++], &bad))
            return complain_list(r, text, bad);
        r->vm->affinity_lists = ++lists;
        if (*rest == '\0')
            return true;
    }
    return complain(r, "found more than %u lists in affinity, expected one, or one a VCPU",
                    STINT_MAX_VM_VCPUS);
}

static bool set_clock(struct config_reader *r, const struct key *key, const char *text)
{
    static const char *const names[] = {[SCENARIO_CLOCK_REAL] = "real",
                                        [SCENARIO_CLOCK_VIRTUAL] = "virtual",
                                        [SCENARIO_CLOCK_CATCHUP] = "catchup",
                                        NULL};

    (void)key;
    for (uint32_t clock = 0; names[clock]; clock++) {
        if (strcmp(text, names[clock]) == 0) {
            r->vm->clock = clock;
            return true;
        }
    }
    return complain_choice(r, text, names);
}

static bool set_trace(struct config_reader *r, const struct key *key, const char *text)
{
    uint64_t slots = 0;

    (void)key;
    if (strcmp(text, "off") != 0 &&
        (!value_number(text, &slots) || slots < 64 || slots > 16 * MIB || !is_pow2(slots)))
        return complain(r, "found trace = '%.60s', expected off or a power of two from 64 to 16777216", text);
    r->scenario->trace_slots = (uint32_t)slots;
    return true;
}

static bool set_console(struct config_reader *r, const struct key *key, const char *text)
{
    static const char *const names[] = {"mux", NULL};

    (void)key;
    r->scenario->console_mux = strcmp(text, "mux") == 0;
    return r->scenario->console_mux || complain_choice(r, text, names);
}

static bool set_htinst(struct config_reader *r, const struct key *key, const char *text)
{
    static const char *const names[] = {"ignore", NULL};

    (void)key;
    r->scenario->ignore_htinst = strcmp(text, "ignore") == 0;
    return r->scenario->ignore_htinst || complain_choice(r, text, names);
}

static const struct key top_keys[] = {
    {"pcpus", set_pcpus, CONFIG_EARLY, TOP(pcpus), .kind = &value_kind_number, .min = 1,
     .max = STINT_MAX_PCPUS},
    {.name = "sched", .set = set_sched, .stage = CONFIG_EARLY},
    {"time", set_ranged, CONFIG_ALL, TOP(time_ns), .kind = &value_kind_time, .min = NS_PER_US,
     .max = 86400 * NS_PER_S},
    {"seed", set_ranged, CONFIG_ALL, TOP(seed), .kind = &value_kind_number, .min = 0, .max = INT64_MAX},
    {"beat", set_ranged, CONFIG_ALL, TOP(beat_ns), .kind = &value_kind_time, .min = 10 * NS_PER_US,
     .max = NS_PER_S},
    {"topology", set_topology, CONFIG_EARLY, TOP_LINE(topology_line)},
    {"scenario", set_text, CONFIG_NAME, .override_only = true, TOP(file)},
    {"trace", set_trace, CONFIG_ALL, .override_only = true},
    {"console", set_console, CONFIG_ALL, .override_only = true},
    {"htinst", set_htinst, CONFIG_ALL, .override_only = true},
    {.name = NULL},
};

static const struct key vm_keys[] = {
    {"guest", set_text, CONFIG_ALL, VM(guest), VM_LINE(guest_line)},
    {"args", set_text, CONFIG_ALL, VM(args), VM_LINE(args_line)},
    {"initrd", set_text, CONFIG_ALL, VM(initrd), VM_LINE(initrd_line)},
    {"vcpus", set_ranged, CONFIG_ALL, VM(vcpus), VM_LINE(vcpus_line), .kind = &value_kind_number, .min = 1,
     .max = STINT_MAX_VM_VCPUS},
    {"memory", set_memory, CONFIG_ALL, VM(memory), VM_LINE(memory_line), .kind = &value_kind_size,
     .min = 4 * MIB, .max = 64 * GIB},
    {"affinity", set_affinity, CONFIG_ALL, VM_LINE(affinity_line)},
    {.name = "clock", .set = set_clock, .stage = CONFIG_ALL},
    {"rate", set_ranged, CONFIG_ALL, VM(rate), .kind = &value_kind_number, .min = 2, .max = 100},
    {"start", set_ranged, CONFIG_ALL, VM(start_ns), VM_LINE(start_line), .kind = &value_kind_time, .min = 0,
     .max = 86400 * NS_PER_S},
    {.name = NULL},
};

static const struct key *find_key(const struct config_reader *r, bool in_vm, const char *name)
{
    for (const struct key *key = in_vm ? vm_keys : top_keys; key->name; key++)
        if (strcmp(key->name, name) == 0 && !(key->override_only && r->line != COMMAND_LINE))
            return key;
    return NULL;
}

static bool set_param(struct config_reader *r, const struct sched_parameter *param, const char *text)
{
    uint64_t value;

    if (!param_read(r, param, text, &value))
        return false;
    param_store(r->vm ? r->vm->sched_param : r->scenario->sched_param, param, value);
    if (r->vm)
        param_note_line(r->vm->sched_param_line, param, r->line);
    return true;
}

static bool complain_key(struct config_reader *r, const char *name)
{
    const char *names[2 * CONFIG_MAX_KEYS + 1] = {NULL};
    size_t count = 0;
    bool in_vm = r->vm;

    if (r->line != COMMAND_LINE && (find_key(r, !in_vm, name) || param_find(name, !in_vm)))
        return complain(r, "found '%s' %s, expected it %s", name,
                        in_vm ? "in the section of a VM" : "at the top",
                        in_vm ? "before the first [vm NAME]" : "in the section of a VM");
    for (const struct key *key = in_vm ? vm_keys : top_keys; key->name; key++)
        if (!key->override_only || r->line == COMMAND_LINE)
            names[count++] = key->name;
    param_names(names + count, CONFIG_MAX_KEYS, in_vm);
    return complain_choice(r, name, names);
}

/* Nothing may be said twice in a section. */
static bool note_key(struct config_reader *r, const char *name)
{
    size_t i;

    for (i = 0; i < CONFIG_MAX_KEYS && r->seen[i]; i++) {
        if (strcmp(r->seen[i], name) != 0)
            continue;
        if (r->line == COMMAND_LINE)
            return complain(r, "found a second '%s', expected it once", name);
        return complain(r, "found a second '%s', expected it once: it is on line %u already", name,
                        r->seen_line[i]);
    }
    if (i < CONFIG_MAX_KEYS) {
        r->seen[i] = name;
        r->seen_line[i] = r->line;
    }
    return true;
}

void keys_begin_section(struct config_reader *r)
{
    memset(r->seen, 0, sizeof(r->seen));
}

static bool apply_key(struct config_reader *r, const struct key *key, const char *value)
{
    if (key->stage != r->stage)
        return true;
    if (key->line_offset)
        *(uint32_t *)(target(r) + key->line_offset) = r->line;
    return key->set(r, key, value);
}

bool keys_set(struct config_reader *r, const char *name, const char *value)
{
    bool in_vm = r->vm, all = r->stage == CONFIG_ALL;
    const struct key *key = find_key(r, in_vm, name);
    const struct sched_parameter *param = all && !key ? param_find(name, in_vm) : NULL;

    if (all && !key && !param)
        return complain_key(r, name);
    if (all && !note_key(r, key ? key->name : param->name))
        return false;
    if (value[0] == '\0' && (all || key) && strcmp(name, "args") != 0)
        return complain(r, "found nothing after '%s =', expected a value", name);
    if (param)
        return set_param(r, param, value);
    return !key || apply_key(r, key, value);
}

void keys_set_defaults(struct scenario *s)
{
    memset(s, 0, offsetof(struct scenario, affinity));
    s->pcpus = 1;
    s->sched = sched_all[0];
    s->seed = 1;
    s->beat_ns = NS_PER_MS;
    s->trace_slots = 65536;
    sched_initial_params(false, s->sched_param);
}

void keys_set_vm_defaults(struct scenario_vm *vm)
{
    memset(vm, 0, sizeof(*vm));
    vm->vcpus = 1;
    vm->memory = 16 * MIB;
    vm->rate = 2;
    sched_initial_params(true, vm->sched_param);
}
