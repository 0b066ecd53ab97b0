/* SPDX-License-Identifier: MIT */
/*
 * Arguments: cut into words, found in the guest's table, and their values read.
 */
#include "guest-os/kernel/args.h"
#include "guest-os/kernel/console.h"
#include "guest-os/kernel/guest.h"
#include "guest-os/kernel/panic.h"
#include "guest-os/kernel/sbi.h"
#include "guest-os/user/work.h"
#include "lib/string.h"

#define WORD_LENGTH   63
#define NS_PER_SECOND 1000000000UL

static void take_ips(const char *value);

static const struct argument own[] = {
    {"ips=NUMBER", "instructions a second that times of work are counted by (62500000)", take_ips},
    {0},
};

enum { OF_THE_GUEST, OF_EVERY_GUEST, OURS, TABLES };
static const struct argument *tables[TABLES] = {[OURS] = own};

static uint64_t ips = 62500000;    /* QEMU's -icount shift=4: an instruction is 16 ns */
static char word[WORD_LENGTH + 1]; /* the one at hand */

static void take_ips(const char *value)
{
    ips = args_whole_number(value);
    if (ips < 1000 || ips > 100 * NS_PER_SECOND)
        args_refuse("a number of instructions a second, from 1000 to 100000000000");
}

uint64_t args_iterations(uint64_t ns)
{
    return ns / 1000 * (ips / 1000) / 1000 / WORK_INSTRUCTIONS;
}

static void list_arguments(void)
{
    for (uint32_t table = 0; table < TABLES; table++)
        for (const struct argument *argument = tables[table]; argument->form; argument++)
            say("  %-20s %s", argument->form, argument->what);
}

void args_refuse(const char *right)
{
    if (word[0])
        say("%s: cannot take the argument \"%s\": expected %s", guest.name, word, right);
    else
        say("%s: cannot start: expected %s", guest.name, right);
    say("%s understands:", guest.name);
    list_arguments();
    shutdown(SBI_SRST_REASON_FAILURE);
}

/* How much of a form names the argument: to its ':' or '=' inclusive, or all. */
static uint64_t name_length(const char *form)
{
    uint64_t length = 0;

    while (form[length] && form[length] != ':' && form[length] != '=')
        length++;
    return form[length] ? length + 1 : length;
}

static const struct argument *find_in(const struct argument *argument)
{
    for (; argument->form; argument++) {
        uint64_t length = name_length(argument->form);

        /* A form that is a name and nothing else must be the whole word. */
        if (strncmp(word, argument->form, length) == 0 && (argument->form[length] || !word[length]))
            return argument;
    }
    return NULL;
}

static void take_word(bool settings)
{
    const struct argument *argument = NULL;

    for (uint32_t table = 0; table < TABLES && !argument; table++)
        argument = find_in(tables[table]);
    if (!argument)
        args_refuse("one of those below");
    if ((strchr(argument->form, '=') != NULL) == settings)
        argument->take(word + name_length(argument->form));
}

/* Takes either the settings or all the others. */
static void take_words(const char *text, bool settings)
{
    while (*text) {
        uint64_t length = 0;

        while (text[length] && text[length] != ' ')
            length++;
        if (strlcpy(word, text, length < WORD_LENGTH ? length + 1 : sizeof(word)) && length > WORD_LENGTH)
            args_refuse("at most 63 characters");
        if (length)
            take_word(settings);
        text += length + (text[length] == ' ');
    }
    word[0] = 0;
}

void args_read(const char *text, const struct argument *also)
{
    tables[OF_THE_GUEST] = guest.arguments;
    tables[OF_EVERY_GUEST] = also;
    take_words(text, true);
    take_words(text, false);
}

uint64_t args_number(const char *value, const char **end)
{
    uint64_t number;

    if (!parse_u64(value, end, &number))
        args_refuse("a whole number in it");
    return number;
}

uint64_t args_time(const char *value, const char **end)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", NS_PER_SECOND}};
    uint64_t number = args_number(value, end);

    for (uint32_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        uint64_t length = strlen(units[i].name);

        if (strncmp(*end, units[i].name, length) == 0 && number <= 3600 * NS_PER_SECOND / units[i].ns) {
            *end += length;
            return number * units[i].ns;
        }
    }
    args_refuse("a time of at most an hour with its unit (ns, us, ms, s), such as 10ms");
}

uint64_t args_whole_number(const char *value)
{
    const char *end;
    uint64_t number = args_number(value, &end);

    if (*end)
        args_refuse("a whole number with nothing behind it");
    return number;
}

uint64_t args_whole_time(const char *value)
{
    const char *end;
    uint64_t ns = args_time(value, &end);

    if (*end)
        args_refuse("a time such as 10ms with nothing behind it");
    return ns;
}
