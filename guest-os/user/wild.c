/* SPDX-License-Identifier: MIT */
/*
 * A program with mistakes: it names memory to the kernel that is not its own, and counts how often that is refused.
 * Then it reads the kernel's memory itself, and must not get far.
 */
#include "guest-os/user/line.h"
#include "guest-os/user/programs.h"
#include "guest-os/user/user.h"

#define PAGE   4096UL
#define KERNEL 0x80200000UL
#define UART   0x10000000UL

struct score {
    uint64_t attempts, refused;
};

static void note(struct score *score, int64_t result)
{
    score->attempts++;
    score->refused += result == CALL_NOT_YOURS;
}

/* It has the kernel read from there. */
static void lend(struct score *score, uint64_t address)
{
    note(score, call(CALL_WRITE, address, 16));
    note(score, call(CALL_REPORT, address, 2));
    note(score, call(CALL_HALT, address, 0));
}

/* It has the kernel write to there. */
static void borrow(struct score *score, uint64_t address)
{
    note(score, call(CALL_CPU_TIMES, 0, address));
    note(score, call(CALL_TASK_TIMES, 0, address));
}

static void lend_and_borrow(struct score *score, uint64_t address)
{
    lend(score, address);
    borrow(score, address);
}

static void say_score(const struct score *score)
{
    struct line line;

    line.length = 0;
    line_text(&line, "wild: the kernel refused ", 0);
    line_number(&line, score->refused, 0, 0);
    line_text(&line, " of ", 0);
    line_number(&line, score->attempts, 0, 0);
    line_text(&line, " addresses that are not mine; now I read its memory", 0);
    line_end(&line);
    write(line.text, line.length);
}

void wild(void)
{
    static const uint64_t nobodys[] = {0, UART, KERNEL, USER_SHARED, 1UL << 38, 1UL << 63, -PAGE, -4UL};
    struct score score = {0, 0};
    uint64_t stack = (uint64_t)&score & -PAGE;

    for (uint32_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++)
        lend_and_borrow(&score, nobodys[i]);
    lend_and_borrow(&score, stack - 4);
    lend_and_borrow(&score, stack + PAGE - 4);
    borrow(&score, USER_STEAL);
    borrow(&score, (uint64_t)wild);
    say_score(&score);
    exit(*(volatile uint64_t *)KERNEL);
}
