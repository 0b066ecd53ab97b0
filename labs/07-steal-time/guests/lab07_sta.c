/* SPDX-License-Identifier: MIT */
/*
 * What a guest sees of its steal-time records, as numbers: what they should be is in the lab's tests. Argument:
 * case=NAME, of the table at the end. Times are ticks of the guest's clock; a tick is 100 ns.
 */
#include "lib/string.h"
#include "tests/guests/view.h"

#define UART     0x10000000UL
#define SOME     0xa5
#define NONSENSE 0xa5a5a5a5U

static volatile struct sbi_sta records[2];

static void tell(const char *name, uint64_t value)
{
    *report_signed(name) = (int64_t)value;
}

/* ---- The call ---- */

static void call(const char *name, uint64_t low, uint64_t high, uint64_t flags)
{
    tell(name, (uint64_t)sta_set(low, high, flags));
}

static void test_calls(void)
{
    uint64_t good = (uint64_t)&records[0], flags = arg_number("flags", 1), off = arg_number("off", 8);
    uint64_t high_flags = arg_number("high_flags", 1UL << 63);

    call("register", good, 0, 0);
    call("flags", good, 0, flags);
    call("high_flags", good, 0, high_flags);
    call("stop_with_flags", -1UL, -1UL, flags);
    call("stop", -1UL, -1UL, 0);
    call("stop_again", -1UL, -1UL, 0);
    call("only_low_is_ones", -1UL, 0, 0);
    call("only_high_is_ones", good, -1UL, 0);
    call("misaligned", good + off, 0, 0);
    call("half_aligned", good + sizeof(records[0]) / 2, 0, 0);
    call("misaligned_and_high", good + off, 1, 0);
    call("misaligned_and_outside", UART + off, 0, 0);
    call("high", good, 1, 0);
    call("device", UART, 0, 0);
    call("before_ram", 0x80000000UL - 64, 0, 0);
    call("behind_ram", ram_end, 0, 0);
    call("far_outside", 1UL << 55, 0, 0);
    call("first_of_ram", 0x80000000UL, 0, 0);
    call("last_of_ram", ram_end - 64, 0, 0);
}

static void fill(volatile struct sbi_sta *record)
{
    memset((void *)record, SOME, sizeof(*record));
}

/* Of its 64 bytes those that are not `byte`. */
static uint64_t others(const volatile struct sbi_sta *record, uint8_t byte)
{
    const volatile uint8_t *bytes = (const volatile uint8_t *)record;
    uint64_t count = 0;

    for (unsigned i = 0; i < sizeof(*record); i++)
        count += bytes[i] != byte;
    return count;
}

static void test_zeroed(void)
{
    fill(&records[0]);
    fill(&records[1]);
    call("refused", (uint64_t)&records[0], 0, 1);
    tell("refused_changed", others(&records[0], SOME));
    call("register", (uint64_t)&records[0], 0, 0);
    tell("not_zero", others(&records[0], 0));
    tell("neighbour_changed", others(&records[1], SOME));
}

/* ---- One hart ---- */

/* Bytes that are not 0 where nothing is ever written. */
static uint64_t filled(const volatile struct sbi_sta *record)
{
    uint64_t count = record->flags != 0;

    for (unsigned i = 0; i < sizeof(record->pad); i++)
        count += record->pad[i] != 0;
    return count;
}

static void test_spin(void)
{
    spin_until(rdtime() + arg_number("before", 0) * MS);
    call("register", (uint64_t)&records[0], 0, 0);
    look(&records[0], arg_number("ms", 500) * MS);
    tell_view();
    tell("filled", filled(&records[0]));
}

/* Whether a call that is refused leaves the record as it is. */
static void look_after_refusals(void)
{
    uint64_t good = (uint64_t)&records[1];

    sta_set(good, 0, 1);
    sta_set(good + 1, 0, 0);
    sta_set(good, 1, 0);
    sta_set(UART, 0, 0);
    look(&records[0], 60 * MS);
    tell("refused_gaps", view.gaps);
    tell("refused_steal", view.steal);
}

static void test_again(void)
{
    uint32_t sequence;
    uint64_t left;

    call("first", (uint64_t)&records[0], 0, 0);
    look(&records[0], 200 * MS);
    tell("first_gaps", view.gaps);
    tell("first_steal", sta_steal(&records[0], &sequence) / TICK_NS);
    look_after_refusals();
    left = records[0].steal;
    call("second", (uint64_t)&records[1], 0, 0);
    tell("second_begins", sta_steal(&records[1], &sequence) / TICK_NS);
    look(&records[1], 120 * MS); /* not as long as the first */
    tell("second_gaps", view.gaps);
    tell("second_steal", sta_steal(&records[1], &sequence) / TICK_NS);
    tell("first_went_on", records[0].steal - left);
}

static void test_stopped(void)
{
    call("register", (uint64_t)&records[0], 0, 0);
    look(&records[0], 100 * MS);
    tell("steal", view.steal);
    uint64_t left = records[0].steal;
    call("stop", -1UL, -1UL, 0);
    tell("taken_back", records[0].steal < left);
    fill(&records[0]);
    uint64_t begin = csr_read(cycle);
    spin_until(rdtime() + 200 * MS);
    tell("machine", (csr_read(cycle) - begin) / TICK_NS);
    tell("changed", others(&records[0], SOME));
}

/* Sleeps and works in turns. Whatever comes after a timer was due is not sleep. */
static void test_sleep(void)
{
    uint32_t sequence;
    uint64_t slept = 0, late = 0, before, sleep = arg_number("sleep", 5000) * MS / 1000;

    csr_set(sie, 1UL << IRQ_TIMER);
    call("register", (uint64_t)&records[0], 0, 0);
    before = sta_steal(&records[0], &sequence);
    for (uint64_t n = arg_number("waits", 20); n; n--) {
        uint64_t due = rdtime() + sleep;

        csr_write(stimecmp, due);
        while (rdtime() < due)
            __asm__ volatile("wfi");
        slept += sleep;
        late += rdtime() - due;
    }
    tell("slept", slept);
    tell("late", late);
    tell("steal", (sta_steal(&records[0], &sequence) - before) / TICK_NS);
}

/* Ticks for which this hart was away, the next time that it is. */
static uint64_t next_gap(void)
{
    for (uint64_t before = rdtime();;) {
        uint64_t now = rdtime();

        if (now - before > GAP_LEAST)
            return now - before;
        before = now;
    }
}

/* A guest owns its memory, and may write nonsense there. */
static void test_scribbled(void)
{
    uint32_t sequence;
    uint64_t gaps = 0;

    call("register", (uint64_t)&records[0], 0, 0);
    for (unsigned n = 0; n < 8; n++) {
        gaps += next_gap();
        records[0].sequence = NONSENSE;
        records[0].steal = ~0UL;
    }
    gaps += next_gap();
    tell("gaps", gaps);
    tell("steal", sta_steal(&records[0], &sequence) / TICK_NS);
    tell("odd", sequence % 2);
    tell("sequence", sequence);
}

/* The record lies in the area, whose pages move to where the host reads them. */
static void test_moved(void)
{
    extern struct stint_area stint_area;
    volatile struct sbi_sta *record = (void *)((char *)&stint_area + stint_area.bytes - sizeof(*record));

    call("register", (uint64_t)record, 0, 0);
    look(record, 100 * MS);
    area_register();
    look(record, 200 * MS);
    tell_view();
}

/* ---- Two harts: hart 1 has the record, hart 0 reads it ---- */

static volatile uint64_t registered;

static void register_second(void)
{
    tell("register", (uint64_t)sta_register(&records[1]));
    registered = 1;
}

/* Whoever offers its CPU goes on at once when nobody wants it, and each time its record is written. */
static void offer_for_ever(IGNORED uint64_t argument)
{
    register_second();
    for (;;)
        sbi_call(SBI_EXT_STINT, STINT_YIELD, 0, 0, 0);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005UL + 1442695040888963407UL;
    return *state >> 33;
}

/* What the reader of a record sees that another hart writes. */
static struct {
    uint64_t odd;     /* looks while it was being written */
    uint64_t updates; /* even sequences that followed each other */
    uint64_t torn;    /* two different steals under the same even sequence: a reader takes both for whole */
    uint64_t steals;  /* how often steal changed */
    uint32_t sequence;
    uint64_t steal;
} seen;

static void see(uint32_t before, uint64_t steal, uint32_t after)
{
    seen.odd += before % 2;
    if (before != after || before % 2)
        return;
    seen.updates += before != seen.sequence;
    seen.steals += steal != seen.steal;
    seen.torn += before == seen.sequence && steal != seen.steal;
    seen.sequence = before;
    seen.steal = steal;
}

/* A hart's turn, in a deterministic run, ends before the next timer of any hart: short timers let hart 0 look between
 * any two instructions of hart 1. Nobody takes their interrupts. */
static void test_sequence(void)
{
    uint64_t random = arg_number("seed", 1), timer = 0, end;

    hart_start(1, offer_for_ever, 0);
    await(&registered, 1, 1000 * MS);
    for (end = rdtime() + arg_number("ms", 100) * MS; rdtime() < end;) {
        uint32_t before = records[1].sequence;
        uint64_t steal = records[1].steal;

        see(before, steal, records[1].sequence);
        if (rdtime() >= timer) {
            timer = rdtime() + 1 + next_random(&random) % 64;
            csr_write(stimecmp, timer);
        }
    }
    tell("odd", seen.odd);
    tell("updates", seen.updates);
    tell("steals", seen.steals);
    tell("torn", seen.torn);
}

static volatile uint64_t counter, sleeps_until;

/* Counts for a while, and sleeps for a while. */
static void count_and_sleep(uint64_t ticks)
{
    csr_set(sie, 1UL << IRQ_TIMER);
    register_second();
    for (;;) {
        for (uint64_t end = rdtime() + 2 * ticks; rdtime() < end;)
            counter++;
        sleeps_until = rdtime() + ticks;
        csr_write(stimecmp, sleeps_until);
        while (rdtime() < sleeps_until)
            __asm__ volatile("wfi");
        sleeps_until = 0;
        csr_write(stimecmp, -1);
    }
}

/* A sibling that is preempted executes nothing; one that says it is not does not stand still for longer than harts take
 * turns. One that sleeps is not preempted: in the last ms before its timer it surely does. The sequence is looked at
 * first and last: if it is the same the sibling did not go on in between. */
static void test_preempted(void)
{
    uint64_t preempted = 0, went_on = 0, unsaid = 0, asleep = 0, asleep_preempted = 0;
    uint64_t last = 0, since = rdtime(), end;

    hart_start(1, count_and_sleep, arg_number("sleep", 12) * MS);
    await(&registered, 1, 1000 * MS);
    for (end = rdtime() + arg_number("ms", 400) * MS; rdtime() < end;) {
        uint32_t before = records[1].sequence;
        bool was = records[1].preempted != 0;
        uint64_t from = counter, until = sleeps_until, now;

        spin_until(rdtime() + MS / 20);
        uint64_t to = counter;
        bool is = records[1].preempted != 0;
        bool same = was == is && before == records[1].sequence;
        now = rdtime();
        if (until && now < until && until - now < MS) {
            asleep++;
            asleep_preempted += is;
        }
        preempted += was && !until;
        went_on += was && same && from != to;
        if (to != last || is || until || !same)
            last = to, since = now;
        unsaid += now - since > 3 * MS;
    }
    tell("preempted", preempted);
    tell("went_on", went_on);
    tell("unsaid", unsaid);
    tell("asleep", asleep);
    tell("asleep_preempted", asleep_preempted);
}

static volatile uint64_t woken_at;

static void wait_for_ipis(IGNORED uint64_t argument)
{
    csr_write(sie, 1UL << IRQ_SOFT);
    register_second();
    for (;;) {
        while (!(csr_read(sip) >> IRQ_SOFT & 1))
            __asm__ volatile("wfi");
        woken_at = rdtime();
        csr_clear(sip, 1UL << IRQ_SOFT);
    }
}

static void sleep_until(uint64_t due)
{
    csr_write(stimecmp, due);
    while (rdtime() < due)
        __asm__ volatile("wfi");
    csr_write(stimecmp, -1);
}

/* It is another pCPU that wakes the one that has the record: one that idles for most of the time. */
static void test_woken(void)
{
    uint32_t sequence;
    uint64_t late = 0, steal = 0, pause = arg_number("pause", 10) * MS;

    csr_set(sie, 1UL << IRQ_TIMER);
    hart_start(1, wait_for_ipis, 0);
    for (uint64_t n = arg_number("waits", 20); n; n--) {
        sleep_until(rdtime() + pause);
        uint64_t before = sta_steal(&records[1], &sequence), sent = rdtime();
        woken_at = 0;
        sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 2, 0, 0);
        sleep_until(rdtime() + pause);
        late += woken_at - sent;
        steal += sta_steal(&records[1], &sequence) - before;
    }
    tell("late", late);
    tell("steal", steal / TICK_NS);
}

/* ---- Lives ---- */

static void register_and_stop(IGNORED uint64_t argument)
{
    register_second();
}

static void spin_for(uint64_t ticks)
{
    spin_until(rdtime() + ticks);
}

/* The second life of a hart has no record. */
static void test_restart(void)
{
    hart_start(1, register_and_stop, 0);
    tell("first_life", await(&harts[1].done, 1, 1000 * MS));
    while (sbi_call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 1, 0, 0).value != SBI_HSM_STOPPED)
        ;
    fill(&records[1]);
    tell("restart", (uint64_t)hart_start(1, spin_for, 100 * MS));
    tell("second_life", await(&harts[1].done, 1, 1000 * MS));
    tell("changed", others(&records[1], SOME));
}

static const struct {
    const char *name;
    void (*test)(void);
} cases[] = {
    {"calls", test_calls},     {"zeroed", test_zeroed},       {"spin", test_spin},
    {"again", test_again},     {"stopped", test_stopped},     {"sleep", test_sleep},
    {"moved", test_moved},     {"sequence", test_sequence},   {"preempted", test_preempted},
    {"restart", test_restart}, {"scribbled", test_scribbled}, {"woken", test_woken},
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
