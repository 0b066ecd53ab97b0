/* SPDX-License-Identifier: MIT */
/*
 * How the machine ends, and the one lock-up that the kernel can notice itself.
 */
#include "guest-os/kernel/panic.h"
#include <stdarg.h>
#include "guest-os/kernel/console.h"
#include "guest-os/kernel/sbi.h"
#include "lib/printf.h"
#include "lib/spinlock.h"

void shutdown(uint32_t reason)
{
    sbi_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, SBI_SRST_SHUTDOWN, reason, 0);
    say("the firmware refused to shut down: this hart stops");
    for (;;)
        sbi_call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0);
}

void panic(const char *fmt, ...)
{
    char text[SAY_LENGTH];
    va_list args;

    va_start(args, fmt);
    vformat(text, sizeof(text), fmt, args);
    va_end(args);
    say("panic: %s", text);
    shutdown(SBI_SRST_REASON_FAILURE);
}

void spin_stuck(struct spinlock *lock)
{
    panic("the lock at %p is stuck: ticket %u is served, %u are drawn", (void *)lock, lock->serving,
          lock->next);
}
