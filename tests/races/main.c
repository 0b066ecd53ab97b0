/* SPDX-License-Identifier: MIT */
/*
 * races --seed N --plays N [--sched NAME] [--nonce TEXT]: plays so many short games, each with another scheduler,
 * placement, number of pCPUs and pace, until something is found; and prints that, or that there was nothing: with
 * --nonce as JSON, for programs. With --sched it is always that scheduler, but for changes to another one and back.
 * Exit code 0: nothing, 1: something, 2: it could not play.
 */
#include "tests/races/races.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sched/sched.h"

static uint64_t seed = 1, plays = 100;
static const char *nonce, *only;
static uint64_t number; /* of the play that goes on, from 0 */

static void refuse(const char *word)
{
    fprintf(stderr, "races: found '%s', expected --seed N, --plays N, --sched NAME or --nonce TEXT\n", word);
    exit(2);
}

static void take(const char *name, const char *value)
{
    if (strcmp(name, "--seed") == 0)
        seed = strtoull(value, NULL, 10);
    else if (strcmp(name, "--plays") == 0)
        plays = strtoull(value, NULL, 10);
    else if (strcmp(name, "--nonce") == 0)
        nonce = value;
    else if (strcmp(name, "--sched") == 0 && sched_find(value))
        only = value;
    else
        refuse(name);
}

static struct world_kind kind_of_play(void)
{
    static const char *const scheds[] = {"rr", "fair", "credit", "rr", "sedf"};
    static const char *const placements[] = {"count", "util", "balance"};
    static const uint32_t means[] = {3, 12, 50, 200};
    uint64_t dice = (seed << 20) + number + 1;

    for (int i = 0; i < 8; i++)
        draw_number(&dice); /* neighbours begin alike */
    return (struct world_kind){.sched = only ? only : scheds[number % 5],
                               .changes = only && number % 2,
                               .placement = placements[number % 3],
                               .pcpus = number % 2 ? 4 : 2,
                               .mean = means[number % 4],
                               .seed = draw_number(&dice)};
}

static void print_for_programs(const struct world_kind *kind)
{
    printf("{\"nonce\": \"%s\", \"played\": %llu, \"kind\": \"%s\", \"text\": \"%s\", \"places\": [", nonce,
           (unsigned long long)number + 1, finding.kind, finding.text);
    for (uint32_t i = 0; i < finding.places; i++)
        printf("%s%llu", i ? ", " : "", (unsigned long long)finding.place[i]);
    printf("], \"sched\": \"%s\", \"placement\": \"%s\", \"pcpus\": %u}\n", kind->sched, kind->placement,
           kind->pcpus);
}

static void print_for_people(const struct world_kind *kind)
{
    printf("play %llu of %llu, %u pCPUs under %s, placement %s: %s\n", (unsigned long long)number + 1,
           (unsigned long long)plays, kind->pcpus, kind->sched, kind->placement, finding.text);
    for (uint32_t i = 0; i < finding.places; i++)
        printf("%s%u: addr2line -fe build/races/races %#llx\n",
               strcmp(finding.kind, "endless") == 0 ? "pCPU " : "@", i, (unsigned long long)finding.place[i]);
    printf("To see it happen: `gdb --args build/races/races` with the same words, then: break found, run, "
           "backtrace\n");
}

static void print_finding(void)
{
    struct world_kind kind = kind_of_play();

    if (nonce)
        print_for_programs(&kind);
    else
        print_for_people(&kind);
}

/* A pointer led astray. It is on a stack of its own, and nothing comes after it. */
static void on_crash(int signal)
{
    (void)signal;
    finding = (struct finding){.kind = "wrong", .places = 1, .place = {last_place()}};
    strcpy(finding.text, "the code in @0 touches memory that is not there");
    print_finding();
    fflush(stdout);
    _exit(1);
}

static void catch_crashes(void)
{
    static char stack[65536];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
    const struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};

    sigaltstack(&own, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2)
        take(argv[i], i + 1 < argc ? argv[i + 1] : "");
    catch_crashes();
    for (number = 0; number < plays; number++) {
        struct world_kind kind = kind_of_play();

        world_play(&kind);
        if (finding.kind) {
            print_finding();
            return 1;
        }
    }
    if (nonce)
        printf("{\"nonce\": \"%s\", \"played\": %llu, \"kind\": null}\n", nonce, (unsigned long long)plays);
    else
        printf("%llu plays, and nothing was found\n", (unsigned long long)plays);
    return 0;
}
