/* SPDX-License-Identifier: MIT */
/* Texts of scenarios for the tests of hyp/config*.c. */
#ifndef TESTS_UNIT_CONFIG_HELP_H
#define TESTS_UNIT_CONFIG_HELP_H

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include "hyp/config.h"

#define MS 1000000ull
#define S  1000000000ull

static struct scenario scenario;
static char error[512];

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    abort();
}

static inline bool parse(const char *text, const char *overrides)
{
    error[0] = '\0';
    return config_parse(&scenario, text, strlen(text), "test.conf", overrides, error, sizeof(error));
}

static inline void assert_parses(const char *text, const char *overrides)
{
    if (!parse(text, overrides))
        fail_msg("refused: %s", error);
}

static inline void assert_refused(const char *text, const char *overrides, const char *message)
{
    if (parse(text, overrides))
        fail_msg("accepted, where '%s' was expected:\n%s", message, text);
    if (!strstr(error, message))
        fail_msg("expected '%s', got '%s'", message, error);
}

/* A text with a valid VM at its end. */
static inline const char *with_vm(const char *top)
{
    static char text[4096];

    snprintf(text, sizeof(text), "%s\n[vm a]\nguest = hog\n", top);
    return text;
}

/* The value of the top's parameter, or of a VM's, under that scheduler. */
static inline uint64_t top_value(const char *sched, const char *name)
{
    const struct sched_ops *ops = sched_find(sched);

    return scenario.sched_param[sched_index(ops)][sched_param_find(ops, name, false)->slot];
}

static inline uint64_t vm_value(uint32_t vm, const char *sched, const char *name)
{
    const struct sched_ops *ops = sched_find(sched);

    return scenario.vm[vm].sched_param[sched_index(ops)][sched_param_find(ops, name, true)->slot];
}

/* Where a VCPU may run, of the first 64. */
static inline uint64_t allowed(uint32_t vm, uint32_t vcpu)
{
    return scenario_affinity(&scenario.vm[vm], vcpu)->word[0];
}

#endif
