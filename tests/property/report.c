/* SPDX-License-Identifier: MIT */
/* What a failure says: the rule broken, the last steps, where everybody is, and the line to type. */
#include "tests/property/world.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LAST_STEPS 24

static struct {
    uint64_t now;
    const char *format;
    uint32_t a, b, c;
} steps[LAST_STEPS];

static uint64_t noted;
static const char *replay;
static struct world *subject; /* the world of the last step */

void note(struct world *w, const char *format, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t i = noted++ % LAST_STEPS;

    subject = w;
    steps[i].now = w->now;
    steps[i].format = format;
    steps[i].a = a;
    steps[i].b = b;
    steps[i].c = c;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void print_steps(void)
{
    uint64_t first = noted > LAST_STEPS ? noted - LAST_STEPS : 0;

    for (uint64_t n = first; n < noted; n++) {
        uint32_t i = n % LAST_STEPS;

        printf("  %14" PRIu64 " ns  ", steps[i].now);
        printf(steps[i].format, steps[i].a, steps[i].b, steps[i].c);
        printf("\n");
    }
}
#pragma GCC diagnostic pop

static void print_actor(const struct world *w, const struct actor *actor)
{
    static const char *const states[] = {"runs", "waits", "parked", "blocked", "out"};
    char text[160] = "";

    if (w->sched.ops->dump && actor->vcpu.state != SCHED_OUT)
        w->sched.ops->dump(&w->sched, &actor->vcpu, text, sizeof(text));
    printf("  VCPU %u: VM %u, pCPU %u of 0x%" PRIx64 ", %s since %" PRIu64 ", ran %" PRIu64 "; %s\n",
           (uint32_t)(actor - w->actors), actor->vcpu.vm->id, actor->vcpu.pcpu, actor->vcpu.affinity.word[0],
           states[actor->state], actor->since, actor->vcpu.ran, text);
}

static void print_subject(void)
{
    const struct world *w = subject;

    if (!w)
        return;
    printf("The last steps of seed %" PRIu64 ":\n", w->seed);
    print_steps();
    printf("At %" PRIu64 " ns, under %s on %u pCPUs:\n", w->now, w->sched.ops->name, w->sched.pcpus);
    for (uint32_t i = 0; i < w->vcpus; i++)
        print_actor(w, &w->actors[i]);
    printf("Again: %s --seeds %" PRIu64 "\n", replay, w->seed);
    fflush(stdout);
}

void fail(struct world *w, const char *format, ...)
{
    va_list arguments;

    subject = w;
    va_start(arguments, format);
    printf("FAILED under %s: ", w->sched.ops->name);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    print_subject();
    exit(1);
}

/* Both sanitizers call it before they end the program. */
extern void __sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

static void on_alarm(int signal)
{
    (void)signal;
    printf("FAILED: a seed takes longer than a minute\n");
    print_subject();
    _exit(1);
}

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    printf("FAILED: a lock is waited for that nobody will release\n");
    print_subject();
    _exit(1);
}

void report_begin(const char *line)
{
    replay = line;
    signal(SIGALRM, on_alarm);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(print_subject);
}
