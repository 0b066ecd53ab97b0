/* SPDX-License-Identifier: MIT */
/*
 * Proof by tests: random machines on which the schedulers must keep what they promise. A seed makes the same world
 * every time; the first that breaks a rule ends the program with the last steps and the line that shows them again.
 */
#include "tests/property/chaos.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEED_BOUND 60 /* s: what a seed may take */

static struct {
    uint64_t first, last;
    uint32_t jobs;
    const struct sched_ops *only;
    const char *proof;
} options = {.first = 0, .last = 199, .jobs = 1};

static void usage(const char *problem, const char *found)
{
    fprintf(stderr, "%s: '%s'\n", problem, found);
    fprintf(stderr,
            "usage: property [--seeds FIRST-LAST] [--sched NAME] [--proof NAME] [--jobs N]\n  schedulers:");
    for (uint32_t i = 0; sched_all[i]; i++)
        fprintf(stderr, " %s", sched_all[i]->name);
    fprintf(stderr, "\n  proofs:");
    for (const struct proof *proof = proofs; proof->name; proof++)
        fprintf(stderr, " %s", proof->name);
    fprintf(stderr, "\n");
    exit(2);
}

static void read_seeds(const char *text)
{
    char *end;

    options.first = options.last = strtoull(text, &end, 10);
    if (*end == '-')
        options.last = strtoull(end + 1, &end, 10);
    if (*end || options.last < options.first)
        usage("a seed or FIRST-LAST is wanted", text);
}

static void read_scheduler(const char *name)
{
    options.only = sched_find(name);
    if (!options.only)
        usage("there is no such scheduler", name);
}

static void read_proof(const char *name)
{
    options.proof = name;
    for (const struct proof *proof = proofs; proof->name; proof++)
        if (strcmp(proof->name, name) == 0)
            return;
    usage("there is no such proof", name);
}

static void read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"seeds", required_argument, NULL, 's'},
        {"sched", required_argument, NULL, 'n'},
        {"proof", required_argument, NULL, 'p'},
        {"jobs", required_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 's')
            read_seeds(optarg);
        else if (option == 'n')
            read_scheduler(optarg);
        else if (option == 'p')
            read_proof(optarg);
        else if (option == 'j')
            options.jobs = (uint32_t)strtoul(optarg, NULL, 10);
        else
            usage("there is no such option", argv[optind - 1]);
    }
    if (optind < argc)
        usage("what is this?", argv[optind]);
    if (options.jobs == 0)
        usage("--jobs is 1 or more, not", "0");
}

static bool wanted(const struct proof *proof)
{
    return (!options.proof || strcmp(options.proof, proof->name) == 0) &&
           (!proof->sched || !options.only || strcmp(proof->sched, options.only->name) == 0);
}

/* What a process has of its own, and leaves to the first one if a sanitizer ends it. */
struct job {
    struct world world;
    struct report report;
    uint64_t passed;
    pid_t process;
};

static void run_seed(struct job *job, const char *program, uint64_t seed)
{
    for (const struct proof *proof = proofs; proof->name; proof++) {
        if (!wanted(proof))
            continue;
        snprintf(job->report.replay, sizeof(job->report.replay), "%s --proof %s%s%s", program, proof->name,
                 options.only ? " --sched " : "", options.only ? options.only->name : "");
        alarm(SEED_BOUND);
        proof->run(&job->world, options.only, seed);
    }
}

/* Every `jobs`th seed. */
static void run_share(struct job *job, const char *program, uint32_t number)
{
    report_begin(&job->report);
    for (uint64_t seed = options.first + number; seed <= options.last; seed += options.jobs) {
        run_seed(job, program, seed);
        job->passed++;
    }
    exit(0);
}

static struct job *new_jobs(void)
{
    void *memory = mmap(NULL, options.jobs * sizeof(struct job), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return memory;
}

/* True: it ended well. */
static bool wait_for(const struct job *job)
{
    int status;

    waitpid(job->process, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != REPORTED) {
        printf("FAILED: the process of the seeds ended with status 0x%x\n", (unsigned)status);
        report_print(&job->report);
    }
    return false;
}

int main(int argc, char **argv)
{
    uint64_t passed = 0;
    uint32_t failed = 0;
    struct job *jobs;

    read_options(argc, argv);
    jobs = new_jobs();
    for (uint32_t i = 0; i < options.jobs; i++) {
        pid_t process = fork();

        if (process == 0)
            run_share(&jobs[i], argv[0], i);
        jobs[i].process = process; /* which is shared memory: the child must not write its 0 there */
    }
    for (uint32_t i = 0; i < options.jobs; i++) {
        failed += !wait_for(&jobs[i]);
        passed += jobs[i].passed;
    }
    printf("property: %" PRIu64 " passed, %u failed\n", passed, failed);
    return failed > 0;
}
