/* SPDX-License-Identifier: MIT */
/*
 * How long an IPI is on its way. The boot hart sends one hart after the other an IPI, and looks at the clock until it
 * has been taken: by a hart that spins, and by one that waits (WFI). Each answer is one store by the other hart.
 *
 * With together=1 it sends each IPI to itself and to all that spin, at once, and a remote fence to these right behind.
 *
 * Arguments: rounds=N (0: for ever), gap=TICKS between two of them, more or less, together.
 */
#include "tests/guests/frame/frame.h"

#define SECOND (10 * 1000 * 1000UL)
#define LOST   (SECOND / 50) /* an IPI that has not come by then does not come */

static volatile uint64_t taken[HARTS];
static uint64_t random = 88172645463325252UL;

static void on_ipi(struct hart *h, uint64_t irq)
{
    csr_clear(sip, 1UL << IRQ_SOFT);
    taken[h->id] += irq == IRQ_SOFT;
}

/* QEMU 10 mistakes the page of a WFI that exits, if the next instruction lies in another one: here it does not. */
static void wait(void)
{
    __asm__ volatile(".balign 8\n\twfi");
}

/* Harts of even number wait, the others spin. */
static void listen(uint64_t id)
{
    this_hart()->on_interrupt = on_ipi;
    csr_set(sie, 1UL << IRQ_SOFT);
    csr_set(sstatus, SSTATUS_SIE);
    for (;;)
        if (id % 2 == 0)
            wait();
}

static uint64_t about(uint64_t ticks)
{
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return ticks / 2 + random % (ticks + 1);
}

/* Ticks until the hart has taken it. */
static uint64_t send(uint64_t id)
{
    uint64_t before = taken[id], since = rdtime();

    sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, (long)id, 0);
    await(&taken[id], before + 1, SECOND);
    return rdtime() - since;
}

static void send_one_by_one(uint64_t rounds, uint64_t gap)
{
    uint64_t *sent[] = {report_number("to_waiting.sent"), report_number("to_spinning.sent")};
    uint64_t *took[] = {report_number("to_waiting.ns"), report_number("to_spinning.ns")};

    for (uint64_t round = 0; round < rounds || !rounds; round++) {
        uint64_t id = 1 + round % (hart_count - 1);

        *took[id % 2] += send(id) * 100;
        *sent[id % 2] += 1;
        spin_until(rdtime() + about(gap));
    }
}

/* Ticks until it has its own; *lost counts those of the others that do not come. */
static uint64_t send_to_all(uint64_t spinning, uint64_t *lost)
{
    uint64_t before[HARTS], since = rdtime(), own;

    for (uint64_t id = 0; id < hart_count; id++)
        before[id] = taken[id];
    sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, (long)(spinning | 1), 0, 0);
    await(&taken[0], before[0] + 1, LOST);
    own = rdtime() - since;
    sbi_call5(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, (long)spinning, 0, 0, 0, 0);
    for (uint64_t id = 1; id < hart_count; id += 2)
        *lost += !await(&taken[id], before[id] + 1, LOST);
    return own;
}

static void send_together(uint64_t rounds, uint64_t gap)
{
    uint64_t *sent = report_number("together.sent"), *lost = report_number("together.lost");
    uint64_t *took = report_number("to_itself.ns"), spinning = 0;

    for (uint64_t id = 1; id < hart_count; id += 2)
        spinning |= 1UL << id;
    this_hart()->on_interrupt = on_ipi;
    csr_set(sie, 1UL << IRQ_SOFT);
    csr_set(sstatus, SSTATUS_SIE);
    for (uint64_t round = 0; round < rounds || !rounds; round++) {
        *took += send_to_all(spinning, lost) * 100;
        *sent += 1;
        spin_until(rdtime() + about(gap));
    }
}

int test_main(void)
{
    uint64_t rounds = arg_number("rounds", 0), gap = arg_number("gap", 10000);

    area_register();
    for (uint64_t id = 1; id < hart_count; id++)
        check("start", (uint64_t)hart_start(id, listen, id), 0);
    spin_until(rdtime() + SECOND / 100);
    if (arg_number("together", 0))
        send_together(rounds, gap);
    else
        send_one_by_one(rounds, gap);
    return 0;
}
