/* SPDX-License-Identifier: MIT */
/*
 * Stolen time as its guest sees it: every rule of SBI's steal-time accounting (v2.0, chapter "Steal-time Accounting
 * Extension"). Argument: case=NAME, of the table at the end. What a case needs beside it on its pCPUs is up to the
 * scenario (tests/system/test_sta.py). Times are ticks of the guest's clock; a tick is 100 ns.
 */
#include "lib/string.h"
#include "tests/guests/steal.h"
#include "tests/guests/view.h"

#define TICK_NS 100
#define PAGE    4096UL
#define UART    0x10000000UL
#define SOME    0xa5

extern struct stint_area stint_area;

static volatile struct sbi_sta records[2];
static struct sbi_sta untouched;

static void fill(volatile struct sbi_sta *record)
{
    memset((void *)record, SOME, sizeof(*record));
    memset(&untouched, SOME, sizeof(untouched));
}

static bool is_untouched(const volatile struct sbi_sta *record)
{
    return memcmp((const void *)record, &untouched, sizeof(untouched)) == 0;
}

static bool is_zero(const volatile struct sbi_sta *record)
{
    static const struct sbi_sta zero;

    return memcmp((const void *)record, &zero, sizeof(zero)) == 0;
}

/* The errors, and which of two comes first. */
static void test_calls(void)
{
    uint64_t good = (uint64_t)&records[0];
    const long invalid = SBI_ERR_INVALID_PARAM, address = SBI_ERR_INVALID_ADDRESS;

    check("probe", sbi_call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_STA, 0, 0).value > 0, true);
    for (long function = 1; function < 4; function++)
        check("function", (uint64_t)sbi_call(SBI_EXT_STA, function, (long)good, 0, 0).error,
              (uint64_t)SBI_ERR_NOT_SUPPORTED);
    check("function.all_ones", (uint64_t)sbi_call(SBI_EXT_STA, -1, (long)good, 0, 0).error,
          (uint64_t)SBI_ERR_NOT_SUPPORTED);

    check("flags", (uint64_t)sta_set(good, 0, 1), (uint64_t)invalid);
    check("flags.high_bit", (uint64_t)sta_set(good, 0, 1UL << 63), (uint64_t)invalid);
    check("flags.before_disable", (uint64_t)sta_set(-1UL, -1UL, 1), (uint64_t)invalid);
    check("disable.twice", (uint64_t)sta_set(-1UL, -1UL, 0), 0);
    check("disable.half_low", (uint64_t)sta_set(-1UL, 0, 0), (uint64_t)invalid);
    check("disable.half_high", (uint64_t)sta_set(good, -1UL, 0), (uint64_t)address);
    for (uint64_t off = 1; off < 64; off++)
        check("misaligned", (uint64_t)sta_set(good + off, 0, 0), (uint64_t)invalid);
    check("misaligned.before_high", (uint64_t)sta_set(good + 8, 1, 0), (uint64_t)invalid);
    check("misaligned.outside", (uint64_t)sta_set(UART + 4, 0, 0), (uint64_t)invalid);
    check("high", (uint64_t)sta_set(good, 1, 0), (uint64_t)address);

    const uint64_t outside[] = {0,         0x1000,    UART,  0x80000000UL - 64, ram_end, 1UL << 40,
                                1UL << 55, 1UL << 63, -64UL, 0x81000000UL};
    for (unsigned i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
        check("outside", (uint64_t)sta_set(outside[i], 0, 0), (uint64_t)address);
    const uint64_t inside[] = {0x80000000UL, ram_end - 64, ram_end - PAGE, good};
    for (unsigned i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
        check("inside", (uint64_t)sta_set(inside[i], 0, 0), 0);
}

/* All 64 bytes are zeroed by the call, and by no call that fails. A neighbour's record is not. */
static void test_zeroed(void)
{
    fill(&records[0]);
    fill(&records[1]);
    check("refused", (uint64_t)sta_set((uint64_t)&records[0], 0, 2), (uint64_t)SBI_ERR_INVALID_PARAM);
    check("refused.untouched", is_untouched(&records[0]), true);
    for (unsigned n = 0; n < 100; n++) {
        fill(&records[0]);
        check("zeroed.call", (uint64_t)sta_register(&records[0]), 0);
        check("zeroed", is_zero(&records[0]), true);
    }
    check("zeroed.neighbour", is_untouched(&records[1]), true);
}

static void test_spin(void)
{
    check("register", (uint64_t)sta_register(&records[0]), 0);
    look(&records[0], arg_number("ms", 500) * MS);
    check("flags", records[0].flags, 0);
    for (unsigned n = 0; n < sizeof(records[0].pad); n++)
        check("pad", records[0].pad[n], 0);
    tell_view();
}

/* Steal that was told of stays with the record that was told; the next one begins at 0. */
static void test_again(void)
{
    uint32_t sequence;

    sta_register(&records[0]);
    look(&records[0], 100 * MS);
    check_range("first.steal", view.steal, 20 * MS, 100 * MS);
    uint64_t left = records[0].steal;
    check("second.call", (uint64_t)sta_register(&records[1]), 0);
    check("second.zero", sta_steal(&records[1], &sequence), 0);
    look(&records[1], 100 * MS);
    check_range("second.steal", view.steal, 20 * MS, 100 * MS);
    check_range("second.since", sta_steal(&records[1], &sequence) / TICK_NS, view.steal,
                view.steal + MS / 100);
    check("first.left", records[0].steal, left);
    tell_view();
}

static void test_disabled(void)
{
    sta_register(&records[0]);
    look(&records[0], 20 * MS);
    check("disable", (uint64_t)sta_unregister(), 0);
    fill(&records[0]);
    for (uint64_t until = rdtime() + 100 * MS; rdtime() < until;)
        if (!is_untouched(&records[0]))
            break;
    check("untouched", is_untouched(&records[0]), true);
}

/* Sleeps of 5 ms. Alone they are no steal; beside another what comes after the timer is. */
static void test_sleep(void)
{
    uint32_t sequence;
    uint64_t late = 0, waits = arg_number("waits", 20);

    csr_set(sie, 1UL << IRQ_TIMER);
    sta_register(&records[0]);
    uint64_t begin = rdtime();
    for (uint64_t n = 0; n < waits; n++) {
        uint64_t due = rdtime() + 5 * MS;
        csr_write(stimecmp, due);
        while (rdtime() < due)
            __asm__ volatile("wfi");
        late += rdtime() - due;
    }
    *report_number("elapsed") = rdtime() - begin;
    *report_number("late") = late;
    *report_number("steal") = sta_steal(&records[0], &sequence) / TICK_NS;
}

/* ---- Two harts ---- */

static volatile uint64_t counter, resumed;

static void count_up(IGNORED uint64_t argument)
{
    check("register", (uint64_t)sta_register(&records[1]), 0);
    for (;;)
        counter++;
}

/* While a sibling is preempted it executes nothing; while it is not, it does not stand still for longer than the
 * beat by which the machine's harts take turns. */
static void test_sibling(void)
{
    uint64_t preempted = 0, went_on = 0, unsaid = 0, last = 0, since = rdtime();

    hart_start(1, count_up, 0);
    while (counter == 0)
        ;
    for (uint64_t until = rdtime() + arg_number("ms", 300) * MS; rdtime() < until;) {
        uint32_t before, after;
        sta_steal(&records[1], &before);
        bool was = records[1].preempted != 0;
        uint64_t from = counter;
        spin_until(rdtime() + MS / 20);
        uint64_t to = counter;
        bool is = records[1].preempted != 0;
        sta_steal(&records[1], &after);
        preempted += was;
        went_on += was && is && before == after && from != to;
        if (to != last || is || before != after)
            last = to, since = rdtime();
        unsaid += rdtime() - since > 3 * MS;
    }
    check_range("preempted", preempted, 10, ~0UL);
    check("went_on", went_on, 0);
    check("unsaid", unsaid, 0);
}

static void register_and_stop(uint64_t record)
{
    check("register", (uint64_t)sta_register(&records[record]), 0);
}

static void spin_for(uint64_t ticks)
{
    spin_until(rdtime() + ticks);
}

/* The second life of a hart has no record. */
static void test_restart(void)
{
    hart_start(1, register_and_stop, 1);
    check("first_life", await(&harts[1].done, 1, 1000 * MS), true);
    while (sbi_call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 1, 0, 0).value != SBI_HSM_STOPPED)
        ;
    check("registered", is_zero(&records[1]) || records[1].sequence > 0, true);
    fill(&records[1]);
    spin_until(rdtime() + 20 * MS);
    check("stopped.untouched", is_untouched(&records[1]), true);
    check("restart", (uint64_t)hart_start(1, spin_for, 100 * MS), 0);
    check("second_life", await(&harts[1].done, 1, 1000 * MS), true);
    check("untouched", is_untouched(&records[1]), true);
}

/* A hart as it comes back from a suspend that keeps nothing; a1 is its argument. */
__attribute__((naked)) static void come_back(void)
{
    __asm__("sd   a1, 0(a1)\n"
            "fence rw, rw\n"
            "1: j 1b\n");
}

static void suspend(IGNORED uint64_t argument)
{
    sta_register(&records[1]);
    csr_set(sie, 1UL << IRQ_SOFT);
    sbi_call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0x80000000L, (long)come_back, (long)&resumed);
}

static void test_suspend(void)
{
    hart_start(1, suspend, 0);
    spin_until(rdtime() + 50 * MS);
    fill(&records[1]);
    sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, 1, 0);
    check("resumed", await(&resumed, (uint64_t)&resumed, 1000 * MS), true);
    spin_until(rdtime() + 100 * MS);
    check("untouched", is_untouched(&records[1]), true);
}

/* Which boot it is shows the count of the machine's cycles, which is the same for all lives of a VM. */
static void test_reboot(void)
{
    if (csr_read(cycle) < arg_number("cycles", 0)) {
        sta_register(&records[0]);
        look(&records[0], 20 * MS);
        while (csr_read(cycle) < arg_number("cycles", 0))
            ;
        sbi_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, SBI_SRST_COLD_REBOOT, SBI_SRST_REASON_NONE, 0);
    }
    *report_number("rebooted") = 1;
    spin_until(rdtime() + 50 * MS);
    check("untouched", is_zero(&records[0]), true);
}

/* The record lies in the area, whose pages move to where the host reads them. */
static void test_moved(void)
{
    volatile struct sbi_sta *record = (void *)((char *)&stint_area + stint_area.bytes - sizeof(*record));

    check("register", (uint64_t)sta_register(record), 0);
    look(record, 50 * MS);
    uint64_t before = view.steal;
    area_register();
    look(record, 50 * MS);
    check_range("before", before, 10 * MS, 50 * MS);
    check_range("after", view.steal, 10 * MS, 50 * MS);
    tell_view();
}

static const struct {
    const char *name;
    void (*test)(void);
} cases[] = {
    {"calls", test_calls},     {"zeroed", test_zeroed},     {"spin", test_spin},
    {"again", test_again},     {"disabled", test_disabled}, {"sleep", test_sleep},
    {"sibling", test_sibling}, {"restart", test_restart},   {"suspend", test_suspend},
    {"reboot", test_reboot},   {"moved", test_moved},
};

int test_main(void)
{
    if (!arg_is("case", "moved"))
        area_register();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (arg_is("case", cases[i].name)) {
            cases[i].test();
            return 0;
        }
    say("there is no such case: the argument is case=NAME\n");
    return 1;
}
