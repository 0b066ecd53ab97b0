/* SPDX-License-Identifier: MIT */
/*
 * Rogues whose steal-time record lies where it should not, or is not left alone. The hypervisor writes 64 bytes of the
 * guest's own RAM, and never believes what it finds there.
 */
#include "lib/string.h"
#include "tests/guests/steal.h"
#include "tests/rogue/rogue.h"

extern struct stint_area stint_area;

static volatile struct sbi_sta records[HARTS];

/* Beside the neighbour this is some turns of each. */
static void spin(void)
{
    spin_until(rdtime() + 20 * MS);
}

/* Over the entries 8 to 15 of a table that is in use: those of 8 to 15 GiB, which nobody needs. */
static void over_free_entries(void)
{
    tables_on();
    check("steal.register", (uint64_t)sta_register(&tables_root[8]), 0);
    spin();
    check("steal.written", tables_root[9] != 0, true); /* the second word is the steal */
    tables_off();
}

/* Over the entries by which it runs: its own RAM is gone, from the next translation on. */
static void over_used_entries(void)
{
    tables_on();
    sta_register(&tables_root[0]);
    __asm__ volatile("sfence.vma" ::: "memory");
    spin();
}

static void at_devices(void)
{
    static const uint64_t places[] = {0,         0x1000,         0x100000,   0x2000000,  0xc000000,
                                      UART,      0x10001000,     0x30000000, 0x7fffffc0, 0x80600000UL << 1,
                                      1UL << 41, 0xffffffffc0UL, 1UL << 63,  -128UL};

    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        check("steal.device", (uint64_t)sta_register((void *)places[i]), (uint64_t)SBI_ERR_INVALID_ADDRESS);
    for (uint64_t beyond = 0; beyond < 64 * PAGE; beyond += 64)
        check("steal.beyond", (uint64_t)sta_register((void *)(ram_end + beyond)),
              (uint64_t)SBI_ERR_INVALID_ADDRESS);
    spin();
}

/* RAM's last 64 bytes, all others of its last page, and its first. */
static void at_ends(void)
{
    for (uint64_t at = ram_end - PAGE; at < ram_end; at += 64)
        check("steal.last_page", (uint64_t)sta_register((void *)at), 0);
    spin();
    check("steal.last", ((struct sbi_sta *)(ram_end - 64))->sequence > 0, true);
    check("steal.before_last", ((struct sbi_sta *)(ram_end - 128))->sequence, 0);
    check("steal.first", (uint64_t)sta_register((void *)0x80000000UL), 0);
    spin();
}

/* The call zeroes the code that makes it. */
static void over_code(void)
{
    sta_register((void *)((uint64_t)over_code & -64UL));
    spin();
}

/* What it says is overwritten as fast as can be. */
static void rewritten(void)
{
    sta_register(&records[0]);
    for (uint64_t until = rdtime() + 60 * MS, n = 0; rdtime() < until; n++)
        memset((void *)&records[0], (int)n, sizeof(records[0]));
    uint32_t before = records[0].sequence = 1;
    spin();
    check("steal.goes_on", records[0].sequence != before, true);
    check("steal.sane", records[0].steal < 1000000000UL, true);
}

static void hammer_one(uint64_t id)
{
    for (;;) {
        sta_register(&records[id % 2]);
        records[id % 2].sequence = (uint32_t)id;
    }
}

/* All harts have the same two records, and register them without end. */
static void shared(void)
{
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, hammer_one, id);
    hammer_one(0);
}

static void come_and_go(uint64_t id)
{
    for (uint64_t n = id;; n++) {
        sta_register(&records[n % HARTS]);
        if (n % 3 == 0)
            sta_unregister();
        if (n % 7 == 0)
            sbi_call(SBI_EXT_STINT, STINT_YIELD, 0, 0, 0);
    }
}

static void storm(void)
{
    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, come_and_go, id);
    come_and_go(0);
}

static void restarted(uint64_t id)
{
    sta_register(&records[id]);
}

/* Harts that register and stop, and are started anew before anybody has looked. */
static void reborn(void)
{
    for (;;)
        for (uint64_t id = 1; id < hart_count; id++)
            hart_start(id, restarted, id);
}

/* The record is in the area, and its siblings register theirs there while the pages are exchanged. */
static void in_area(void)
{
    char *end = (char *)&stint_area + stint_area.bytes;

    for (uint64_t id = 1; id < hart_count; id++)
        hart_start(id, come_and_go, id);
    for (uint64_t n = 1; n < 200; n++)
        sta_register(end - 64 * (n % 64 + 1));
    area_register();
    spin();
    for (uint64_t n = 1; n < 200; n++)
        sta_register(end - 64 * (n % 64 + 1));
    spin();
    check("steal.moved", ((struct sbi_sta *)(end - 64 * (199 % 64 + 1)))->sequence > 0, true);
}

/* Registered where the host reads what the guest reports: its names, its heads. */
static void over_area(void)
{
    for (uint64_t at = 0; at < sizeof(struct stint_area) / 64; at++)
        sta_register((char *)&stint_area + 64 * at);
    spin();
    shut_down(SBI_SRST_REASON_NONE);
}

const struct rogue_case rogue_steal[] = {
    {"steal_over_free_entries", over_free_entries},
    {"steal_over_used_entries", over_used_entries},
    {"steal_at_devices", at_devices},
    {"steal_at_ends", at_ends},
    {"steal_over_code", over_code},
    {"steal_rewritten", rewritten},
    {"steal_shared", shared},
    {"steal_storm", storm},
    {"steal_reborn", reborn},
    {"steal_in_area", in_area},
    {"steal_over_area", over_area},
    {0},
};
