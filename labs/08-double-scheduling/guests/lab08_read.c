/* SPDX-License-Identifier: MIT */
/*
 * Reads a steal-time record with the reader of include/stint/sta.h while it is being written. The writer is an
 * interrupt, which comes between any two of the reader's instructions, as another hart would: it begins an update, and
 * a later one ends it. Arguments: seed=N, reads=N.
 */
#include <stint/sta.h>
#include "tests/guests/frame/frame.h"

#define NONSENSE (~0UL) /* steal in the middle of an update */

static struct sbi_sta record;
static uint64_t random, updates;

static uint64_t next_random(void)
{
    random = random * 6364136223846793005UL + 1442695040888963407UL;
    return random >> 33;
}

static void put(uint64_t steal)
{
    *(volatile uint64_t *)&record.steal = steal;
    *(volatile uint32_t *)&record.sequence = record.sequence + 1;
}

/* Steal goes up by one with each update. The halves of an update are short, the pauses between them longer. */
static void write(struct hart *hart, uint64_t irq)
{
    bool begins = record.sequence % 2 == 0;

    (void)hart, (void)irq;
    put(begins ? NONSENSE : ++updates);
    csr_write(stimecmp, rdtime() + 3 + next_random() % (begins ? 8 : 40));
}

int test_main(void)
{
    volatile uint64_t *reads = report_number("reads"), *nonsense = report_number("nonsense"),
                      *stale = report_number("stale"), *written = report_number("updates");

    area_register();
    random = arg_number("seed", 1);
    this_hart()->on_interrupt = write;
    csr_write(stimecmp, rdtime() + 100);
    csr_set(sie, 1UL << IRQ_TIMER);
    csr_set(sstatus, SSTATUS_SIE);
    for (uint64_t n = arg_number("reads", 100000); n; n--) {
        uint64_t before = *(volatile uint64_t *)&updates, steal = sbi_sta_steal(&record);

        *nonsense += steal == NONSENSE;
        *stale += steal < before;
        ++*reads;
    }
    csr_clear(sstatus, SSTATUS_SIE);
    *written = updates;
    return 0;
}
