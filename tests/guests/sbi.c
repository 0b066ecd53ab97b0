/* SPDX-License-Identifier: MIT */
/*
 * Every SBI call with good and bad arguments: its error, and where it returns one its value (SBI v2.0).
 * Natively only what the specification leaves no choice about is checked; what Stint promises
 * beyond that (FIRM) is checked when Stint answers.
 */
#include "tests/guests/frame/frame.h"

#define SECOND                (10 * 1000 * 1000UL)
#define UART                  0x10000000UL
#define ABSENT                hart_count /* the first hart id that is not there */
#define ALL                   (-1L)
#define SUSPEND_RETENTIVE     0L
#define SUSPEND_NON_RETENTIVE 0x80000000L

static bool hosted;
static char text[64] __attribute__((aligned(64))) = "a line by way of the debug console\n";

/* The error of a call. */
static void expect(const char *name, long error, long extension, long function, long a0, long a1, long a2,
                   long a3, long a4)
{
    check(name, (uint64_t)sbi_call5(extension, function, a0, a1, a2, a3, a4).error, (uint64_t)error);
}

/* A promise of Stint's. */
#define FIRM(...)                \
    do {                         \
        if (hosted)              \
            expect(__VA_ARGS__); \
    } while (0)

static uint64_t value_of(long extension, long function, long argument)
{
    return (uint64_t)sbi_call(extension, function, argument, 0, 0).value;
}

static void test_base(void)
{
    hosted = value_of(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0) == STINT_SBI_IMPL_ID;
    *report_number("hosted") = hosted;
    check("base.spec_version", value_of(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0), STINT_SBI_SPEC_VERSION);
    for (long function = 0; function <= SBI_BASE_GET_MIMPID; function++)
        expect("base.every_function", 0, SBI_EXT_BASE, function, 0, 0, 0, 0, 0);
    expect("base.unknown_function", -2, SBI_EXT_BASE, 7, 0, 0, 0, 0, 0);
    expect("base.function_all_ones", -2, SBI_EXT_BASE, -1, 0, 0, 0, 0, 0);

    static const long there[] = {SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI, SBI_EXT_RFENCE,
                                 SBI_EXT_HSM,  SBI_EXT_SRST, SBI_EXT_DBCN};
    for (unsigned i = 0; i < sizeof(there) / sizeof(there[0]); i++)
        check("base.probe_there", value_of(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, there[i]) != 0, true);
    check("base.probe_stint", value_of(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_STINT) != 0, hosted);
    static const long absent[] = {0x4E41434C /* NACL */, 0x08000001, 0x0A000000, 0x7fffffff, -1, 0x100000010};
    for (unsigned i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        check("base.probe_absent", value_of(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, absent[i]), 0);
    static const long unbuilt[] = {0x53555350 /* SUSP */, 0x504D55 /* PMU */, 0x43505043 /* CPPC */, 0, 1, 8};
    for (unsigned i = 0; hosted && i < sizeof(unbuilt) / sizeof(unbuilt[0]); i++)
        check("base.probe_unbuilt", value_of(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, unbuilt[i]), 0);
}

static void test_unknown(void)
{
    expect("unknown.experimental", -2, 0x08000001, 0, 1, 2, 3, 4, 5);
    expect("unknown.vendor", -2, 0x09ffffff, 0, 0, 0, 0, 0, 0);
    expect("unknown.all_ones", -2, -1, -1, -1, -1, -1, -1, -1);
    for (long legacy = 0; legacy <= 8; legacy++)
        FIRM("unknown.legacy", -2, legacy, 0, 0, 0, 0, 0, 0);
}

static void test_time(void)
{
    expect("time.never", 0, SBI_EXT_TIME, SBI_TIME_SET_TIMER, -1, 0, 0, 0, 0);
    check("time.never_pending", csr_read(sip) >> IRQ_TIMER & 1, 0);
    expect("time.past", 0, SBI_EXT_TIME, SBI_TIME_SET_TIMER, 0, 0, 0, 0, 0);
    check("time.past_pending", csr_read(sip) >> IRQ_TIMER & 1, 1);
    expect("time.future", 0, SBI_EXT_TIME, SBI_TIME_SET_TIMER, (long)(rdtime() + 100 * SECOND), 0, 0, 0, 0);
    check("time.future_pending", csr_read(sip) >> IRQ_TIMER & 1, 0);
    expect("time.off", 0, SBI_EXT_TIME, SBI_TIME_SET_TIMER, -1, 0, 0, 0, 0);
    expect("time.unknown_function", -2, SBI_EXT_TIME, 1, 0, 0, 0, 0, 0);
}

/* mask and base as every call that names harts takes them. */
static void test_hart_masks(const char *good, const char *bad, long extension, long function)
{
    expect(good, 0, extension, function, 1, (long)boot_hart, 0, 0, 0);
    expect(good, 0, extension, function, 1L << boot_hart, 0, 0, 0, 0);
    expect(good, 0, extension, function, 0, 0, 0, 0, 0);
    expect(good, 0, extension, function, 0, ALL, 0, 0, 0);
    expect(good, 0, extension, function, -1, ALL, 0, 0, 0);
    FIRM(bad, -3, extension, function, 1, (long)ABSENT, 0, 0, 0);
    FIRM(bad, -3, extension, function, 1L << ABSENT, 0, 0, 0, 0);
    FIRM(bad, -3, extension, function, -1, 0, 0, 0, 0);
    FIRM(bad, -3, extension, function, (long)(1UL << 63), 1, 0, 0, 0);
    FIRM(bad, -3, extension, function, 1, 64, 0, 0, 0);
    FIRM(bad, -3, extension, function, 1, 1L << 32, 0, 0, 0);
    FIRM(bad, -3, extension, function, 3, -2, 0, 0, 0);
    FIRM(bad, -3, extension, function, 1, (long)(1UL << 63), 0, 0, 0);
}

static void test_ipi(void)
{
    test_hart_masks("ipi.harts", "ipi.absent_harts", SBI_EXT_IPI, SBI_IPI_SEND_IPI);
    csr_clear(sip, 1UL << IRQ_SOFT);
    check("ipi.cleared", csr_read(sip) >> IRQ_SOFT & 1, 0);
    expect("ipi.self", 0, SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, (long)boot_hart, 0, 0, 0);
    check("ipi.self_pending", csr_read(sip) >> IRQ_SOFT & 1, 1);
    csr_clear(sip, 1UL << IRQ_SOFT);
    FIRM("ipi.nobody", -3, SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, (long)ABSENT, 0, 0, 0);
    check("ipi.nobody_pending", csr_read(sip) >> IRQ_SOFT & 1, 0);
    expect("ipi.unknown_function", -2, SBI_EXT_IPI, 1, 1, 0, 0, 0, 0);
}

static void test_rfence(void)
{
    test_hart_masks("rfence.i_harts", "rfence.i_absent", SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I);
    test_hart_masks("rfence.vma_harts", "rfence.vma_absent", SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA);
    test_hart_masks("rfence.asid_harts", "rfence.asid_absent", SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID);
    expect("rfence.page", 0, SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 0, ALL, 0x80200000, 4096, 0);
    expect("rfence.everything", 0, SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 0, ALL, 0, -1, 0);
    expect("rfence.asid_page", 0, SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, 0, ALL, 0x80200000, 4096, 7);
    FIRM("rfence.wraps", -5, SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 0, ALL, -4096, 8192, 0);
    for (long function = SBI_RFENCE_HFENCE_GVMA_VMID; function <= SBI_RFENCE_HFENCE_VVMA; function++)
        FIRM("rfence.hfence", -2, SBI_EXT_RFENCE, function, 0, ALL, 0, 0, 0);
    expect("rfence.unknown_function", -2, SBI_EXT_RFENCE, 7, 0, ALL, 0, 0, 0);
}

static struct {
    uint64_t count, a0, a1, satp, sstatus, sie;
} fresh;

/* A hart as HSM starts it: notes its state, and stops. */
__attribute__((naked)) static void fresh_hart(void)
{
    __asm__("lla   t0, fresh_place\n"
            "ld    t0, 0(t0)\n"
            "sd    a0, 8(t0)\n"
            "sd    a1, 16(t0)\n"
            "csrr  t1, satp\n"
            "sd    t1, 24(t0)\n"
            "csrr  t1, sstatus\n"
            "sd    t1, 32(t0)\n"
            "csrr  t1, sie\n"
            "sd    t1, 40(t0)\n"
            "fence rw, rw\n"
            "li    t1, 1\n"
            "amoadd.d zero, t1, 0(t0)\n"
            "li    a7, 0x48534D\n"
            "li    a6, 1\n"
            "ecall\n"
            "1: j  1b\n"
            ".balign 8\n"
            "fresh_place: .dword fresh\n");
}

static bool await_status(uint64_t hart, uint64_t status)
{
    for (uint64_t until = rdtime() + SECOND; rdtime() < until;)
        if (value_of(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, (long)hart) == status)
            return true;
    return false;
}

static void test_hsm_start(uint64_t other)
{
    const long bad[] = {0, 0x1000, UART, 0x7ffffffe, (long)ram_end, -1, -4096, (long)(1UL << 40), 1L << 62};

    check("hsm.other_stopped", value_of(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, (long)other), SBI_HSM_STOPPED);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        FIRM("hsm.start_bad_address", -5, SBI_EXT_HSM, SBI_HSM_HART_START, (long)other, bad[i], 0, 0, 0);
    check("hsm.other_still_stopped", value_of(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, (long)other),
          SBI_HSM_STOPPED);

    for (uint64_t round = 1; round <= 3; round++) {
        expect("hsm.start", 0, SBI_EXT_HSM, SBI_HSM_HART_START, (long)other, (long)fresh_hart, 0x1234567890L,
               0, 0);
        check("hsm.started", await(&fresh.count, round, SECOND), true);
        check("hsm.stops", await_status(other, SBI_HSM_STOPPED), true);
        check("hsm.a0", fresh.a0, other);
        check("hsm.a1", fresh.a1, 0x1234567890);
        check("hsm.satp", fresh.satp, 0);
        check("hsm.sie_off", fresh.sstatus & SSTATUS_SIE, 0);
    }
}

static void test_hsm(void)
{
    expect("hsm.status_self", 0, SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, (long)boot_hart, 0, 0, 0, 0);
    check("hsm.self_started", value_of(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, (long)boot_hart),
          SBI_HSM_STARTED);
    expect("hsm.status_absent", -3, SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, (long)ABSENT, 0, 0, 0, 0);
    expect("hsm.status_all_ones", -3, SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, -1, 0, 0, 0, 0);
    expect("hsm.start_absent", -3, SBI_EXT_HSM, SBI_HSM_HART_START, (long)ABSENT, (long)start_other, 0, 0, 0);
    expect("hsm.start_all_ones", -3, SBI_EXT_HSM, SBI_HSM_HART_START, -1, (long)start_other, 0, 0, 0);
    FIRM("hsm.start_2^32", -3, SBI_EXT_HSM, SBI_HSM_HART_START, 1L << 32, (long)start_other, 0, 0, 0);
    expect("hsm.start_started", -6, SBI_EXT_HSM, SBI_HSM_HART_START, (long)boot_hart, (long)start_other, 0, 0,
           0);
    expect("hsm.unknown_function", -2, SBI_EXT_HSM, 4, 0, 0, 0, 0, 0);
    if (hart_count > 1)
        test_hsm_start((boot_hart + 1) % hart_count);
}

/* With an interrupt pending, a suspend is over at once. */
static void test_suspend(void)
{
    csr_set(sie, 1UL << IRQ_SOFT);
    expect("suspend.ipi", 0, SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, (long)boot_hart, 0, 0, 0);
    expect("suspend.retentive", 0, SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, SUSPEND_RETENTIVE, 0, 0, 0, 0);
    csr_clear(sip, 1UL << IRQ_SOFT);
    csr_clear(sie, 1UL << IRQ_SOFT);

    uint64_t due = rdtime() + SECOND / 100;
    csr_set(sie, 1UL << IRQ_TIMER);
    sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, (long)due, 0, 0);
    expect("suspend.until_timer", 0, SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, SUSPEND_RETENTIVE, 0, 0, 0, 0);
    check_range("suspend.woken_at", rdtime(), due, due + SECOND / 1000);
    sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, -1, 0, 0);
    csr_clear(sie, 1UL << IRQ_TIMER);

    expect("suspend.reserved", -3, SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 1, 0, 0, 0, 0);
    expect("suspend.reserved_deep", -3, SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0x80000001, 0, 0, 0, 0);
    FIRM("suspend.platform", -3, SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0x10000000, 0, 0, 0, 0);
    FIRM("suspend.bad_resume", -5, SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, SUSPEND_NON_RETENTIVE, 0, 0, 0, 0);
    FIRM("suspend.resume_at_uart", -5, SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, SUSPEND_NON_RETENTIVE, (long)UART,
         0, 0, 0);
    FIRM("suspend.resume_at_end", -5, SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, SUSPEND_NON_RETENTIVE, (long)ram_end,
         0, 0, 0);
}

static void test_dbcn(void)
{
    const long n = 35;
    struct sbi_result wrote = sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, n, (long)text, 0);

    check("dbcn.write", (uint64_t)wrote.error, 0);
    check_range("dbcn.written", (uint64_t)wrote.value, 1, (uint64_t)n);
    wrote = sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, 0, (long)text, 0);
    check("dbcn.nothing", (uint64_t)wrote.error | (uint64_t)wrote.value, 0);
    wrote = sbi_call(SBI_EXT_DBCN, SBI_DBCN_READ, sizeof(text), (long)text, 0);
    check("dbcn.read", (uint64_t)wrote.error, 0);
    check("dbcn.nothing_typed", (uint64_t)wrote.value, 0);
    expect("dbcn.byte", 0, SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, '\n', 0, 0, 0, 0);
    expect("dbcn.unknown_function", -2, SBI_EXT_DBCN, 3, 0, 0, 0, 0, 0);

    for (long function = SBI_DBCN_WRITE; function <= SBI_DBCN_READ; function++) {
        FIRM("dbcn.high", -3, SBI_EXT_DBCN, function, 8, (long)text, 1, 0, 0);
        FIRM("dbcn.hole", -3, SBI_EXT_DBCN, function, 8, 0, 0, 0, 0);
        FIRM("dbcn.below_ram", -3, SBI_EXT_DBCN, function, 16, 0x7ffffff8, 0, 0, 0);
        FIRM("dbcn.uart", -3, SBI_EXT_DBCN, function, 8, (long)UART, 0, 0, 0);
        FIRM("dbcn.straddles_end", -3, SBI_EXT_DBCN, function, 16, (long)ram_end - 8, 0, 0, 0);
        FIRM("dbcn.at_end", -3, SBI_EXT_DBCN, function, 1, (long)ram_end, 0, 0, 0);
        FIRM("dbcn.wraps", -3, SBI_EXT_DBCN, function, 16, -8, 0, 0, 0);
        FIRM("dbcn.length_all_ones", -3, SBI_EXT_DBCN, function, -1, (long)text, 0, 0, 0);
        FIRM("dbcn.length_2^32", -3, SBI_EXT_DBCN, function, 1L << 32, (long)text, 0, 0, 0);
        FIRM("dbcn.length_wraps", -3, SBI_EXT_DBCN, function, -(long)text, (long)text, 0, 0, 0);
    }
}

static void test_srst(void)
{
    expect("srst.type_3", -3, SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, 3, 0, 0, 0, 0);
    expect("srst.type_reserved", -3, SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, 0xEFFFFFFF, 0, 0, 0, 0);
    FIRM("srst.reason_2", -3, SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, 0, 2, 0, 0, 0);
    expect("srst.unknown_function", -2, SBI_EXT_SRST, 1, 0, 0, 0, 0, 0);
}

/* Bad ones first, then the real one (frame's area), then no second one. */
static void test_area(void)
{
    static char page[8192] __attribute__((aligned(4096)));
    const long good = (long)page;

    FIRM("area.misaligned", -3, SBI_EXT_STINT, STINT_SET_AREA, good + 8, 4096, 0, 0, 0);
    FIRM("area.no_bytes", -3, SBI_EXT_STINT, STINT_SET_AREA, good, 0, 0, 0, 0);
    FIRM("area.odd_bytes", -3, SBI_EXT_STINT, STINT_SET_AREA, good, 4097, 0, 0, 0);
    FIRM("area.too_large", -3, SBI_EXT_STINT, STINT_SET_AREA, good, STINT_AREA_MAX + 4096, 0, 0, 0);
    FIRM("area.all_ones", -3, SBI_EXT_STINT, STINT_SET_AREA, good, -1, 0, 0, 0);
    FIRM("area.hole", -5, SBI_EXT_STINT, STINT_SET_AREA, 0, 4096, 0, 0, 0);
    FIRM("area.uart", -5, SBI_EXT_STINT, STINT_SET_AREA, (long)UART, 4096, 0, 0, 0);
    FIRM("area.at_end", -5, SBI_EXT_STINT, STINT_SET_AREA, (long)ram_end, 4096, 0, 0, 0);
    FIRM("area.straddles_end", -5, SBI_EXT_STINT, STINT_SET_AREA, (long)ram_end - 4096, 8192, 0, 0, 0);
    FIRM("area.wraps", -5, SBI_EXT_STINT, STINT_SET_AREA, -4096, 8192, 0, 0, 0);
    FIRM("area.unknown_function", -2, SBI_EXT_STINT, 3, good, 4096, 0, 0, 0);
    area_register();
    FIRM("area.twice", -6, SBI_EXT_STINT, STINT_SET_AREA, good, 4096, 0, 0, 0);
}

/* By a clock that is real, host time and guest time pass alike. */
static void test_wall_time(void)
{
    uint64_t before = rdtime(), began, first, second;

    FIRM("wall.error", 0, SBI_EXT_STINT, STINT_WALL_TIME, 1, 2, 3, 4, 5);
    first = value_of(SBI_EXT_STINT, STINT_WALL_TIME, 0);
    began = rdtime();
    while (rdtime() < began + SECOND / 1000) {}
    second = value_of(SBI_EXT_STINT, STINT_WALL_TIME, 0);
    if (hosted)
        check_range("wall.passes", second - first, 1000000, (rdtime() - before) * (1000000000 / SECOND));
}

int test_main(void)
{
    test_base();
    test_area();
    test_wall_time();
    test_unknown();
    test_time();
    test_ipi();
    test_rfence();
    test_hsm();
    test_suspend();
    test_dbcn();
    test_srst();
    return 0;
}
