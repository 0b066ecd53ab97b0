/* SPDX-License-Identifier: MIT */
/*
 * Sets its timer by SBI call, with the interrupt masked, and looks at whether it is pending (sip.STIP). NAME.error is
 * what the call returned, NAME.pending what it left.
 *
 * Arguments: soon=N, far=N: ticks until a timer that it waits for, and one that it does not live to see.
 */
#include "lib/printf.h"
#include "tests/guests/frame/frame.h"

static void tell(const char *name, const char *what, int64_t value)
{
    char text[40];

    format(text, sizeof(text), "%s.%s", name, what);
    *report_signed(text) = value;
}

static bool timer_pending(void)
{
    return csr_read(sip) >> IRQ_TIMER & 1;
}

static void call(const char *name, long function, uint64_t when)
{
    long error = sbi_call(SBI_EXT_TIME, function, (long)when, 0, 0).error;
    bool is_pending = timer_pending();

    tell(name, "error", error);
    tell(name, "pending", is_pending);
}

static void set(const char *name, uint64_t when)
{
    call(name, SBI_TIME_SET_TIMER, when);
}

/* Spins until it is pending, or should have been for long. Ticks from when it was due; less than 0: early. */
static int64_t wait(uint64_t due, uint64_t bound)
{
    while (!timer_pending() && rdtime() < due + bound)
        ;
    return (int64_t)(rdtime() - due);
}

int test_main(void)
{
    uint64_t soon = arg_number("soon", 1000), far = arg_number("far", 1000000);

    area_register();
    set("never", ~0UL);
    set("zero", 0);
    set("far", rdtime() + far);
    set("past", rdtime() - 1);
    set("off", ~0UL);
    uint64_t due = rdtime() + soon;
    set("soon", due);
    *report_signed("late") = wait(due, soon);
    set("after", rdtime() + far);
    call("none", 1, 0);
    *report_number("done") = 1;
    return 0;
}
