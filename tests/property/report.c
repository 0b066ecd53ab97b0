/* SPDX-License-Identifier: MIT */
/* What a failure says: the rule broken, the last steps, where everybody is, and the line to type. */
#include "tests/property/world.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct report *report;

void note(struct world *w, const char *format, uint32_t a, uint32_t b, uint32_t c)
{
    struct step *step = &report->steps[report->noted++ % LAST_STEPS];

    report->subject = w;
    *step = (struct step){.now = w->now, .format = format, .a = a, .b = b, .c = c};
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void print_steps(const struct report *of)
{
    uint64_t first = of->noted > LAST_STEPS ? of->noted - LAST_STEPS : 0;

    for (uint64_t n = first; n < of->noted; n++) {
        const struct step *step = &of->steps[n % LAST_STEPS];

        printf("  %14" PRIu64 " ns  ", step->now);
        printf(step->format, step->a, step->b, step->c);
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

void report_print(const struct report *of)
{
    const struct world *w = of->subject;

    if (!w)
        return;
    printf("The last steps of seed %" PRIu64 ":\n", w->seed);
    print_steps(of);
    printf("At %" PRIu64 " ns, under %s on %u pCPUs:\n", w->now, w->sched.ops->name, w->sched.pcpus);
    for (uint32_t i = 0; i < w->vcpus; i++)
        print_actor(w, &w->actors[i]);
    printf("Again: %s --seeds %" PRIu64 "\n", of->replay, w->seed);
    fflush(stdout);
}

void fail(struct world *w, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    printf("FAILED under %s: ", w->sched.ops->name);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    report_print(report);
    exit(REPORTED);
}

static void on_alarm(int signal)
{
    (void)signal;
    printf("FAILED: a seed takes longer than a minute\n");
    report_print(report);
    _exit(REPORTED);
}

void spin_stuck(struct spinlock *lock)
{
    (void)lock;
    printf("FAILED: a lock is waited for that nobody will release\n");
    report_print(report);
    _exit(REPORTED);
}

void report_begin(struct report *into)
{
    report = into;
    signal(SIGALRM, on_alarm);
}
