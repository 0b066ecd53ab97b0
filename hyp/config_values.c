/* SPDX-License-Identifier: MIT */
/*
 * Numbers, times, sizes and lists: text to value and back. See config_values.h.
 */
#include "hyp/config_values.h"
#include "lib/printf.h"
#include "lib/string.h"

struct unit {
    const char *name;
    uint64_t factor;
};

/* The largest first. */
static const struct unit time_units[] = {
    {"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}, {NULL, 0}};
static const struct unit size_units[] = {{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}, {NULL, 0}};

static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint64_t product;

    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Decimal digits, at least one; moves *text behind them. */
static bool read_digits(const char **text, uint64_t *number)
{
    if (!is_digit(**text))
        return false;
    for (*number = 0; is_digit(**text); (*text)++)
        *number = add(multiply(*number, 10), (uint64_t)(**text - '0'));
    return true;
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
    for (; units->name; units++)
        if (strcmp(units->name, name) == 0)
            return units;
    return NULL;
}

bool value_number(const char *text, uint64_t *number)
{
    return read_digits(&text, number) && *text == '\0';
}

/* The digits after a decimal point, as parts of `unit`; moves *text behind them. False: none, or finer than 1. */
static bool read_fraction(const char **text, uint64_t unit, uint64_t *parts)
{
    if (!is_digit(**text))
        return false;
    for (*parts = 0; is_digit(**text); (*text)++) {
        uint64_t digit = (uint64_t)(**text - '0');

        if (unit < 10 && digit)
            return false;
        unit /= 10;
        *parts += digit * unit;
    }
    return true;
}

bool value_time(const char *text, uint64_t *ns)
{
    const char *fraction = NULL;
    const struct unit *unit;
    uint64_t parts = 0;

    if (!read_digits(&text, ns))
        return false;
    if (*ns == 0 && *text == '\0')
        return true;
    if (*text == '.')
        for (fraction = ++text; is_digit(*text);)
            text++;
    unit = find_unit(time_units, text);
    if (!unit || (fraction && !read_fraction(&fraction, unit->factor, &parts)))
        return false;
    *ns = add(multiply(*ns, unit->factor), parts);
    return true;
}

bool value_size(const char *text, uint64_t *bytes)
{
    const struct unit *unit;

    if (!read_digits(&text, bytes))
        return false;
    unit = find_unit(size_units, text);
    if (unit)
        *bytes = multiply(*bytes, unit->factor);
    return unit != NULL;
}

bool value_product(const char *text, uint64_t factor[3])
{
    for (int i = 0; i < 3; i++) {
        text = skip_blanks(text);
        if (!read_digits(&text, &factor[i]))
            return false;
        text = skip_blanks(text);
        if (i < 2 && *text++ != 'x')
            return false;
    }
    return *text == '\0';
}

/* One element of a list, `4` or `0-2`, into the set; moves *text behind it. */
static bool read_range(const char **text, uint32_t limit, struct pcpu_set *set, uint64_t *bad)
{
    uint64_t first, last;

    if (!read_digits(text, &first))
        return false;
    last = first;
    if (**text == '-') {
        (*text)++;
        if (!read_digits(text, &last) || last < first)
            return false;
    }
    if (last >= limit) {
        *bad = first >= limit ? first : last;
        return false;
    }
    for (; first <= last; first++)
        pcpu_set_add(set, (uint32_t)first);
    return true;
}

bool value_list(const char *text, const char **end, uint32_t limit, struct pcpu_set *set, uint64_t *bad)
{
    *set = (struct pcpu_set){{0}};
    *bad = UINT64_MAX;
    for (;;) {
        text = skip_blanks(text);
        if (!read_range(&text, limit, set, bad))
            return false;
        text = skip_blanks(text);
        if (*text != ',')
            break;
        text++;
    }
    *end = text;
    return *text == '\0' || *text == ';';
}

static void show_in_units(char *buf, size_t size, uint64_t value, const struct unit *units)
{
    while (value % units->factor)
        units++;
    format(buf, size, "%llu%s", (unsigned long long)(value / units->factor), units->name);
}

void show_number(char *buf, size_t size, uint64_t number)
{
    format(buf, size, "%llu", (unsigned long long)number);
}

void show_time(char *buf, size_t size, uint64_t ns)
{
    show_in_units(buf, size, ns, time_units);
}

void show_size(char *buf, size_t size, uint64_t bytes)
{
    show_in_units(buf, size, bytes, size_units);
}

const struct value_kind value_kind_number = {"a whole number", value_number, show_number};
const struct value_kind value_kind_time = {"a time (ns us ms s)", value_time, show_time};
const struct value_kind value_kind_size = {"a size (K M G)", value_size, show_size};
