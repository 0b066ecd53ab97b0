/* SPDX-License-Identifier: MIT */
/*
 * The text of a scenario, line by line, and what must hold for the whole. The
 * keys are in config_keys.c, the commands in config_events.c.
 *
 *   line:    [vm NAME] | at TIME: COMMAND | KEY = VALUE, and a comment from a '#' that begins the line or
 *            follows a blank
 */
#include "hyp/config.h"
#include "hyp/config_events.h"
#include "hyp/config_keys.h"
#include "hyp/config_params.h"
#include "hyp/config_reader.h"
#include "hyp/config_words.h"
#include "lib/string.h"

static bool is_name(const char *text)
{
    for (; *text; text++)
        if (!(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') &&
            !(*text >= '0' && *text <= '9') && *text != '-' && *text != '_')
            return false;
    return true;
}

/* ---- Sections ---- */

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
    keys_set_vm_defaults(vm);
    strlcpy(vm->name, name, sizeof(vm->name));
    vm->line = r->line;
    s->vms++;
    return true;
}

/* The early stage makes the VMs, the last one meets them in the same order. */
static bool read_section(struct config_reader *r, char *text)
{
    const char *name = section_name(r, text);

    if (!name || (r->stage == CONFIG_EARLY && !add_vm(r, name)))
        return false;
    r->vm = &r->scenario->vm[r->sections++];
    keys_begin_section(r);
    return true;
}

/* ---- Lines ---- */

static bool read_assignment(struct config_reader *r, char *text)
{
    char *value = split_at(text, '=');

    if (!value)
        return complain(r, "found '%.60s', expected KEY = VALUE", text);
    if (*text == '\0')
        return complain(r, "found '=' with no key before it, expected KEY = VALUE");
    return keys_set(r, text, value);
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
        return r->stage != CONFIG_ALL || event_read(r, skip_blanks(text + 2));
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
    r->sections = 0;
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
        vm->affinity = &r->scenario->affinity[0];
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

/* One of pcpus and topology follows from the other; what the pCPUs are is needed by all that is read next. */
static bool settle_pcpus(struct config_reader *r)
{
    struct scenario *s = r->scenario;
    struct sched_topology *t = &s->topology;
    uint64_t product = (uint64_t)t->sockets * t->cores * t->threads;

    r->line = s->topology_line;
    if (product == 0)
        *t = (struct sched_topology){.sockets = s->pcpus, .cores = 1, .threads = 1};
    else if (s->pcpus_given && product != s->pcpus)
        return complain(r, "found a topology of %u x %u x %u = %llu pCPUs, expected %u, as pcpus says",
                        t->sockets, t->cores, t->threads, (unsigned long long)product, s->pcpus);
    else if (product > STINT_MAX_PCPUS)
        return complain(r, "found a topology of %u x %u x %u = %llu pCPUs, expected at most %u", t->sockets,
                        t->cores, t->threads, (unsigned long long)product, STINT_MAX_PCPUS);
    else
        s->pcpus = (uint32_t)product;
    s->affinity[0] = pcpu_set_first(s->pcpus);
    s->affinities = 1;
    return true;
}

bool config_parse(struct scenario *s, const char *text, size_t len, const char *filename,
                  const char *overrides, char *error, size_t error_size)
{
    struct config_reader reader = {.scenario = s, .error = error, .error_size = error_size};
    struct config_reader *r = &reader;

    keys_set_defaults(s);
    strlcpy(s->file, filename, sizeof(s->file));
    return read_overrides(r, CONFIG_NAME, overrides) && read_file(r, CONFIG_EARLY, text, len) &&
           read_overrides(r, CONFIG_EARLY, overrides) && settle_pcpus(r) &&
           read_file(r, CONFIG_ALL, text, len) && read_overrides(r, CONFIG_ALL, overrides) && check_vms(r) &&
           events_check(r) && params_check(r);
}
