/* SPDX-License-Identifier: MIT */
/*
 * Complaints about a scenario, with a guess at what was meant. See config_reader.h.
 */
#include "hyp/config_reader.h"
#include "lib/printf.h"
#include "lib/string.h"

#define MAX_WORD   31 /* longer ones are not compared */
#define MAX_TYPOS  2
#define MAX_LISTED 24

static size_t minimum(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t start(struct config_reader *r)
{
    int used = r->line == COMMAND_LINE
                   ? format(r->error, r->error_size, "command line: ")
                   : format(r->error, r->error_size, "%s:%u: ", r->scenario->file, r->line);

    return minimum((size_t)used, r->error_size - 1);
}

bool complain(struct config_reader *r, const char *fmt, ...)
{
    size_t used = start(r);
    va_list args;

    va_start(args, fmt);
    vformat(r->error + used, r->error_size - used, fmt, args);
    va_end(args);
    return false;
}

/* Letters to insert, remove or change to turn one word into the other (Levenshtein's distance). */
static size_t distance(const char *a, const char *b)
{
    size_t row[MAX_WORD + 1], length = strlen(b);

    if (strlen(a) > MAX_WORD || length > MAX_WORD)
        return MAX_TYPOS + 1;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0]++;

        for (size_t j = 0; j < length; j++) {
            size_t change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = minimum(change, minimum(row[j], row[j + 1]) + 1);
        }
    }
    return row[length];
}

/* The name nearest to `found`, if it is near enough to be what was meant; or NULL. */
static const char *nearest(const char *found, const char *const *names)
{
    const char *best = NULL;
    size_t fewest = MAX_TYPOS + 1;

    for (; *names; names++) {
        size_t typos = distance(found, *names);
        if (typos < fewest && typos < strlen(*names)) {
            best = *names;
            fewest = typos;
        }
    }
    return best;
}

static void append(struct config_reader *r, const char *fmt, const char *text)
{
    size_t used = strlen(r->error);

    format(r->error + used, r->error_size - used, fmt, text);
}

bool complain_choice(struct config_reader *r, const char *found, const char *const *names)
{
    const char *meant = nearest(found, names);
    int listed = 0;

    complain(r, "found '%.60s', expected one of:", found);
    for (; *names && listed < MAX_LISTED; names++, listed++)
        append(r, " %s", *names);
    if (*names)
        append(r, "%s", " ...");
    if (meant)
        append(r, "; did you mean '%s'?", meant);
    return false;
}

bool read_ranged(struct config_reader *r, const char *name, const char *text, const struct value_kind *kind,
                 uint64_t min, uint64_t max, bool or_zero, uint64_t *value)
{
    char low[32], high[32];

    if (kind->read(text, value) && ((*value >= min && *value <= max) || (or_zero && *value == 0)))
        return true;
    kind->show(low, sizeof(low), min);
    kind->show(high, sizeof(high), max);
    return complain(r, "found %s = '%.60s', expected %s from %s to %s%s", name, text, kind->what, low, high,
                    or_zero ? ", or 0" : "");
}

struct scenario_vm *find_vm(struct scenario *s, const char *name)
{
    for (uint32_t i = 0; i < s->vms; i++)
        if (strcmp(s->vm[i].name, name) == 0)
            return &s->vm[i];
    return NULL;
}
