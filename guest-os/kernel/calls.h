/* SPDX-License-Identifier: MIT */
/*
 * What the kernel and the programs of its tasks agree on: the system calls, and the page that tasks may
 * share. By ecall: a7 is the number, a0 to a3 the arguments; a0 is the result, all else survives.
 */
#ifndef GUEST_CALLS_H
#define GUEST_CALLS_H

#include <stdint.h>

#define NS_PER_TICK 100 /* of rdtime: 10 MHz; the kernel refuses another clock */

#define USER_SHARED 0x40100000UL /* its address in every task that has it; zero at first */
#define USER_STEAL \
    0x40101000UL /* the steal-time records (include/stint/sta.h) by CPU, to read, in every task */

enum call {
    CALL_EXIT,     /* (status): does not return */
    CALL_YIELD,    /* (): lets another task run, if one waits */
    CALL_SLEEP,    /* (ticks): until the guest time */
    CALL_WRITE,    /* (text, length): at most CALL_WRITE_MOST characters to the console */
    CALL_REPORT,   /* (values, count): new values for the first `count` numbers of the task in the report */
    CALL_PROGRESS, /* (done, percent): done so much of a known amount of work */
    CALL_NEXT_JOB, /* (): this job is done; returns 1 when the next one is released, 0 if it was the last */
    CALL_LOCKED,   /* (spins, ticks): a lock was had only after so many attempts and so long; for the trace */
    CALL_OFFER,    /* (): the whole machine can do without this CPU for now, if somebody else wants it */
    CALL_HALT, /* (set): waits for an interrupt, unless this CPU is not, or no longer, in the set of 64 bits there */
    CALL_KICK,      /* (set): interrupts these CPUs, and so ends their CALL_HALT */
    CALL_BALLOON,   /* (): looks how many CPUs are of use (balloon.h); returns whether another task goes on */
    CALL_WALL_TIME, /* (): host time in ns since the run began; where nobody tells, guest time */
    CALL_CORRECT,   /* (): corrects the wall clock (wall.h); returns whether another task goes on */
    CALL_CPU_TIMES, /* (cpu, times): how that CPU has spent its time, into a struct cpu_times of the task's */
    CALL_TASK_TIMES, /* (number, times): what that task has used, into a struct task_times of the task's */
    CALL_NEEDED,     /* (): returns whether another task goes on */
    CALLS
};

#define CALL_WRITE_MOST  128
#define CALL_REPORT_MOST 8

/* Results: 0, unless said otherwise above, or one of these. "Another task" is one that is no helper (task.h): a helper
 * ends when there is none. */
#define CALL_UNKNOWN   -1 /* no call has that number */
#define CALL_BAD       -2 /* an argument is out of its range, or there is none of that number */
#define CALL_NOT_YOURS -3 /* the memory named is not all the task's to read, or, for an answer, to write */

/* What a CPU does with its time. */
enum account_kind { ACCOUNT_USER, ACCOUNT_SYSTEM, ACCOUNT_STEAL, ACCOUNT_IDLE, ACCOUNT_KINDS };

/* Of a CPU, in ns since it came up. They sum to the time that it has accounted for: up to now if it is the caller's
 * own or idle, up to its last way into the kernel if it runs another task. */
struct cpu_times {
    uint64_t ns[ACCOUNT_KINDS];
    uint64_t stolen[ACCOUNT_KINDS]; /* what it was at when that was stolen; they sum to ns[ACCOUNT_STEAL] */
};

enum task_state { TASK_READY, TASK_RUNNING, TASK_SLEEPING, TASK_ENDED };

#define TASK_NAME 16 /* characters of a name, with its NUL */

struct task_times {
    uint64_t ran_ns, stolen_ns; /* it ran; and it was the one to run when the CPU was away */
    uint64_t state;             /* enum task_state */
    char name[TASK_NAME];
};

#endif
