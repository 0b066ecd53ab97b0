/* SPDX-License-Identifier: MIT */
/*
 * A scenario: which VMs, which scheduler, for how long. Read from the text of
 * a scenario file (DESIGN section 9) and from the overrides that came with it.
 *
 * This part knows no hardware: what only the machine can tell (is that guest
 * image there, is there that much RAM) is checked by whoever starts the VMs,
 * who says so with the lines kept here.
 */
#ifndef HYP_CONFIG_H
#define HYP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stint/shared.h>
#include "sched/sched.h"

#define SCENARIO_MAX_EVENTS     STINT_MAX_COMMANDS
#define SCENARIO_MAX_TURNS      16                    /* schedulers that one event names */
#define SCENARIO_MAX_AFFINITIES (1 + STINT_MAX_VCPUS) /* one a VCPU, and the one of all who say none */
#define SCENARIO_NO_VM          UINT32_MAX

enum scenario_clock { SCENARIO_CLOCK_REAL, SCENARIO_CLOCK_VIRTUAL, SCENARIO_CLOCK_CATCHUP };

enum scenario_command {
    SCENARIO_PAUSE,
    SCENARIO_RESUME,
    SCENARIO_STOP,
    SCENARIO_RESET,
    SCENARIO_SCHED,    /* another scheduler */
    SCENARIO_SCHED_SET /* another value for a parameter of the scheduler */
};

struct scenario_vm {
    char name[32];
    char guest[64];  /* image: entry guest/NAME of the initrd */
    char args[512];  /* the guest's bootargs; "" */
    char initrd[64]; /* entry initrd/NAME of the initrd; "": none */
    uint32_t vcpus;
    uint64_t memory; /* bytes, a multiple of 4096 */
    /* In the scenario's own table: a list a VCPU, or one for all of them (scenario_affinity). */
    const struct pcpu_set *affinity;
    uint32_t affinity_lists; /* as many as were given; 0: none, so that all pCPUs are allowed */
    enum scenario_clock clock;
    uint64_t rate;     /* how many times as fast a catchup clock goes while it is behind */
    uint64_t start_ns; /* after the start of the run */
    /* The parameters of every scheduler, by its index in sched_all[] and by slot, and where each was said. */
    uint64_t sched_param[SCHED_KINDS][SCHED_PARAMS];
    uint32_t sched_param_line[SCHED_KINDS][SCHED_PARAMS];
    /* Where it was said; 0: it was not. `line` is the section's. */
    uint32_t line, guest_line, args_line, initrd_line, vcpus_line, memory_line, affinity_line, start_line;
};

/* What the operator would do at that time. */
struct scenario_event {
    uint64_t time_ns;  /* after the start of the run */
    uint64_t every_ns; /* and again whenever so much more has passed; 0: once */
    enum scenario_command command;
    uint32_t vm; /* index, or SCENARIO_NO_VM */
    uint32_t line;
    char text[64]; /* the command as it was written */
    const struct sched_ops
        *sched[SCENARIO_MAX_TURNS];      /* of SCHED: one after the other, and from the first one again */
    uint32_t scheds;                     /* how many */
    const struct sched_parameter *param; /* of SCHED_SET: what to set, */
    uint64_t value;                      /* and to what; in its range */
};

struct scenario {
    char file[64]; /* the name for messages */
    uint32_t pcpus;
    const struct sched_ops *sched;
    uint64_t time_ns; /* the run ends after this; 0: when all VMs have stopped */
    uint64_t seed;
    uint64_t beat_ns;
    struct sched_topology topology; /* each pCPU a socket of its own, where nothing was said */
    bool pcpus_given;
    uint32_t topology_line;
    uint64_t sched_param[SCHED_KINDS][SCHED_PARAMS]; /* the parameters of the top, as those of a VM */
    uint32_t trace_slots; /* events a pCPU's ring holds, a power of two; 0: trace off */
    bool ignore_htinst;   /* MMIO is decoded from the guest's memory, as where htinst tells nothing */
    bool console_mux;     /* the console's input goes to one guest at a time */
    uint32_t events;
    struct scenario_event event[SCENARIO_MAX_EVENTS]; /* in order of time; equal times in order of line */
    uint32_t affinities;
    uint32_t vms;
    struct pcpu_set affinity[SCENARIO_MAX_AFFINITIES]; /* the first: all pCPUs; then each VM's, together */
    struct scenario_vm vm[STINT_MAX_VMS];
};

/* Where a VCPU may run; never nowhere. */
static inline const struct pcpu_set *scenario_affinity(const struct scenario_vm *vm, uint32_t vcpu)
{
    return &vm->affinity[vm->affinity_lists > 1 ? vcpu : 0];
}

/*
 * Reads `text` (`len` bytes, which need not end in NUL) and then `overrides`:
 * words `key=value` with the keys of the top of a file, and `scenario` (the
 * file's name for messages, instead of `filename`), `trace` (slots or `off`),
 * `console` (`mux`), `htinst` (`ignore`). An override beats the file. A parameter may be that of any
 * scheduler, not only of the chosen one, so that one scenario serves to compare them.
 *
 * False: `error` says `FILE:LINE: what was found, what would be right` (or
 * `command line: ...`), and the struct holds nothing of use. The struct is too
 * big for a stack, and must stay where it is: it points into itself.
 */
bool config_parse(struct scenario *, const char *text, size_t len, const char *filename,
                  const char *overrides, char *error, size_t error_size);

#endif
