/* SPDX-License-Identifier: MIT */
/*
 * What the kernel and the programs of its tasks agree on: the system calls, and the page that tasks may
 * share. By ecall: a7 is the number, a0 to a3 the arguments; a0 is the result, all else survives.
 */
#ifndef GUEST_CALLS_H
#define GUEST_CALLS_H

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
    CALLS
};

#define CALL_WRITE_MOST  128
#define CALL_REPORT_MOST 8

/* Results: 0, unless said otherwise above, or one of these. "Another task" is one that is no helper (task.h): a helper
 * ends when there is none. */
#define CALL_UNKNOWN   -1 /* no call has that number */
#define CALL_BAD       -2 /* an argument is out of its range */
#define CALL_NOT_YOURS -3 /* the memory named is not all the task's to read */

#endif
