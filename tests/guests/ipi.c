/* SPDX-License-Identifier: MIT */
/*
 * Harts among themselves: HSM start, stop and status; IPIs to harts that wait, that run, and to all; remote
 * fences after a change of page tables or of code.
 *
 * Argument: rounds=N of the IPI tests.
 */
#include "tests/guests/frame/frame.h"

#define SECOND (10 * 1000 * 1000UL)
#define PAGE   4096UL

#define PTE_V     1UL
#define PTE_LEAF  0xcfUL /* valid, all rights, accessed, dirty */
#define SATP_SV39 (8UL << 60)

/* What a worker does, until it is told to stop. */
enum order { WAIT, SPIN, READ, CALL, STOP };

static struct worker {
    volatile uint64_t order, obeys;
    volatile uint64_t ipis;  /* taken by the handler, or found pending after WFI */
    volatile uint64_t reads; /* times it read or called */
    volatile uint64_t value; /* what it read, or what the code returned */
} __attribute__((aligned(64))) workers[HARTS];

static uint64_t page_a[512] __attribute__((aligned(4096)));
static uint64_t page_b[512] __attribute__((aligned(4096)));
static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t middle[512] __attribute__((aligned(4096)));
static uint64_t last[512] __attribute__((aligned(4096)));

/* In its last gigabyte of Sv39's lower half. */
#define WINDOW 0x3fc0000000UL

/* li a0, 1; ret */
static uint32_t code[2] __attribute__((aligned(64))) = {0x00100513, 0x00008067};

static void on_ipi(struct hart *h, uint64_t irq)
{
    csr_clear(sip, 1UL << IRQ_SOFT);
    workers[h->id].ipis += irq == IRQ_SOFT;
}

static void wait_round(struct worker *w)
{
    __asm__ volatile("wfi");
    if (csr_read(sip) >> IRQ_SOFT & 1) {
        csr_clear(sip, 1UL << IRQ_SOFT);
        w->ipis++;
    }
}

static void spin_round(void)
{
    csr_set(sstatus, SSTATUS_SIE);
    for (volatile int n = 0; n < 16; n++)
        ;
    csr_clear(sstatus, SSTATUS_SIE);
}

static void work(uint64_t id)
{
    struct worker *w = &workers[id];

    this_hart()->on_interrupt = on_ipi;
    csr_set(sie, 1UL << IRQ_SOFT);
    csr_write(satp, SATP_SV39 | (uint64_t)root / PAGE);
    __asm__ volatile("sfence.vma" ::: "memory");
    for (;;) {
        uint64_t order = w->order;

        w->obeys = order;
        if (order == WAIT)
            wait_round(w);
        else if (order == SPIN)
            spin_round();
        else if (order == READ)
            w->value = *(volatile uint64_t *)WINDOW;
        else if (order == CALL)
            w->value = ((uint64_t (*)(void))(uintptr_t)code)();
        else
            return;
        w->reads++;
    }
}

static void kick(uint64_t id)
{
    sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, (long)id, 0);
}

/* A hart that waits looks at its orders only after an interrupt. Some of these may find it already awake, so
 * it is given time to settle, and its count starts afterwards. */
static bool tell(uint64_t id, enum order order)
{
    struct worker *w = &workers[id];
    bool obeys;

    w->order = order;
    __asm__ volatile("fence rw, rw" ::: "memory");
    kick(id);
    obeys = order == STOP || await(&w->obeys, order, SECOND);
    spin_until(rdtime() + SECOND / 200);
    w->ipis = 0;
    return obeys;
}

static void tell_all(enum order order)
{
    for (uint64_t id = 0; id < hart_count; id++)
        if (id != boot_hart)
            check("ipi.obeys", tell(id, order), true);
}

static uint64_t status(uint64_t id)
{
    struct sbi_result result = sbi_call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, (long)id, 0, 0);

    return result.error ? (uint64_t)result.error : (uint64_t)result.value;
}

static bool await_status(uint64_t id, uint64_t wanted)
{
    for (uint64_t until = rdtime() + SECOND; rdtime() < until;)
        if (status(id) == wanted)
            return true;
    return false;
}

static void start_all(void)
{
    for (uint64_t id = 0; id < hart_count; id++) {
        if (id == boot_hart)
            continue;
        check("hsm.stopped_at_first", status(id), SBI_HSM_STOPPED);
        check("hsm.start", (uint64_t)hart_start(id, work, id), 0);
        check("hsm.started", await_status(id, SBI_HSM_STARTED), true);
        check("hsm.start_again", (uint64_t)hart_start(id, work, id), (uint64_t)SBI_ERR_ALREADY_AVAILABLE);
    }
}

/* Every IPI to a hart that has taken the one before is taken once. */
static void test_one_by_one(enum order order, uint64_t rounds)
{
    tell_all(order);
    for (uint64_t round = 1; round <= rounds; round++)
        for (uint64_t id = 0; id < hart_count; id++) {
            if (id == boot_hart)
                continue;
            kick(id);
            check(order == WAIT ? "ipi.to_waiting" : "ipi.to_running",
                  await(&workers[id].ipis, round, SECOND), true);
        }
}

static void test_all_at_once(uint64_t rounds)
{
    tell_all(WAIT);
    for (uint64_t round = 1; round <= rounds; round++) {
        sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 0, -1, 0);
        check("ipi.all_to_self", csr_read(sip) >> IRQ_SOFT & 1, 1);
        csr_clear(sip, 1UL << IRQ_SOFT);
        for (uint64_t id = 0; id < hart_count; id++)
            if (id != boot_hart)
                check("ipi.all", await(&workers[id].ipis, round, SECOND), true);
    }
}

/* After the call every other hart has the new value at its next look. */
static void expect_everywhere(const char *name, uint64_t value)
{
    for (uint64_t id = 0; id < hart_count; id++) {
        if (id == boot_hart)
            continue;
        uint64_t before = workers[id].reads;
        for (uint64_t until = rdtime() + SECOND; workers[id].reads < before + 2 && rdtime() < until;)
            ;
        check(name, workers[id].value, value);
    }
}

static void map_window(const uint64_t *page)
{
    last[0] = (uint64_t)page >> 12 << 10 | PTE_LEAF;
    __asm__ volatile("fence rw, rw" ::: "memory");
}

static void make_tables(void)
{
    root[0] = PTE_LEAF;             /* devices */
    root[2] = 2UL << 28 | PTE_LEAF; /* RAM, where it is */
    root[255] = (uint64_t)middle >> 12 << 10 | PTE_V;
    middle[0] = (uint64_t)last >> 12 << 10 | PTE_V;
    page_a[0] = 0xaaaa;
    page_b[0] = 0xbbbb;
    map_window(page_a);
}

static void test_remote_fences(uint64_t rounds)
{
    tell_all(READ);
    for (uint64_t round = 0; round < rounds; round++) {
        map_window(round % 2 ? page_a : page_b);
        struct sbi_result fenced = sbi_call5(
            SBI_EXT_RFENCE, round % 4 < 2 ? SBI_RFENCE_SFENCE_VMA : SBI_RFENCE_SFENCE_VMA_ASID, 0, -1,
            (long)WINDOW, (long)PAGE, 0);
        check("rfence.vma", (uint64_t)fenced.error, 0);
        expect_everywhere("rfence.vma_seen", round % 2 ? 0xaaaa : 0xbbbb);
    }
    tell_all(CALL);
    for (uint64_t round = 0; round < rounds; round++) {
        *(volatile uint32_t *)code = 0x00000513 | (uint32_t)(round + 2) << 20; /* li a0, round + 2 */
        struct sbi_result fenced = sbi_call5(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 0, -1, 0, 0, 0);
        check("rfence.i", (uint64_t)fenced.error, 0);
        expect_everywhere("rfence.i_seen", round + 2);
    }
}

static void test_stop_and_start(uint64_t rounds)
{
    for (uint64_t round = 0; round < rounds; round++)
        for (uint64_t id = 0; id < hart_count; id++) {
            if (id == boot_hart)
                continue;
            tell(id, STOP);
            check("hsm.stops", await_status(id, SBI_HSM_STOPPED), true);
            workers[id].order = WAIT;
            check("hsm.restart", (uint64_t)hart_start(id, work, id), 0);
            check("hsm.restarted", await_status(id, SBI_HSM_STARTED), true);
        }
}

int test_main(void)
{
    uint64_t rounds = arg_number("rounds", 20);

    area_register();
    *report_number("harts") = hart_count;
    make_tables();
    start_all();
    test_one_by_one(WAIT, rounds);
    test_one_by_one(SPIN, rounds);
    test_all_at_once(rounds);
    test_remote_fences(rounds);
    test_stop_and_start(3);
    test_one_by_one(WAIT, 3);
    return 0;
}
