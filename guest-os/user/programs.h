/* SPDX-License-Identifier: MIT */
/*
 * The programs there are. The kernel only names them: they lie in user space, where it cannot call them.
 * Arguments are those of task_make(); the lists are of the numbers that each one reports, for task_make()
 * too.
 */
#ifndef USER_PROGRAMS_H
#define USER_PROGRAMS_H

#include <stdint.h>

/* Works for ever; `polite` also offers its place after every unit. */
void spin(void);
void polite(void);
#define SPIN_NUMBERS {"work", "longest_gap_ns", 0}

/* Does so many iterations of work, at least one, and ends. */
void finite(uint64_t iterations);
#define FINITE_NUMBERS {"work", "longest_gap_ns", "checksum", 0}

/* Sleeps for so many ticks, again and again. Its work is to wake up; a gap is from when it should have to
 * when it did. */
void sleeper(uint64_t ticks);
#define SLEEPER_NUMBERS {"work", "longest_gap_ns", 0}

/* Does so many iterations in every job; see kernel/job.h. */
void periodic(uint64_t iterations);
#define PERIODIC_NUMBERS {"work", "checksum", 0}

/* Takes the lock in the shared page, does `inside` iterations, releases it, does about `outside` iterations, now
 * more, now fewer; `rounds` times, 0: for ever. A violation is a round in which somebody else was inside as well.
 * `who` says which lock it is (enum lock_kind), how patient it is (user/lock.h), whether it gives way after each
 * round, and who this one is: its CPU + 1, or another number for each if they move about, which suits no pv lock. */
void locker(uint64_t inside, uint64_t outside, uint64_t rounds, uint64_t who);
#define LOCKER_WHO(self, lock, moves, patience) \
    ((uint64_t)(self) | (uint64_t)(lock) << 8 | (uint64_t)(moves) << 16 | (uint64_t)(patience) << 32)
#define LOCKER_SELF(who)     ((who) & 0xff)
#define LOCKER_LOCK(who)     ((enum lock_kind)((who) >> 8 & 0xff))
#define LOCKER_MOVES(who)    ((who) >> 16 & 1)
#define LOCKER_PATIENCE(who) ((uint32_t)((who) >> 32))
#define LOCKER_NUMBERS       {"acquires", "spins", "spin_ns", "violations", 0}

/* Serves a request every `period` ticks with so many iterations, at least one; `transactions` times, 0: for
 * ever. A request has been served so long after it came in; it was late when the server began it so long after. */
void server(uint64_t period, uint64_t iterations, uint64_t transactions);
#define SERVER_NUMBERS \
    {"transactions", "p50_ns", "p99_ns", "max_ns", "late_p50_ns", "late_p99_ns", "late_max_ns", "checksum", 0}

/* Sends a request about every `think` ticks, more or less, which is so many iterations under the locks of two rows, and
 * gives it up at its limits, in ticks below 2^32; so many times, 0: for ever. `self` is another number for each, not 0.
 * They share the numbers: those of all requests since the beginning. */
void client(uint64_t think, uint64_t iterations, uint64_t limits, uint64_t who);
#define CLIENT_LIMITS(lock, request) ((uint64_t)(lock) | (uint64_t)(request) << 32)
#define CLIENT_LOCK(limits)          ((uint32_t)(limits))
#define CLIENT_REQUEST(limits)       ((uint32_t)((limits) >> 32))
#define CLIENT_WHO(self, times)      ((uint64_t)(self) | (uint64_t)(times) << 32)
#define CLIENT_SELF(who)             ((uint32_t)(who))
#define CLIENT_TIMES(who)            ((uint32_t)((who) >> 32))
#define CLIENT_NUMBERS                                                    \
    {"transactions", "timeouts",    "timeouts_false", "p50_ns", "p99_ns", \
     "p50_host_ns",  "p99_host_ns", "violations",     0}

/* Corrects the wall clock every `period` ticks (kernel/wall.h). A helper: see task.h. */
void corrector(uint64_t period);

/* Once that guest time has come, asks for a timer in so many ticks, and ends with it. Reported when it is over. */
void asker(uint64_t at, uint64_t ticks);
#define ASKER_NUMBERS {"timer_asked_ns", "timer_guest_ns", "timer_host_ns", 0}

/* Works but from `margin` ticks before every multiple of `period` until as many after it. Then it sleeps, or
 * `offers` its CPU again and again. A ms of work is so many iterations. A multiple is dodged when the work ends
 * before it, and met when it does not. */
void dodger(uint64_t period, uint64_t margin, uint64_t iterations_per_ms, uint64_t offers);
#define DODGER_NUMBERS {"work", "run_ns", "run_pct", "dodged", "met", 0}

/* Lets the guest look every `period` ticks how many CPUs it can use (kernel/balloon.h). A helper. */
void ballooner(uint64_t period);

/* Says on the console, at every multiple of `period` ticks of the guest's clock, what became of the time since the
 * last one: of all CPUs in the set of bits, and of each if there are several. A helper. */
void sar(uint64_t period, uint64_t cpus);

/* The same of the tasks, and of all CPUs together: `aware` of what was stolen, or as if the tasks had it. A helper. */
void top(uint64_t period, uint64_t cpus, uint64_t aware);

/* Hands the kernel addresses that are not its own, and then reaches for one itself. */
void wild(void);
#define WILD_NUMBERS {0}

#endif
