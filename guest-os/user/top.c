/* SPDX-License-Identifier: MIT */
/*
 * top: which tasks used the CPUs, interval after interval, the busiest first. One that is aware of steal leaves out
 * what was stolen; one that is not has no word for it, and takes it for time of the task that was the one to run.
 */
#include "guest-os/user/percent.h"
#include "guest-os/user/programs.h"
#include "guest-os/user/watcher.h"
#include "lib/bitops.h"

#define TASKS_MOST       32
#define WHOLE            1000     /* in tenths of a percent */
#define NS_PER_HUNDREDTH 10000000 /* of a second */

struct usage {
    uint64_t used, spent; /* ns: until the last look, and of that since the look before */
    uint64_t state;       /* enum task_state */
    char name[TASK_NAME];
};

struct top {
    uint64_t cpus; /* as bits */
    bool aware;
    struct line line;
    uint64_t looked, passed;                 /* ticks: at the last look, and since the look before */
    uint64_t seen[CPUS_MOST][ACCOUNT_KINDS]; /* see look_at_cpu() */
    uint64_t spent[ACCOUNT_KINDS];           /* by all CPUs together */
    uint32_t tasks;
    struct usage usage[TASKS_MOST];
};

/* ---- Looking ---- */

static void look_at_cpus(struct top *top)
{
    uint64_t spent[ACCOUNT_KINDS];
    unsigned cpu;

    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
        top->spent[kind] = 0;
    for_each_bit (cpu, top->cpus) {
        look_at_cpu(cpu, top->aware, top->seen[cpu], spent);
        for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
            top->spent[kind] += spent[kind];
    }
}

static void look_at_tasks(struct top *top)
{
    struct task_times times;

    for (top->tasks = 0; call(CALL_TASK_TIMES, top->tasks, (uint64_t)&times) == 0; top->tasks++) {
        struct usage *usage = &top->usage[top->tasks];
        uint64_t used = times.ran_ns + (top->aware ? 0 : times.stolen_ns);

        usage->spent = used - usage->used;
        usage->used = used;
        usage->state = times.state;
        for (uint32_t i = 0; i < TASK_NAME; i++)
            usage->name[i] = times.name[i];
    }
}

static void look(struct top *top)
{
    uint64_t time = now();

    top->passed = time - top->looked;
    top->looked = time;
    look_at_cpus(top);
    look_at_tasks(top);
}

/* ---- Saying ---- */

static void say_machine(const struct top *top, struct line *line)
{
    unsigned cpus = bit_count(top->cpus);

    line_say(line);
    line_text(line, "top - up ", 0);
    line_time(line, top->looked);
    line_text(line, " s, ", 0);
    line_number(line, cpus, 0, 0);
    line_text(line, cpus == 1 ? " CPU, " : " CPUs, ", 0);
    line_text(line, top->aware ? "aware of steal" : "blind to steal", 0);
    line_say(line);
}

static void say_states(const struct top *top, struct line *line)
{
    uint32_t sleeping = 0, ended = 0;

    for (uint32_t task = 0; task < top->tasks; task++) {
        sleeping += top->usage[task].state == TASK_SLEEPING;
        ended += top->usage[task].state == TASK_ENDED;
    }
    line_text(line, "Tasks:", 0);
    line_number(line, top->tasks, 0, 4);
    line_text(line, " total,", 0);
    line_number(line, top->tasks - sleeping - ended, 0, 4);
    line_text(line, " running,", 0);
    line_number(line, sleeping, 0, 4);
    line_text(line, " sleeping,", 0);
    line_number(line, ended, 0, 4);
    line_text(line, " ended", 0);
    line_say(line);
}

static void say_cpus(const struct top *top, struct line *line)
{
    uint64_t parts[ACCOUNT_KINDS];

    if (!percents(top->spent, WHOLE, parts))
        return;
    line_text(line, "%Cpu(s):", 0);
    line_number(line, parts[ACCOUNT_USER], 1, 6);
    line_text(line, " us,", 0);
    line_number(line, parts[ACCOUNT_SYSTEM], 1, 6);
    line_text(line, " sy,", 0);
    line_number(line, parts[ACCOUNT_IDLE], 1, 6);
    line_text(line, " id", 0);
    if (top->aware) {
        line_text(line, ",", 0);
        line_number(line, parts[ACCOUNT_STEAL], 1, 6);
        line_text(line, " st", 0);
    }
    line_say(line);
}

/* Minutes, seconds and hundredths. */
static void line_used(struct line *line, uint64_t ns, uint32_t width)
{
    uint64_t hundredths = ns / NS_PER_HUNDREDTH;

    line_number(line, hundredths / 6000, 0, width - 6);
    line_text(line, ":", 0);
    line_number(line, hundredths % 6000 / 1000, 0, 0);
    line_number(line, hundredths % 1000, 2, 0);
}

static void say_task(const struct top *top, struct line *line, uint32_t task)
{
    static const char letters[][2] = {[TASK_READY] = "R", [TASK_RUNNING] = "R", [TASK_SLEEPING] = "S"};
    const struct usage *usage = &top->usage[task];

    line_number(line, task, 0, 5);
    line_text(line, letters[usage->state], 2);
    line_number(line, rounded(usage->spent, WHOLE, top->passed * NS_PER_TICK), 1, 7);
    line_used(line, usage->used, 10);
    line_text(line, " ", 0);
    line_text(line, usage->name, 0);
    line_say(line);
}

/* The busiest one that has not ended, of those that are not `said` yet; or the number of tasks: there is none. */
static uint32_t busiest(const struct top *top, uint64_t said)
{
    uint32_t best = top->tasks;

    for (uint32_t task = 0; task < top->tasks; task++)
        if (!bit_test(said, task) && top->usage[task].state != TASK_ENDED &&
            (best == top->tasks || top->usage[task].spent > top->usage[best].spent))
            best = task;
    return best;
}

static void say(struct top *top)
{
    uint64_t said = 0;
    uint32_t task;

    say_machine(top, &top->line);
    say_states(top, &top->line);
    say_cpus(top, &top->line);
    line_text(&top->line, "  PID S   %CPU     TIME+ COMMAND", 0);
    line_say(&top->line);
    while ((task = busiest(top, said)) != top->tasks) {
        say_task(top, &top->line, task);
        said |= BIT(task);
    }
}

void top(uint64_t period, uint64_t cpus, uint64_t aware)
{
    struct top self;

    self.cpus = cpus;
    self.aware = aware;
    self.line.length = 0;
    for (uint32_t cpu = 0; cpu < CPUS_MOST; cpu++)
        for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
            self.seen[cpu][kind] = 0;
    for (uint32_t task = 0; task < TASKS_MOST; task++)
        self.usage[task].used = 0;
    self.looked = 0;
    look(&self);
    while (sleep_to_next(period)) {
        look(&self);
        say(&self);
    }
    exit(0);
}
