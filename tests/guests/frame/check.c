/* SPDX-License-Identifier: MIT */
/*
 * Checks of a test image, counted in its report.
 */
#include "lib/printf.h"
#include "tests/guests/frame/frame.h"

static uint64_t *checks, *failed;

static void note(const char *name, const char *what, uint64_t value)
{
    char place[40];

    format(place, sizeof(place), "wrong.%s.%s", name, what);
    *report_signed(place) = (int64_t)value;
}

static void count(const char *name, bool good, uint64_t got, uint64_t expected)
{
    if (!checks) {
        checks = report_number("checks");
        failed = report_number("failed");
    }
    ++*checks;
    if (good)
        return;
    ++*failed;
    note(name, "got", got);
    note(name, "expected", expected);
    say("%s: got 0x%lx, expected 0x%lx\n", name, got, expected);
}

void check(const char *name, uint64_t got, uint64_t expected)
{
    count(name, got == expected, got, expected);
}

void check_range(const char *name, uint64_t got, uint64_t least, uint64_t most)
{
    count(name, got >= least && got <= most, got, got < least ? least : most);
}
