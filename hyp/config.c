/* SPDX-License-Identifier: MIT */
/*
 * The text of a scenario, line by line, and what must hold for the whole. The
 * keys are in config_keys.c.
 *
 *   line:    [vm NAME] | at TIME: COMMAND VM | KEY = VALUE, and a comment from a '#' that begins the line or
 *            follows a blank
 */
#include "hyp/config.h"
#include "hyp/config_keys.h"
#include "hyp/config_reader.h"
#include "hyp/config_values.h"
#include "lib/bitops.h"
#include "lib/string.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *skip_blanks(char *text)
{
    while (is_blank(*text))
        text++;
    return text;
}

static void cut_trailing_blanks(char *text)
{
    size_t length = strlen(text);

    while (length && is_blank(text[length - 1]))
        text[--length] = '\0';
}

/* Ends the text at its first blank; returns what follows. */
static char *split_word(char *text)
{
    while (*text && !is_blank(*text))
        text++;
    if (*text)
        *text++ = '\0';
    return skip_blanks(text);
}

static bool is_name(const char *text)
{
    for (; *text; text++)
        if (!(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') &&
            !(*text >= '0' && *text <= '9') && *text != '-' && *text != '_')
            return false;
    return true;
}

/* ---- Sections ---- */

static struct scenario_vm *find_vm(struct scenario *s, const char *name)
{
    for (uint32_t i = 0; i < s->vms; i++)
        if (strcmp(s->vm[i].name, name) == 0)
            return &s->vm[i];
    return NULL;
}

/* The name in `[vm NAME]`, or NULL after a complaint. */
static const char *section_name(struct config_reader *r, char *text)
{
    size_t length = strlen(text);
    char *name;

    if (text[length - 1] != ']') {
        complain(r, "found '%.60s', expected [vm NAME]", text);
        return NULL;
    }
    text[length - 1] = '\0';
    text = skip_blanks(text + 1);
    name = split_word(text);
    cut_trailing_blanks(name);
    if (strcmp(text, "vm") != 0 || !*name) {
        complain(r, "found a section '%.40s', expected [vm NAME]", text);
        return NULL;
    }
    return name;
}

static bool add_vm(struct config_reader *r, const char *name)
{
    struct scenario *s = r->scenario;
    struct scenario_vm *vm = &s->vm[s->vms], *other = find_vm(s, name);

    if (strlen(name) >= sizeof(vm->name) || !is_name(name))
        return complain(r, "found the name '%.60s', expected at most %u letters, digits, - and _", name,
                        (unsigned)sizeof(vm->name) - 1);
    if (other)
        return complain(r, "found a second VM '%s', expected another name: it is on line %u already", name,
                        other->line);
    if (s->vms == STINT_MAX_VMS)
        return complain(r, "found more than %u VMs", STINT_MAX_VMS);
    strlcpy(vm->name, name, sizeof(vm->name));
    vm->line = r->line;
    keys_set_vm_defaults(vm);
    s->vms++;
    return true;
}

/* The early stage makes the VMs, the last one finds them. */
static bool read_section(struct config_reader *r, char *text)
{
    const char *name = section_name(r, text);

    if (!name || (r->stage == CONFIG_EARLY && !add_vm(r, name)))
        return false;
    r->vm = find_vm(r->scenario, name);
    keys_begin_section(r);
    return true;
}

/* ---- Events ---- */

static bool read_command(struct config_reader *r, const char *name, enum scenario_command *command)
{
    static const char *const names[] = {"pause", "resume", "stop", "reset", NULL};
    static const enum scenario_command commands[] = {SCENARIO_PAUSE, SCENARIO_RESUME, SCENARIO_STOP,
                                                     SCENARIO_RESET};

    for (size_t i = 0; names[i]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *command = commands[i];
            return true;
        }
    }
    return complain_choice(r, name, names);
}

static bool read_event_vm(struct config_reader *r, const char *name, uint32_t *index)
{
    const char *names[STINT_MAX_VMS + 1] = {NULL};
    struct scenario *s = r->scenario;
    struct scenario_vm *vm = find_vm(s, name);

    if (vm) {
        *index = (uint32_t)(vm - s->vm);
        return true;
    }
    for (uint32_t i = 0; i < s->vms; i++)
        names[i] = s->vm[i].name;
    return complain_choice(r, name, names);
}

/* Keeps them in order of time, and those of one time in the order of their lines. */
static bool add_event(struct config_reader *r, struct scenario_event event)
{
    struct scenario *s = r->scenario;
    uint32_t place = s->events;

    if (s->events == SCENARIO_MAX_EVENTS)
        return complain(r, "found more than %u lines that begin with 'at'", SCENARIO_MAX_EVENTS);
    for (; place > 0 && s->event[place - 1].time_ns > event.time_ns; place--)
        s->event[place] = s->event[place - 1];
    s->event[place] = event;
    s->events++;
    return true;
}

/* `at TIME: COMMAND VM`, of which `text` is what follows `at`. */
static bool read_event(struct config_reader *r, char *text)
{
    struct scenario_event event = {.line = r->line};
    char *colon = strchr(text, ':');
    char *command, *vm, *rest;

    if (r->vm)
        return complain(r, "found 'at' in the section of a VM, expected it before the first [vm NAME]");
    if (!colon)
        return complain(r, "found 'at %.60s', expected at TIME: COMMAND VM", text);
    *colon = '\0';
    cut_trailing_blanks(text);
    if (!value_time(text, &event.time_ns) || event.time_ns == UINT64_MAX)
        return complain(r, "found 'at %.60s', expected a time such as 1.5s", text);
    command = skip_blanks(colon + 1);
    vm = split_word(command);
    rest = split_word(vm);
    if (!read_command(r, command, &event.command))
        return false;
    if (!*vm || *rest)
        return complain(r, "found '%s %.60s%s%.60s', expected %s and the name of a VM", command, vm,
                        *rest ? " " : "", rest, command);
    return read_event_vm(r, vm, &event.vm) && add_event(r, event);
}

/* ---- Lines ---- */

static bool read_assignment(struct config_reader *r, char *text)
{
    char *value = strchr(text, '=');

    if (!value)
        return complain(r, "found '%.60s', expected KEY = VALUE", text);
    *value++ = '\0';
    cut_trailing_blanks(text);
    if (*text == '\0')
        return complain(r, "found '=' with no key before it, expected KEY = VALUE");
    return keys_set(r, text, skip_blanks(value));
}

static void cut_comment(char *text)
{
    for (char *c = text; *c; c++) {
        if (*c == '#' && (c == text || is_blank(c[-1]))) {
            *c = '\0';
            return;
        }
    }
}

static bool read_line(struct config_reader *r)
{
    char *text = r->text;

    cut_comment(text);
    cut_trailing_blanks(text);
    text = skip_blanks(text);
    if (*text == '\0')
        return true;
    if (*text == '[')
        return read_section(r, text);
    if (text[0] == 'a' && text[1] == 't' && is_blank(text[2]) && *skip_blanks(text + 2) != '=')
        return r->stage != CONFIG_ALL || read_event(r, skip_blanks(text + 2));
    return (r->stage != CONFIG_ALL && !strchr(text, '=')) || read_assignment(r, text);
}

/* Copies a line of `length` bytes into the reader. */
static bool take_line(struct config_reader *r, const char *line, size_t length)
{
    if (length && line[length - 1] == '\r')
        length--;
    if (length >= sizeof(r->text))
        return complain(r, "found a line of %llu characters, expected at most %u", (unsigned long long)length,
                        (unsigned)sizeof(r->text) - 1);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)line[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return complain(r, "found a control character (code %u) in column %u, expected text", c,
                            (unsigned)i + 1);
        r->text[i] = line[i];
    }
    r->text[length] = '\0';
    return true;
}

static bool read_file(struct config_reader *r, enum config_stage stage, const char *text, size_t len)
{
    r->stage = stage;
    r->vm = NULL;
    keys_begin_section(r);
    for (size_t at = 0, line = 1; at < len; line++) {
        size_t length = 0;

        while (at + length < len && text[at + length] != '\n')
            length++;
        r->line = (uint32_t)line;
        if (!take_line(r, text + at, length) || !read_line(r))
            return false;
        at += length + 1;
    }
    return true;
}

static bool read_overrides(struct config_reader *r, enum config_stage stage, const char *text)
{
    r->stage = stage;
    r->vm = NULL;
    r->line = COMMAND_LINE;
    keys_begin_section(r);
    while (*text) {
        size_t length = 0;

        while (text[length] && !is_blank(text[length]))
            length++;
        if (length && (!take_line(r, text, length) || !read_assignment(r, r->text)))
            return false;
        text += length + (text[length] != '\0');
    }
    return true;
}

/* ---- The whole ---- */

static bool check_affinity(struct config_reader *r, struct scenario_vm *vm)
{
    r->line = vm->affinity_line;
    if (vm->affinity_lists > 1 && vm->affinity_lists != vm->vcpus)
        return complain(r, "found %u lists in affinity, expected one, or %u, one a VCPU", vm->affinity_lists,
                        vm->vcpus);
    if (vm->affinity_lists == 0)
        vm->affinity[0] = bit_mask(r->scenario->pcpus);
    if (vm->affinity_lists <= 1)
        for (uint32_t i = 1; i < vm->vcpus; i++)
            vm->affinity[i] = vm->affinity[0];
    return true;
}

static bool check_vm(struct config_reader *r, struct scenario_vm *vm)
{
    uint64_t end = r->scenario->time_ns;

    r->line = vm->line;
    if (!vm->guest[0])
        return complain(r, "found no guest for VM '%s', expected guest = NAME in its section", vm->name);
    r->line = vm->start_line;
    if (end && vm->start_ns >= end)
        return complain(r, "found a start that is not before the end of the run, which 'time' sets");
    return check_affinity(r, vm);
}

static bool check_vms(struct config_reader *r)
{
    struct scenario *s = r->scenario;
    uint32_t vcpus = 0;

    if (s->vms == 0) {
        r->line = 1;
        return complain(r, "found no VM, expected at least one section [vm NAME]");
    }
    for (uint32_t i = 0; i < s->vms; i++) {
        if (!check_vm(r, &s->vm[i]))
            return false;
        vcpus += s->vm[i].vcpus;
        r->line = s->vm[i].vcpus_line ? s->vm[i].vcpus_line : s->vm[i].line;
        if (vcpus > STINT_MAX_VCPUS)
            return complain(r, "found %u VCPUs up to VM '%s', expected at most %u in all", vcpus,
                            s->vm[i].name, STINT_MAX_VCPUS);
    }
    return true;
}

static bool check_topology(struct config_reader *r)
{
    struct scenario *s = r->scenario;
    struct scenario_topology *t = &s->topology;
    uint32_t product = t->sockets * t->cores * t->threads;

    r->line = s->topology_line;
    if (product == 0)
        *t = (struct scenario_topology){.sockets = s->pcpus, .cores = 1, .threads = 1};
    else if (product != s->pcpus)
        return complain(r, "found a topology of %u x %u x %u = %u pCPUs, expected %u, as pcpus says",
                        t->sockets, t->cores, t->threads, product, s->pcpus);
    return true;
}

static bool check_events(struct config_reader *r)
{
    struct scenario *s = r->scenario;

    for (uint32_t i = 0; i < s->events; i++) {
        r->line = s->event[i].line;
        if (s->time_ns && s->event[i].time_ns >= s->time_ns)
            return complain(r, "found an event that is not before the end of the run, which 'time' sets");
    }
    return true;
}

bool config_parse(struct scenario *s, const char *text, size_t len, const char *filename,
                  const char *overrides, char *error, size_t error_size)
{
    struct config_reader reader = {.scenario = s, .error = error, .error_size = error_size};
    struct config_reader *r = &reader;

    keys_set_defaults(s);
    strlcpy(s->file, filename, sizeof(s->file));
    if (!read_overrides(r, CONFIG_NAME, overrides) || !read_file(r, CONFIG_EARLY, text, len) ||
        !read_overrides(r, CONFIG_EARLY, overrides))
        return false;
    keys_set_default_params(s);
    return read_file(r, CONFIG_ALL, text, len) && read_overrides(r, CONFIG_ALL, overrides) && check_vms(r) &&
           check_topology(r) && check_events(r);
}
