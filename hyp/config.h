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

#define SCENARIO_MAX_EVENTS 64

enum scenario_clock { SCENARIO_CLOCK_REAL };

enum scenario_command { SCENARIO_PAUSE, SCENARIO_RESUME, SCENARIO_STOP, SCENARIO_RESET };

struct scenario_vm {
    char name[32];
    char guest[64];  /* image: entry guest/NAME of the initrd */
    char args[512];  /* the guest's bootargs; "" */
    char initrd[64]; /* entry initrd/NAME of the initrd; "": none */
    uint32_t vcpus;
    uint64_t memory;                       /* bytes, a multiple of 4096 */
    uint64_t affinity[STINT_MAX_VM_VCPUS]; /* a VCPU each: bit n allows pCPU n; never 0 */
    enum scenario_clock clock;
    uint64_t start_ns;            /* after the start of the run */
    uint64_t param[SCHED_PARAMS]; /* the scheduler's parameters of a VCPU, by slot */
    uint32_t affinity_lists;      /* as many as were given; one stands for all VCPUs */
    /* Where it was said; 0: it was not. `line` is the section's. */
    uint32_t line, guest_line, initrd_line, vcpus_line, memory_line, affinity_line, start_line;
};

/* What the operator would do at that time. */
struct scenario_event {
    uint64_t time_ns; /* after the start of the run */
    enum scenario_command command;
    uint32_t vm; /* index */
    uint32_t line;
};

struct scenario_topology {
    uint32_t sockets, cores, threads; /* cores a socket, threads a core; their product is pcpus */
};

struct scenario {
    char file[64]; /* the name for messages */
    uint32_t pcpus;
    const struct sched_ops *sched;
    uint64_t time_ns; /* the run ends after this; 0: when all VMs have stopped */
    uint64_t seed;
    uint64_t beat_ns;
    struct scenario_topology topology;
    uint32_t topology_line;
    uint64_t sched_param[SCHED_PARAMS]; /* the scheduler's parameters, by slot */
    uint32_t trace_slots;               /* events a pCPU's ring holds, a power of two; 0: trace off */
    bool ignore_htinst; /* MMIO is decoded from the guest's memory, as where htinst tells nothing */
    bool console_mux;   /* the console's input goes to one guest at a time */
    uint32_t vms;
    struct scenario_vm vm[STINT_MAX_VMS];
    uint32_t events;
    struct scenario_event event[SCENARIO_MAX_EVENTS]; /* in order of time; equal times in order of line */
};

/*
 * Reads `text` (`len` bytes, which need not end in NUL) and then `overrides`:
 * words `key=value` with the keys of the top of a file, and `scenario` (the
 * file's name for messages, instead of `filename`), `trace` (slots or `off`),
 * `console` (`mux`), `htinst` (`ignore`). An override beats the file. A parameter in the file that
 * only another scheduler than the chosen one has is checked and left alone, so
 * that one scenario serves to compare them.
 *
 * False: `error` says `FILE:LINE: what was found, what would be right` (or
 * `command line: ...`), and the struct holds nothing of use. The struct is too
 * big for a stack.
 */
bool config_parse(struct scenario *, const char *text, size_t len, const char *filename,
                  const char *overrides, char *error, size_t error_size);

#endif
