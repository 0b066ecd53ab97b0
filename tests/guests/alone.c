/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's last words, in an image that has only some files of it.
 */
#include "tests/guests/alone.h"
#include <stint/sbi.h>
#include "hyp/console.h"
#include "hyp/panic.h"
#include "lib/printf.h"
#include "lib/spinlock.h"
#include "tests/guests/frame/check.h"

#define PIECE  16
#define PIECES 8

void end_saying(const char *why, va_list args)
{
    char text[PIECE * PIECES + 1] = {0}, name[16];

    vformat(text, sizeof(text), why, args);
    for (unsigned n = 0; n < PIECES; n++) {
        format(name, sizeof(name), "said.%u", n);
        report_text(name, text + PIECE * n);
    }
    shut_down(SBI_SRST_REASON_FAILURE);
}

void panic(const char *why, ...)
{
    va_list args;

    va_start(args, why);
    end_saying(why, args);
}

void console_print(const char *fmt, ...)
{
    char text[200];
    va_list args;

    va_start(args, fmt);
    vformat(text, sizeof(text), fmt, args);
    va_end(args);
    say("%s", text);
}

void spin_stuck(struct spinlock *lock)
{
    panic("a lock is waited for that nobody gives back: ticket %u, %u is served", lock->next, lock->serving);
}
