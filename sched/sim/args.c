/* SPDX-License-Identifier: MIT */
/*
 * The guests that the simulator knows, and their arguments: the words, ranges and defaults of guest-os/NAME/NAME.c.
 */
#include <stdio.h>
#include <string.h>
#include "guest-os/user/latency.h"
#include "lib/string.h"
#include "sched/sim/guest.h"
#include "sched/sim/host.h"

#define WORD_LENGTH     63
#define NS_PER_S        1000000000UL
#define LONGEST         (3600 * NS_PER_S)
#define DEFAULT_IPS     62500000UL
#define SLICE_LEAST     20000
#define PARTS_PER_MS    64 /* of a dodger's work between two looks at the clock */
#define UNIT_ITERATIONS 250
#define UNKNOWN         "one of:" /* and then come their names */
#define TOO_MANY_TASKS  "at most 32 tasks"

/* ---- Values ---- */

static bool read_time(const char *text, const char **end, uint64_t *ns)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", NS_PER_S}};
    uint64_t number;

    if (!parse_u64(text, end, &number))
        return false;
    for (uint32_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t length = strlen(units[i].name);

        if (strncmp(*end, units[i].name, length) == 0 && number <= LONGEST / units[i].ns) {
            *end += length;
            *ns = number * units[i].ns;
            return true;
        }
    }
    return false;
}

static bool read_whole_time(const char *text, uint64_t *ns)
{
    const char *end;

    return read_time(text, &end, ns) && *end == '\0';
}

static bool read_whole_number(const char *text, uint64_t *number)
{
    const char *end;

    return parse_u64(text, &end, number) && *end == '\0';
}

static uint64_t iterations(const struct guest *guest, uint64_t ns)
{
    return ns / 1000 * (guest->ips / 1000) / 1000 / 4;
}

uint64_t guest_work(const struct guest *guest, uint64_t ns)
{
    return round_up_to_tick(iterations(guest, ns) * ITERATION_NS);
}

static const char *take_time(const char *text, uint64_t least, uint64_t *ns, const char *right)
{
    return read_whole_time(text, ns) && *ns >= least ? NULL : right;
}

static const char *take_most(struct guest *guest, const char *value)
{
    uint64_t *most = &guest->setting[SETTING_MOST];

    return read_whole_number(value, most) && *most ? NULL : "a number above 0";
}

/* They would take next to nothing, and there is no console on which they could say what they see. */
static const char *take_watcher(struct guest *guest, const char *value)
{
    (void)guest;
    (void)value;
    return "none of sar: top: top-aware: in the simulator, which has no console";
}

static const char *take_ips(struct guest *guest, const char *value)
{
    if (read_whole_number(value, &guest->ips) && guest->ips >= 1000 && guest->ips <= 100 * NS_PER_S)
        return NULL;
    return "a number of instructions a second, from 1000 to 100000000000";
}

/* ---- Tasks ---- */

static const char *add_task(struct guest *guest, const struct program *program, uint64_t arg)
{
    struct task *task = guest_add_task(guest, program);

    if (!task)
        return TOO_MANY_TASKS;
    task->arg[0] = arg;
    return NULL;
}

static const char *take_spin(struct guest *guest, const char *value)
{
    (void)value;
    return add_task(guest, &program_spin, 0);
}

static const char *take_polite(struct guest *guest, const char *value)
{
    (void)value;
    return add_task(guest, &program_polite, 0);
}

static const char *take_wild(struct guest *guest, const char *value)
{
    (void)value;
    return add_task(guest, &program_wild, 0);
}

static const char *take_sleep(struct guest *guest, const char *value)
{
    uint64_t ns;

    if (!read_whole_time(value, &ns) || ns == 0)
        return "a time to sleep above 0, such as 20ms";
    return add_task(guest, &program_sleeper, round_up_to_tick(ns));
}

static const char *take_work(struct guest *guest, const char *value)
{
    uint64_t amount;

    if (read_whole_number(value, &amount) && amount <= LONGEST / UNIT_NS)
        amount *= UNIT_ITERATIONS;
    else if (read_whole_time(value, &amount))
        amount = iterations(guest, amount);
    else
        amount = 0;
    if (amount == 0)
        return "an amount of work above 0, such as 1000 (units of 1000 instructions) or 100ms";
    amount = amount / UNIT_ITERATIONS * UNIT_NS + amount % UNIT_ITERATIONS * ITERATION_NS;
    return add_task(guest, &program_finite, round_up_to_tick(amount));
}

static const char *take_slice(struct guest *guest, const char *value)
{
    const char *problem = take_time(value, SLICE_LEAST, &guest->slice, "a slice of at least 20us");

    guest->slice = round_up_to_tick(guest->slice);
    return problem;
}

static const char *take_progress(struct guest *guest, const char *value)
{
    (void)guest;
    return strcmp(value, "on") == 0 || strcmp(value, "off") == 0 ? NULL : "on or off";
}

static const char *take_job(struct guest *guest, const char *value)
{
    const char *end;
    uint64_t period, budget;
    struct task *task;

    if (!read_time(value, &end, &period) || *end != ':' || !read_whole_time(end + 1, &budget))
        return "task:PERIOD:BUDGET, such as task:20ms:5ms";
    if (!iterations(guest, budget) || budget > period)
        return "a budget of at least 1us and at most its period";
    task = guest_add_task(guest, &program_periodic);
    if (!task)
        return TOO_MANY_TASKS;
    task->arg[0] = round_up_to_tick(period);
    task->arg[1] = guest_work(guest, budget);
    return NULL;
}

/* ---- Settings of guests that have tasks of one kind ---- */

static const char *take_period(struct guest *guest, const char *value)
{
    return take_time(value, 1, &guest->setting[SETTING_PERIOD], "a time between requests above 0");
}

static const char *take_request(struct guest *guest, const char *value)
{
    return take_time(value, 1000, &guest->setting[SETTING_WORK], "work of at least 1us a request");
}

static const char *take_inside(struct guest *guest, const char *value)
{
    return take_time(value, 0, &guest->setting[SETTING_WORK], "a time such as 20us");
}

static const char *take_outside(struct guest *guest, const char *value)
{
    return take_time(value, 0, &guest->setting[SETTING_OUTSIDE], "a time such as 80us");
}

/* Of the locks it knows the plain one, and of tasks those that stay. */
static const char *take_lock(struct guest *guest, const char *value)
{
    (void)guest;
    return strcmp(value, "plain") == 0 ? NULL : "plain: the simulator has no other locks";
}

static const char *take_off(struct guest *guest, const char *value)
{
    (void)guest;
    return strcmp(value, "off") == 0 ? NULL : "off: tasks stay on their VCPUs in the simulator";
}

static const char *take_patience(struct guest *guest, const char *value)
{
    uint64_t unused;

    (void)guest;
    return read_whole_number(value, &unused) ? NULL : "a number of attempts";
}

static const char *take_look(struct guest *guest, const char *value)
{
    uint64_t unused;

    (void)guest;
    return take_time(value, 1000000, &unused, "a time of at least 1ms");
}

static const char *take_tick(struct guest *guest, const char *value)
{
    return take_time(value, 100000, &guest->setting[SETTING_PERIOD], "ticks at least 100us apart");
}

static const char *take_away(struct guest *guest, const char *value)
{
    return take_time(value, 0, &guest->setting[SETTING_AWAY], "a time such as 500us");
}

static const char *take_how(struct guest *guest, const char *value)
{
    if (strcmp(value, "sleep") != 0 && strcmp(value, "yield") != 0)
        return "sleep or yield";
    guest->setting[SETTING_OFFERS] = strcmp(value, "yield") == 0;
    return NULL;
}

/* ---- The tasks that no argument makes ---- */

static const char *start_hog(struct guest *guest)
{
    const char *problem = NULL;

    for (uint32_t cpu = 0; cpu < guest->config->vcpus && !problem; cpu++)
        problem = add_task(guest, &program_spin, 0);
    return problem;
}

static const char *start_smp(struct guest *guest)
{
    for (uint32_t cpu = 0; cpu < guest->config->vcpus; cpu++) {
        struct task *task = guest_add_task(guest, &program_locker);

        if (!task)
            return TOO_MANY_TASKS;
        task->arg[0] = guest_work(guest, guest->setting[SETTING_WORK]);
        task->arg[1] = guest_work(guest, guest->setting[SETTING_OUTSIDE]);
    }
    return NULL;
}

static const char *start_io(struct guest *guest)
{
    struct task *task = guest_add_task(guest, &program_server);

    if (!task)
        return TOO_MANY_TASKS;
    task->arg[0] = round_up_to_tick(guest->setting[SETTING_PERIOD]);
    task->arg[1] = guest_work(guest, guest->setting[SETTING_WORK]);
    task->latency = host_memory(2, sizeof(*task->latency));
    return NULL;
}

static const char *start_dodger(struct guest *guest)
{
    uint64_t period = guest->setting[SETTING_PERIOD], away = guest->setting[SETTING_AWAY];
    struct task *task;

    if (away >= period)
        return "to be away for less than a period";
    task = guest_add_task(guest, &program_dodger);
    if (!task)
        return TOO_MANY_TASKS;
    task->arg[0] = round_up_to_tick(period);
    task->arg[1] = round_up_to_tick(away / 2);
    task->arg[2] = round_up_to_tick((iterations(guest, 1000000) / PARTS_PER_MS + 1) * ITERATION_NS);
    return NULL;
}

/* ---- The tables ---- */

static const struct guest_argument no_arguments[] = {{0}};
static const struct guest_argument common[] = {{"ips=", take_ips}, {0}};
static const struct guest_argument watchers[] = {
    {"sar:", take_watcher}, {"top:", take_watcher}, {"top-aware:", take_watcher}, {0}};
static const struct guest_argument timeshare_arguments[] = {
    {"spin", take_spin}, {"sleep:", take_sleep}, {"work:", take_work},         {"polite", take_polite},
    {"wild", take_wild}, {"slice=", take_slice}, {"progress=", take_progress}, {0}};
static const struct guest_argument realtime_arguments[] = {{"task:", take_job}, {"jobs=", take_most}, {0}};
static const struct guest_argument smp_arguments[] = {
    {"inside=", take_inside}, {"outside=", take_outside},   {"rounds=", take_most},
    {"lock=", take_lock},     {"patience=", take_patience}, {"move=", take_off},
    {"balloon=", take_off},   {"look=", take_look},         {0}};
static const struct guest_argument io_arguments[] = {
    {"period=", take_period}, {"work=", take_request}, {"transactions=", take_most}, {0}};
static const struct guest_argument dodger_arguments[] = {
    {"period=", take_tick}, {"away=", take_away}, {"how=", take_how}, {0}};

#define MS 1000000
#define US 1000

const struct guest_kind guest_kinds[] = {
    {.name = "hog", .arguments = no_arguments, .start = start_hog},
    {.name = "timeshare", .arguments = timeshare_arguments},
    {.name = "realtime", .arguments = realtime_arguments, .by_deadline = true},
    {.name = "smp",
     .arguments = smp_arguments,
     .start = start_smp,
     .initial = {[SETTING_WORK] = 20 * US, [SETTING_OUTSIDE] = 80 * US}},
    {.name = "io",
     .arguments = io_arguments,
     .start = start_io,
     .initial = {[SETTING_PERIOD] = 10 * MS, [SETTING_WORK] = 100 * US}},
    {.name = "dodger",
     .arguments = dodger_arguments,
     .start = start_dodger,
     .initial = {[SETTING_PERIOD] = 10 * MS, [SETTING_AWAY] = 500 * US}},
    {0},
};

/* ---- Words ---- */

static const struct guest_argument *find_in(const struct guest_argument *argument, const char *word)
{
    for (; argument->name; argument++) {
        size_t length = strlen(argument->name);
        char last = argument->name[length - 1];
        bool has_value = last == ':' || last == '=';

        if (strncmp(word, argument->name, length) == 0 && (has_value || word[length] == '\0'))
            return argument;
    }
    return NULL;
}

static const char *take_word(struct guest *guest, const char *word, bool settings)
{
    const struct guest_argument *argument = find_in(guest->kind->arguments, word);

    if (!argument)
        argument = find_in(common, word);
    if (!argument)
        argument = find_in(watchers, word);
    if (!argument)
        return UNKNOWN;
    if ((strchr(argument->name, '=') != NULL) != settings)
        return NULL;
    return argument->take(guest, word + strlen(argument->name));
}

/* Takes either the settings or all the others. Returns what is wrong; `word` is then where. */
static const char *take_words(struct guest *guest, const char *text, bool settings,
                              char word[WORD_LENGTH + 1])
{
    const char *problem = NULL;

    while (*text && !problem) {
        size_t length = strcspn(text, " ");

        strlcpy(word, text, length < WORD_LENGTH ? length + 1 : WORD_LENGTH + 1);
        if (length > WORD_LENGTH)
            problem = "at most 63 characters";
        else if (length)
            problem = take_word(guest, word, settings);
        text += length + (text[length] == ' ');
    }
    return problem;
}

/* ---- A guest ---- */

static const struct guest_kind *find_kind(const char *name)
{
    for (const struct guest_kind *kind = guest_kinds; kind->name; kind++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

/* Appends the names of a table's entries to the text. */
static void list_names(const struct guest_argument *argument, char *text, size_t size)
{
    size_t used = strlen(text);

    for (; argument->name && used < size; argument++)
        used += (size_t)snprintf(text + used, size - used, " %s", argument->name);
}

static bool complain(const struct guest *guest, const char *word, const char *right, char *error, size_t size)
{
    if (word)
        snprintf(error, size, "found '%s' in the args of %s, expected %s", word, guest->kind->name, right);
    else
        snprintf(error, size, "found args that %s cannot start with, expected %s", guest->kind->name, right);
    if (strcmp(right, UNKNOWN) == 0) {
        list_names(guest->kind->arguments, error, size);
        list_names(common, error, size);
    }
    return false;
}

static bool read_args(struct guest *guest, char *error, size_t size)
{
    char word[WORD_LENGTH + 1];
    const char *args = guest->config->args, *right = take_words(guest, args, true, word);

    if (!right)
        right = take_words(guest, args, false, word);
    if (right)
        return complain(guest, word, right, error, size);
    if (guest->kind->start)
        right = guest->kind->start(guest);
    if (!right && !guest->tasks)
        right = "at least one task";
    return !right || complain(guest, NULL, right, error, size);
}

enum guest_problem guest_make(struct guest *guest, const struct scenario_vm *config,
                              const struct guest_owner *owner, char *error, size_t size)
{
    const struct guest_kind *kind = find_kind(config->guest);

    if (!kind) {
        int used = snprintf(
            error, size,
            "found guest = %s, expected one whose behaviour the simulator knows:", config->guest);

        for (kind = guest_kinds; kind->name && used < (int)size; kind++)
            used += snprintf(error + used, size - (size_t)used, " %s", kind->name);
        return GUEST_IS_UNKNOWN;
    }
    *guest = (struct guest){
        .kind = kind, .config = config, .slice = 10 * MS, .ips = DEFAULT_IPS, .owner = owner};
    memcpy(guest->setting, kind->initial, sizeof(guest->setting));
    guest->cpu = host_memory(config->vcpus, sizeof(*guest->cpu));
    return read_args(guest, error, size) ? GUEST_IS_FINE : GUEST_REFUSES_ARGS;
}

void guest_free(struct guest *guest)
{
    for (uint32_t i = 0; i < guest->tasks; i++)
        host_free(guest->task[i].latency);
    host_free(guest->task);
    host_free(guest->cpu);
}
