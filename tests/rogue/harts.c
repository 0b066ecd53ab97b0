/* SPDX-License-Identifier: MIT */
/*
 * Rogues with several harts.
 */
#include "tests/rogue/rogue.h"

static long start_at(uint64_t hart, uint64_t address)
{
    return sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, (long)hart, (long)address, 0).error;
}

static void start_absent(void)
{
    const uint64_t absent[] = {hart_count, hart_count + 1, 32,        63,        64,   255,
                               256,        1UL << 31,      1UL << 32, 1UL << 63, ~0UL, ~0UL - 1};

    for (unsigned i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        check("start.absent", (uint64_t)start_at(absent[i], (uint64_t)start_other),
              (uint64_t)SBI_ERR_INVALID_PARAM);
}

static void start_bad_address(void)
{
    const uint64_t bad[] = {0,           0x1000,    UART,      0xc000000, 0x7ffffffe, ram_end,
                            ram_end + 2, 1UL << 41, 1UL << 55, ~1UL,      ~0UL};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check("start.address", (uint64_t)start_at(1, bad[i]), (uint64_t)SBI_ERR_INVALID_ADDRESS);
}

/* RAM it is, but there is no code there, nor a trap vector. */
static void start_into_zeros(void)
{
    start_at(1, 0x80100000);
    spin_until(rdtime() + 20 * MS);
}

/* At the very end of RAM. */
static void start_at_end(void)
{
    start_at(1, ram_end - 2);
    spin_until(rdtime() + 20 * MS);
}

/* Each starts all others, and stops. */
static void bomb(IGNORED uint64_t argument)
{
    for (uint64_t id = 0; id < hart_count; id++)
        hart_start(id, bomb, 0);
}

static void fork_bomb(void)
{
    uint64_t *rounds = report_number("rounds");

    for (;; ++*rounds)
        for (uint64_t id = 1; id < hart_count; id++)
            hart_start(id, bomb, 0);
}

/* The last one to stop leaves a machine in which nobody can start anybody. */
static void stop_all(void)
{
    hart_stop();
}

static void stop_in_chains(void)
{
    hart_start(1, bomb, 0);
    hart_stop();
}

static void ipis(IGNORED uint64_t argument)
{
    for (;;)
        sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 0, -1, 0);
}

static void ipi_storm(void)
{
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, ipis, 0);
    ipis(0);
}

/* Each waits for all others to fence, all the time. */
static void fences(IGNORED uint64_t argument)
{
    for (long n = 0;; n++)
        sbi_call5(SBI_EXT_RFENCE, n % 3, 0, -1, 0, 0, 0);
}

static void fence_storm(void)
{
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, fences, 0);
    fences(0);
}

/* Fences at harts that stop and start meanwhile. */
static void stopping(IGNORED uint64_t argument)
{
}

static void fence_stopping(void)
{
    uint64_t *rounds = report_number("rounds");

    for (;; ++*rounds) {
        for (uint64_t id = 1; id < hart_count; id++)
            hart_start(id, stopping, 0);
        sbi_call5(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 0, -1, 0, 0, 0);
        sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 0, -1, 0);
    }
}

static void toil(uint64_t kind)
{
    if (kind % 3 == 0)
        ipis(0);
    if (kind % 3 == 1)
        fences(0);
    for (;;)
        __asm__ volatile("wfi");
}

static void start_toil(void)
{
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, toil, id);
    spin_until(rdtime() + 5 * MS);
}

/* The machine ends, in three ways, while all its other harts are at work. */
static void shut_down_at_work(void)
{
    start_toil();
    shut_down(SBI_SRST_REASON_NONE);
}

static void crash_at_work(void)
{
    start_toil();
    *(volatile uint64_t *)ram_end = 1;
}

static void reboot_at_work(void)
{
    start_toil();
    sbi_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, SBI_SRST_COLD_REBOOT, 0, 0);
}

static void crash_now(uint64_t address)
{
    *(volatile uint64_t *)address = 1;
}

static void crash_all(void)
{
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, crash_now, ram_end + id * PAGE);
    crash_now(ram_end);
}

/* All want to be the one that ends the machine. */
static void end_now(uint64_t id)
{
    if (id % 2)
        shut_down(SBI_SRST_REASON_NONE);
    sbi_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, SBI_SRST_WARM_REBOOT, 0, 0);
}

static void end_all(void)
{
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, end_now, id);
    end_now(0);
}

const struct rogue_case rogue_harts[] = {
    {"start_absent", start_absent},
    {"start_bad_address", start_bad_address},
    {"start_into_zeros", start_into_zeros},
    {"start_at_end", start_at_end},
    {"fork_bomb", fork_bomb},
    {"stop_all", stop_all},
    {"stop_in_chains", stop_in_chains},
    {"ipi_storm", ipi_storm},
    {"fence_storm", fence_storm},
    {"fence_stopping", fence_stopping},
    {"shut_down_at_work", shut_down_at_work},
    {"crash_at_work", crash_at_work},
    {"reboot_at_work", reboot_at_work},
    {"crash_all", crash_all},
    {"end_all", end_all},
    {0},
};
