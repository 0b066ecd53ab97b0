/* SPDX-License-Identifier: MIT */
/*
 * The operator's commands. See config_events.h.
 */
#include "hyp/config_events.h"
#include "hyp/config_params.h"
#include "hyp/config_words.h"
#include "lib/string.h"

#define SHORTEST 100000UL /* ns; between two of a command that comes again and again */
#define LONGEST  86400000000000UL

struct command {
    const char *name;
    enum scenario_command command;
    bool (*read)(struct config_reader *, const struct command *, char *rest, struct scenario_event *);
};

static bool find_event_vm(struct config_reader *r, const char *name, uint32_t *index)
{
    const char *names[STINT_MAX_VMS + 1];
    struct scenario *s = r->scenario;
    const struct scenario_vm *vm = find_vm(s, name);

    if (vm) {
        *index = (uint32_t)(vm - s->vm);
        return true;
    }
    for (uint32_t i = 0; i < s->vms; i++)
        names[i] = s->vm[i].name;
    names[s->vms] = NULL;
    return complain_choice(r, name, names);
}

/* `pause VM` and its like. */
static bool read_vm(struct config_reader *r, const struct command *command, char *vm,
                    struct scenario_event *event)
{
    char *rest = split_word(vm);

    if (!*vm || *rest)
        return complain(r, "found '%s %.60s%s%.60s', expected %s and the name of a VM", command->name, vm,
                        *rest ? " " : "", rest, command->name);
    return find_event_vm(r, vm, &event->vm);
}

static bool add_sched(struct config_reader *r, const char *name, struct scenario_event *event)
{
    const struct sched_ops *ops = param_sched(r, name);

    if (!ops)
        return false;
    if (event->scheds == SCENARIO_MAX_TURNS)
        return complain(r, "found more than %u schedulers", SCENARIO_MAX_TURNS);
    event->sched[event->scheds++] = ops;
    return true;
}

/* `sched NAME`, `sched NAME,NAME`. */
static bool read_sched(struct config_reader *r, const struct command *command, char *name,
                       struct scenario_event *event)
{
    (void)command;
    while (name) {
        char *next = split_at(name, ',');

        if (!add_sched(r, name, event))
            return false;
        name = next;
    }
    if (event->scheds > 1 && !event->every_ns)
        return complain(r, "found %u schedulers, expected one, or at TIME every TIME: sched NAME,NAME",
                        event->scheds);
    return true;
}

static bool find_event_param(struct config_reader *r, const char *name, struct scenario_event *event)
{
    const char *names[CONFIG_MAX_KEYS + 1] = {NULL};
    bool per_vm = event->vm != SCENARIO_NO_VM;

    event->param = param_find(name, per_vm);
    if (event->param)
        return true;
    if (param_find(name, !per_vm))
        return complain(r, "found '%s' %s, expected sched-set %s%s=VALUE", name,
                        per_vm ? "for a VM" : "without a VM", per_vm ? "" : "VM ", name);
    param_names(names, CONFIG_MAX_KEYS, per_vm);
    return complain_choice(r, name, names);
}

/* `sched-set KEY=VALUE`, `sched-set VM KEY=VALUE`. */
static bool read_sched_set(struct config_reader *r, const struct command *command, char *first,
                           struct scenario_event *event)
{
    char *value = split_at(first, '='), *second = split_word(first), *rest = split_word(second);
    const char *key = *second ? second : first;

    if (!value || !*first || *rest)
        return complain(r, "found '%.80s', expected %s VM KEY=VALUE, or KEY=VALUE", event->text,
                        command->name);
    if (*second && !find_event_vm(r, first, &event->vm))
        return false;
    if (!find_event_param(r, key, event))
        return false;
    if (!*value)
        return complain(r, "found nothing after '%s=', expected a value", key);
    return param_read(r, event->param, value, &event->value);
}

static const struct command commands[] = {
    {"pause", SCENARIO_PAUSE, read_vm},    {"resume", SCENARIO_RESUME, read_vm},
    {"stop", SCENARIO_STOP, read_vm},      {"reset", SCENARIO_RESET, read_vm},
    {"sched", SCENARIO_SCHED, read_sched}, {"sched-set", SCENARIO_SCHED_SET, read_sched_set},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static bool read_command(struct config_reader *r, char *text, struct scenario_event *event)
{
    const char *names[COMMANDS + 1];
    char *rest = split_word(text);

    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(text, names[i]) == 0) {
            event->command = commands[i].command;
            return commands[i].read(r, &commands[i], rest, event);
        }
    }
    names[COMMANDS] = NULL;
    return complain_choice(r, text, names);
}

/* `TIME` or `TIME every TIME`. */
static bool read_when(struct config_reader *r, char *text, struct scenario_event *event)
{
    char *word = split_word(text), *every = split_word(word);

    if (!value_time(text, &event->time_ns) || event->time_ns == UINT64_MAX)
        return complain(r, "found 'at %.60s', expected a time such as 1.5s", text);
    if (!*word)
        return true;
    if (strcmp(word, "every") != 0)
        return complain(r, "found '%.60s' after the time, expected 'every TIME', or a colon", word);
    return read_ranged(r, "every", every, &value_kind_time, SHORTEST, LONGEST, false, &event->every_ns);
}

/* Keeps them in order of time, and those of one time in the order of their lines. */
static bool add_event(struct config_reader *r, const struct scenario_event *event)
{
    struct scenario *s = r->scenario;
    uint32_t place = s->events;

    if (s->events == SCENARIO_MAX_EVENTS)
        return complain(r, "found more than %u lines that begin with 'at'", SCENARIO_MAX_EVENTS);
    for (; place > 0 && s->event[place - 1].time_ns > event->time_ns; place--)
        s->event[place] = s->event[place - 1];
    s->event[place] = *event;
    s->events++;
    return true;
}

bool event_read(struct config_reader *r, char *text)
{
    struct scenario_event event = {.line = r->line, .vm = SCENARIO_NO_VM};
    char *command;

    if (r->vm)
        return complain(r, "found 'at' in the section of a VM, expected it before the first [vm NAME]");
    command = split_at(text, ':');
    if (!command)
        return complain(r, "found 'at %.60s', expected at TIME: COMMAND", text);
    strlcpy(event.text, command, sizeof(event.text));
    return read_when(r, text, &event) && read_command(r, command, &event) && add_event(r, &event);
}

bool events_check(struct config_reader *r)
{
    struct scenario *s = r->scenario;

    for (uint32_t i = 0; i < s->events; i++) {
        r->line = s->event[i].line;
        if (s->time_ns && s->event[i].time_ns >= s->time_ns)
            return complain(r, "found an event that is not before the end of the run, which 'time' sets");
    }
    return true;
}
