/* SPDX-License-Identifier: MIT */
/*
 * The frame of a bare test image: harts, traps that a test expects, SBI calls.
 * It runs under Stint and natively on OpenSBI, in S-mode with the MMU off.
 *
 * An image is a function `int test_main(void)` on the boot hart. When it returns the
 * machine is shut down: 0 means that it ran to its end, anything else that it failed. What it found is
 * in its report (guest-os/kernel/area.h), for the host to judge.
 */
#ifndef TEST_FRAME_H
#define TEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "guest-os/kernel/sbi.h"
#include "tests/guests/frame/check.h"
#include "tests/guests/frame/offsets.h"

#define CAUSE_FETCH_MISALIGNED 0
#define CAUSE_FETCH_ACCESS     1
#define CAUSE_ILLEGAL          2
#define CAUSE_BREAKPOINT       3
#define CAUSE_LOAD_MISALIGNED  4
#define CAUSE_LOAD_ACCESS      5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS     7
#define CAUSE_ECALL_U          8
#define CAUSE_ECALL_S          9
#define CAUSE_FETCH_PAGE       12
#define CAUSE_LOAD_PAGE        13
#define CAUSE_STORE_PAGE       15
#define CAUSE_NONE             (~0UL)

#define IGNORED __attribute__((unused))

#define INTERRUPT    (1UL << 63)
#define IRQ_SOFT     1
#define IRQ_TIMER    5
#define SSTATUS_SIE  (1UL << 1)
#define SSTATUS_SPIE (1UL << 5)
#define SSTATUS_SPP  (1UL << 8)
#define SSTATUS_FS   (3UL << 13)
#define SSTATUS_SUM  (1UL << 18)
#define SSTATUS_MXR  (1UL << 19)

#define csr_read(name)                                      \
    ({                                                      \
        uint64_t value_;                                    \
        __asm__ volatile("csrr %0, " #name : "=r"(value_)); \
        value_;                                             \
    })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"(value) : "memory")
#define csr_set(name, bits)    __asm__ volatile("csrs " #name ", %0" ::"r"(bits) : "memory")
#define csr_clear(name, bits)  __asm__ volatile("csrc " #name ", %0" ::"r"(bits) : "memory")

struct hart;
typedef void (*interrupt_handler)(struct hart *, uint64_t irq);
typedef bool (*exception_handler)(struct hart *, uint64_t cause, uint64_t tval);

/* One a hart; in sscratch. The first part is known to trap.S. */
struct hart {
    uint64_t x[32], pc, status; /* at the last trap; a handler may change them */
    uint64_t trap_sp;
    uint64_t trying;
    uint64_t resume[15];

    uint64_t id;
    uint64_t cause, tval;           /* of the last exception */
    interrupt_handler on_interrupt; /* NULL: none is expected */
    exception_handler on_exception; /* true: go on at hart->pc */
    void (*code)(uint64_t);         /* of hart_start */
    uint64_t argument;
    uint64_t done; /* code has returned */
};

struct caught {
    uint64_t cause, tval, pc; /* cause is CAUSE_NONE when nothing was caught */
};

extern struct hart harts[HARTS];
extern uint64_t boot_hart;
extern uint64_t hart_count; /* as the device tree says */
extern char image_start[], image_end[], start_other[];
extern uint64_t ram_end; /* as the device tree says */

/* Runs code(argument) and tells which exception ended it, if one did. */
struct caught attempt(void (*code)(uint64_t), uint64_t argument);

/* Starts a hart on code(argument); its end is seen in harts[id].done. Returns the SBI error. */
long hart_start(uint64_t id, void (*code)(uint64_t), uint64_t argument);
void hart_stop(void) __attribute__((noreturn));
struct hart *this_hart(void);

/* Waits up to `ticks` of time for *word to be `value`. */
bool await(const volatile uint64_t *word, uint64_t value, uint64_t ticks);

/* Two more arguments than sbi_call. */
struct sbi_result sbi_call5(long extension, long function, long a0, long a1, long a2, long a3, long a4);

static inline uint64_t rdtime(void)
{
    return csr_read(time);
}

static inline void spin_until(uint64_t time)
{
    while (rdtime() < time)
        ;
}

#endif
