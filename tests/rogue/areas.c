/* SPDX-License-Identifier: MIT */
/*
 * Rogues with an area that is not what it should be. Those with the argument area=none register theirs
 * themselves.
 */
#include "lib/string.h"
#include "tests/rogue/rogue.h"

extern struct stint_area stint_area;

static long set_area(const void *address, uint64_t bytes)
{
    return sbi_call(SBI_EXT_STINT, STINT_SET_AREA, (long)address, (long)bytes, 0).error;
}

static void expect_set(const void *address, uint64_t bytes)
{
    if (set_area(address, bytes))
        shut_down(SBI_SRST_REASON_FAILURE);
}

static void fill(uint8_t byte)
{
    volatile uint8_t *at = (volatile uint8_t *)&stint_area;

    for (uint64_t n = sizeof(stint_area.magic); n < sizeof(stint_area); n++)
        at[n] = byte;
}

static void all_ones(void)
{
    fill(0xff);
    shut_down(SBI_SRST_REASON_NONE);
}

static void all_zeros(void)
{
    fill(0);
    shut_down(SBI_SRST_REASON_NONE);
}

static void heads(void)
{
    for (unsigned n = 0; n < STINT_AREA_RINGS; n++)
        ((volatile uint64_t *)stint_area.heads)[n] = ~0UL - n;
}

static void rings(void)
{
    ((volatile struct stint_area *)&stint_area)->rings = STINT_AREA_RINGS;
    ((volatile struct stint_area *)&stint_area)->ring_slots = 1U << 31;
    ((volatile struct stint_area *)&stint_area)->rings_offset = ~0UL << 12;
    shut_down(SBI_SRST_REASON_NONE);
}

static void lengths(void)
{
    ((volatile struct stint_area *)&stint_area)->bytes = ~0U;
    shut_down(SBI_SRST_REASON_NONE);
}

/* Names and texts without an end, that would draw on a terminal or be a path elsewhere. */
static void names(void)
{
    static const char *const bad[] = {"\x1b[2J\x1b[31m",
                                      "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t",
                                      "....",
                                      "0.0.0.0",
                                      "../../../etc",
                                      "\xff\xfe\x80",
                                      "begun.below",
                                      "tasks.99999999999.name",
                                      "state",
                                      "__proto__"};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        report_text(bad[i], "\x1b[2J\r\n\"}]0123456789");
    volatile struct stint_value *last = &stint_area.values[STINT_AREA_VALUES - 1];
    for (unsigned n = 0; n < sizeof(last->name); n++)
        last->name[n] = 'n';
    last->kind = 77;
}

/* The area is the image itself: the code that runs goes on from where the host looks. */
static void over_image(void)
{
    uint64_t bytes = ((uint64_t)image_end - (uint64_t)image_start + PAGE - 1) & -PAGE;

    expect_set(image_start, bytes < STINT_AREA_MAX ? bytes : STINT_AREA_MAX);
}

static void over_tables(void)
{
    tables_on();
    expect_set(tables_root, PAGE);
    tables_low[1] = pte(0x80200000, PTE_LEAF);
    __asm__ volatile("sfence.vma" ::: "memory");
    if (*(volatile uint32_t *)(WINDOW + 0x200000) != *(volatile uint32_t *)0x80200000UL)
        shut_down(SBI_SRST_REASON_FAILURE);
    tables_off();
}

static volatile uint64_t counter[512] __attribute__((aligned(4096)));
static volatile uint64_t counting;

static void count_up(uint64_t rounds)
{
    for (uint64_t n = 1; n <= rounds; n++) {
        counting = n;
        counter[n % 512] = n;
    }
}

/* A sibling writes while the pages below it are exchanged: nothing may be lost. */
static void while_written(void)
{
    const uint64_t rounds = 100000;

    hart_start(1, count_up, rounds);
    for (uint64_t until = rdtime() + 100 * MS; counting < 1000 && rdtime() < until;)
        ;
    expect_set((const void *)counter, PAGE);
    if (!await(&harts[1].done, 1, 1000 * MS))
        shut_down(SBI_SRST_REASON_FAILURE);
    for (uint64_t n = rounds - 511; n <= rounds; n++)
        if (counter[n % 512] != n)
            shut_down(SBI_SRST_REASON_FAILURE);
}

const struct rogue_case rogue_areas[] = {
    {"area_all_ones", all_ones},
    {"area_all_zeros", all_zeros},
    {"area_heads", heads},
    {"area_rings", rings},
    {"area_lengths", lengths},
    {"area_names", names},
    {"area_over_image", over_image},
    {"area_over_tables", over_tables},
    {"area_while_written", while_written},
    {0},
};
