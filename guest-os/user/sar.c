/* SPDX-License-Identifier: MIT */
/*
 * sar, the system activity reporter: where the time of the CPUs went, interval after interval, and at the end on
 * average since the guest began.
 */
#include "guest-os/user/percent.h"
#include "guest-os/user/programs.h"
#include "guest-os/user/watcher.h"
#include "lib/bitops.h"

#define LINES_PER_HEADER 20
#define ALL              CPUS_MOST /* in place of a CPU's number: all of them together */
#define WHOLE            10000     /* in hundredths of a percent */
#define AVERAGE          0         /* in place of a time */

struct sar {
    uint64_t cpus;      /* as bits */
    uint32_t intervals; /* said so far */
    struct line line;
    uint64_t seen[CPUS_MOST][ACCOUNT_KINDS], spent[CPUS_MOST + 1][ACCOUNT_KINDS];
};

static void look(struct sar *sar)
{
    uint64_t *all = sar->spent[ALL];
    unsigned cpu;

    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
        all[kind] = 0;
    for_each_bit (cpu, sar->cpus) {
        look_at_cpu(cpu, true, sar->seen[cpu], sar->spent[cpu]);
        for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
            all[kind] += sar->spent[cpu][kind];
    }
}

/* The next look is at all the time since the guest began. */
static void forget(struct sar *sar)
{
    for (uint32_t cpu = 0; cpu < CPUS_MOST; cpu++)
        for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
            sar->seen[cpu][kind] = 0;
}

static void say_header(struct line *line)
{
    line_say(line);
    line_text(line, "time        CPU", 0);
    line_text(line, "%user", 10);
    line_text(line, "%system", 10);
    line_text(line, "%steal", 10);
    line_text(line, "%idle", 10);
    line_say(line);
}

/* Of a CPU that was off there is nothing to say. */
static void say_cpu(struct sar *sar, uint64_t time, uint32_t cpu)
{
    struct line *line = &sar->line;
    uint64_t parts[ACCOUNT_KINDS];

    if (!percents(sar->spent[cpu], WHOLE, parts))
        return;
    if (time == AVERAGE)
        line_text(line, "Average:", 0);
    else
        line_time(line, time);
    line_pad(line, line->length, 11);
    if (cpu == ALL)
        line_text(line, "all", 4);
    else
        line_number(line, cpu, 0, 4);
    for (uint32_t kind = 0; kind < ACCOUNT_KINDS; kind++)
        line_number(line, parts[kind], 2, 10);
    line_say(line);
}

static void say(struct sar *sar, uint64_t time)
{
    bool several = sar->cpus & (sar->cpus - 1);
    unsigned cpu;

    if (several || time == AVERAGE || sar->intervals % LINES_PER_HEADER == 0)
        say_header(&sar->line);
    sar->intervals++;
    say_cpu(sar, time, ALL);
    if (!several)
        return;
    for_each_bit (cpu, sar->cpus)
        say_cpu(sar, time, cpu);
}

void sar(uint64_t period, uint64_t cpus)
{
    struct sar self;

    self.cpus = cpus;
    self.intervals = self.line.length = 0;
    forget(&self);
    look(&self);
    while (sleep_to_next(period)) {
        look(&self);
        say(&self, now());
    }
    forget(&self);
    look(&self);
    say(&self, AVERAGE);
    exit(0);
}
