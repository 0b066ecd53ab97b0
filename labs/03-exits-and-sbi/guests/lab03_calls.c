/* SPDX-License-Identifier: MIT */
/*
 * Calls its firmware, and reports what comes back: NAME.error (a0) and NAME.value (a1). `changed` counts the
 * registers a2 to a7 that were not as before, over all calls; `steps` the instructions that were executed of the three
 * behind each ecall.
 *
 * Arguments: nonce=N; eid0=N, eid1=N, ...: extensions that there are not, `eids` of them.
 */
#include "lib/printf.h"
#include "tests/guests/frame/frame.h"

#define SECOND (10 * 1000 * 1000UL)

static uint64_t *changed, *steps, *calls;

/* ecall with a[0] to a[7] in a0 to a7, which are put back there. Returns how many of three instructions follow. */
__attribute__((naked, noinline)) static uint64_t ecall(IGNORED uint64_t a[8])
{
    __asm__ volatile("addi  sp, sp, -32\n"
                     "sd    a0, 0(sp)\n"
                     "sd    s2, 8(sp)\n"
                     "li    s2, 0\n"
                     "mv    t0, a0\n"
                     ".irp  n, 0, 1, 2, 3, 4, 5, 6, 7\n"
                     "ld    a\\n, \\n * 8(t0)\n"
                     ".endr\n"
                     "ecall\n"
                     "addi  s2, s2, 1\n"
                     ".option push\n.option rvc\nc.addi s2, 1\n.option pop\n"
                     "addi  s2, s2, 1\n"
                     "ld    t0, 0(sp)\n"
                     ".irp  n, 0, 1, 2, 3, 4, 5, 6, 7\n"
                     "sd    a\\n, \\n * 8(t0)\n"
                     ".endr\n"
                     "mv    a0, s2\n"
                     "ld    s2, 8(sp)\n"
                     "addi  sp, sp, 32\n"
                     "ret");
}

static uint64_t mix(uint64_t n)
{
    n = (n ^ arg_number("nonce", 0)) * 0x9e3779b97f4a7c15UL;
    return n ^ n >> 29;
}

/* What the arguments beyond a1 are means nothing to the functions called here. */
static struct sbi_result call(const char *name, uint64_t extension, uint64_t function, uint64_t a0,
                              uint64_t a1)
{
    uint64_t a[8] = {a0, a1, mix(2), mix(3), mix(4), mix(5), function, extension}, before[8];
    char place[40];

    for (unsigned n = 0; n < 8; n++)
        before[n] = a[n];
    report_text("step", name);
    *steps += ecall(a);
    ++*calls;
    for (unsigned n = 2; n < 8; n++)
        *changed += a[n] != before[n];
    format(place, sizeof(place), "%s.error", name);
    *report_signed(place) = (int64_t)a[0];
    format(place, sizeof(place), "%s.value", name);
    *report_number(place) = a[1];
    return (struct sbi_result){(long)a[0], (long)a[1]};
}

static volatile uint64_t seen_by_other = ~0UL;

/* The other hart's a1 is what the call that started it said: frame.c wants its own struct there. */
__attribute__((naked)) static void other_hart(void)
{
    __asm__ volatile("lla   t0, 2f\n"
                     "ld    t0, 0(t0)\n"
                     "sd    a1, 0(t0)\n"
                     "1: j  1b\n"
                     ".balign 8\n"
                     "2: .dword seen_by_other\n");
}

/* Its hart waits for a timer that is due, and goes on at 1, as if started: a0 its id, a1 = context. Returns how many of
 * three instructions there are executed; or what the call says, if it comes back. */
__attribute__((naked, noinline)) static uint64_t suspend(IGNORED uint64_t context[14])
{
    __asm__ volatile("sd    ra, 12 * 8(a0)\n"
                     "sd    sp, 13 * 8(a0)\n"
                     ".irp  n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11\n"
                     "sd    s\\n, \\n * 8(a0)\n"
                     ".endr\n"
                     "mv    a2, a0\n"
                     "li    a0, 0x80000000\n" /* non-retentive */
                     "lla   a1, 1f\n"
                     "li    a6, %0\n"
                     "li    a7, %1\n"
                     "ecall\n"
                     "ret\n"
                     ".balign 4\n"
                     ".option push\n.option norvc\n"
                     "1: .rept 3\naddi a0, a0, 1\n.endr\n"
                     ".option pop\n"
                     "ld    ra, 12 * 8(a1)\n"
                     "ld    sp, 13 * 8(a1)\n"
                     ".irp  n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11\n"
                     "ld    s\\n, \\n * 8(a1)\n"
                     ".endr\n"
                     "ret" ::"i"(SBI_HSM_HART_SUSPEND),
                     "i"(SBI_EXT_HSM));
}

static void suspend_and_go_on(void)
{
    static uint64_t context[14];

    report_text("step", "hart suspend");
    csr_set(sie, 1UL << IRQ_TIMER);
    csr_write(stimecmp, 0UL);
    *report_signed("resumed") = (int64_t)suspend(context);
    csr_write(stimecmp, ~0UL);
    csr_clear(sie, 1UL << IRQ_TIMER);
}

static void call_what_there_is(void)
{
    uint64_t a[8] = {1, (uint64_t)other_hart, mix(7), 0, 0, 0, SBI_HSM_HART_START, SBI_EXT_HSM};

    call("version", SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0, 0);
    call("probe-time", SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_TIME, 0);
    call("probe-stint", SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_STINT, 0);
    call("probe-none", SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, arg_number("eid0", 0), 0);
    call("base-none", SBI_EXT_BASE, 7, mix(8), 0);
    call("status", SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 0, 0);
    call("stopped", SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 1, 0);
    call("no-hart", SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 2, 0);
    report_text("step", "hart start");
    ecall(a);
    await(&seen_by_other, mix(7), SECOND / 10);
    *report_number("opaque.sent") = mix(7);
    *report_number("opaque.seen") = seen_by_other;
}

static void call_what_there_is_not(void)
{
    char argument[8], name[16];

    for (uint64_t n = 0; n < arg_number("eids", 0); n++) {
        format(argument, sizeof(argument), "eid%lu", n);
        format(name, sizeof(name), "unknown.%lu", n);
        call(name, arg_number(argument, 0), 0, mix(n + 20), mix(n + 40));
    }
}

int test_main(void)
{
    report_text("step", "STINT_SET_AREA");
    area_register();
    changed = report_number("changed");
    steps = report_number("steps");
    calls = report_number("calls");
    call_what_there_is();
    call_what_there_is_not();
    suspend_and_go_on();
    *report_number("done") = 1;
    return 0;
}
