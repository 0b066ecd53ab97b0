/* SPDX-License-Identifier: MIT */
/*
 * hyp/gstage.c itself, as part of an image that needs no hypervisor, on pages of the image's own: against a walk as
 * hardware makes it, and against a plain list of what is mapped.
 *
 * Arguments: part=hgatp|map|clear, seed=N, vmid=N.
 */
#include "hyp/gstage.h"
#include "hyp/page.h"
#include "hyp/panic.h"
#include "lib/string.h"
#include "tests/guests/frame/frame.h"

#define PAGE   4096UL
#define POOL   512
#define MAPPED 96
#define GIB    (1UL << 30)
#define LIMIT  (1UL << 41)
#define RIGHTS 0xdfUL /* V R W X U A D */
#define LENT   0x100UL
#define DIRT   0x5a

static uint8_t pool[POOL][PAGE] __attribute__((aligned(4096)));
static uint8_t boot_pool[4 * GSTAGE_ROOT_BYTES] __attribute__((aligned(GSTAGE_ROOT_BYTES)));
static bool taken[POOL];
static uint64_t left, boot_used, boot_bytes, boot_align, freed_wrongly;
static uint64_t random_state;

/* ---- What gstage.c calls ---- */

void *boot_alloc(uint64_t bytes, uint64_t align)
{
    uint64_t at = (boot_used + align - 1) & -align;

    boot_bytes = bytes;
    boot_align = align;
    boot_used = at + bytes;
    return boot_used <= sizeof(boot_pool) ? memset(boot_pool + at, 0, bytes) : NULL;
}

uint64_t page_alloc(void)
{
    for (unsigned n = 0; n < POOL && left; n++)
        if (!taken[n]) {
            taken[n] = true;
            left--;
            return (uint64_t)memset(pool[n], 0, PAGE);
        }
    return 0;
}

void page_free(uint64_t page)
{
    uint64_t n = (page - (uint64_t)pool) / PAGE;

    if (page % PAGE || n >= POOL || !taken[n]) {
        freed_wrongly++;
        return;
    }
    memset((void *)page, DIRT, PAGE); /* whoever looks at it now finds nonsense */
    taken[n] = false;
    left++;
}

/* ---- What should be ---- */

static uint64_t draw(uint64_t below)
{
    random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
    return (random_state >> 33) % below;
}

static bool in_pool(uint64_t page)
{
    return page - (uint64_t)pool < sizeof(pool);
}

/* The leaf that hardware would find; 0: none, ~0: tables that it would refuse. */
static uint64_t walk(const struct gstage *g, uint64_t gpa)
{
    const uint64_t *table = g->root;

    for (unsigned low = 30; low > 12; low -= 9) {
        uint64_t index = gpa >> low, pte = table[low == 30 ? index & 2047 : index & 511];
        if (pte == 0)
            return 0;
        if ((pte & 0x3ff) != 1 || !in_pool(pte >> 10 << 12))
            return ~0UL;
        table = (const uint64_t *)(pte >> 10 << 12);
    }
    return table[gpa >> 12 & 511];
}

static struct {
    uint64_t gpa, page, bits;
} mapped[MAPPED];
static uint64_t mapped_count;

static uint64_t tables_above(unsigned low)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < mapped_count; i++) {
        uint64_t earlier = 0;
        while (mapped[earlier].gpa >> low != mapped[i].gpa >> low)
            earlier++;
        count += earlier == i;
    }
    return count;
}

static uint64_t pages_held(void)
{
    uint64_t count = tables_above(30) + tables_above(21);

    for (uint64_t i = 0; i < mapped_count; i++)
        count += !(mapped[i].bits & LENT);
    return count;
}

static uint64_t find_mapped(uint64_t gpa)
{
    uint64_t i = 0;

    while (i < mapped_count && mapped[i].gpa != gpa)
        i++;
    return i;
}

/* ---- The parts ---- */

static void begin(struct gstage *g, uint32_t vmid)
{
    left = POOL;
    gstage_init(g, vmid);
    check("init.bytes", boot_bytes, 16384);
    check("init.align", boot_align, 16384);
    check("init.vmid", g->vmid, vmid);
    if (!g->root)
        panic("gstage_init has made no root");
}

static void part_hgatp(struct gstage *g, uint64_t vmid)
{
    check("hgatp.mode", gstage_hgatp(g) >> 60, 8);
    check("hgatp.vmid", gstage_hgatp(g) >> 44 & 0xffff, vmid);
    check("hgatp.root", gstage_hgatp(g) & ((1UL << 44) - 1), (uint64_t)g->root >> 12);
    g->vmid = 0x3fff; /* the highest, and the root as high as it can be */
    g->root = (uint64_t *)0xffffffffffc000;
    check("hgatp.highest", gstage_hgatp(g), 0x83fffffffffffffc);
}

static void check_all(const struct gstage *g)
{
    for (uint64_t i = 0; i < mapped_count; i++) {
        uint64_t leaf = mapped[i].page >> 2 | mapped[i].bits, *found = gstage_find(g, mapped[i].gpa);
        check("map.walk", walk(g, mapped[i].gpa), leaf);
        check("find.entry", found ? *found : 0, leaf);
        check("find.inside", (uint64_t)gstage_find(g, mapped[i].gpa + PAGE - 1), (uint64_t)found);
    }
    check("map.pages", g->pages, pages_held());
}

static void map_one(struct gstage *g, uint64_t gpa, uint64_t bits)
{
    uint64_t page = page_alloc(), i = find_mapped(gpa);

    if (i == mapped_count) {
        uint64_t *found = gstage_find(g, gpa);
        check("find.before", found ? *found : 0, 0);
        mapped_count++;
    } else if (!(mapped[i].bits & LENT)) {
        g->pages--; /* its page is the caller's now */
    }
    mapped[i].gpa = gpa;
    mapped[i].page = page;
    mapped[i].bits = bits;
    check("map.done", gstage_map(g, gpa, page, bits), true);
}

static uint64_t draw_gpa(void)
{
    const uint64_t bases[] = {0,         2 * GIB,    2 * GIB + (2UL << 20), 5 * GIB,
                              512 * GIB, 1024 * GIB, LIMIT - (2UL << 20)};

    return bases[draw(sizeof(bases) / sizeof(bases[0]))] + draw(4) * PAGE +
           draw(2) * ((2UL << 20) - 4 * PAGE);
}

static void map_many(struct gstage *g, uint64_t count)
{
    for (uint64_t n = 0; n < count; n++)
        map_one(g, draw_gpa(), draw(4) ? RIGHTS : RIGHTS | LENT);
    for (unsigned bit = 12; bit < 41; bit++) /* every bit of an address counts */
        map_one(g, 1UL << bit, RIGHTS);
}

static void refuse_beyond(struct gstage *g)
{
    uint64_t page = page_alloc(), before = left;

    for (unsigned bit = 41; bit < 64; bit++) {
        uint64_t gpa = (1UL << bit) + 2 * GIB;
        check("beyond.mapped", gstage_map(g, gpa, page, RIGHTS), false);
        check("beyond.found", (uint64_t)gstage_find(g, gpa), 0);
    }
    check("beyond.pages_used", before - left, 0);
}

/* A page is missing for the second of two tables: the first is there, counted, and found by the next try. */
static void run_out(struct gstage *g)
{
    uint64_t gpa = 77 * GIB, page = page_alloc(), spare = left - 1, pages = g->pages;

    left = 1;
    check("no_page.mapped", gstage_map(g, gpa, page, RIGHTS), false);
    check("no_page.found", (uint64_t)gstage_find(g, gpa), 0);
    check("no_page.counted", g->pages, pages + 1);
    left += spare;
    check("no_page.later", gstage_map(g, gpa, page, RIGHTS), true);
    check("no_page.later_walk", walk(g, gpa), page >> 2 | RIGHTS);
    check("no_page.later_count", g->pages, pages + 3);
}

static void part_map(struct gstage *g)
{
    check("find.empty", (uint64_t)gstage_find(g, 2 * GIB), 0);
    map_many(g, 60);
    uint64_t *beside = gstage_find(g, (1UL << 12) + 300 * PAGE); /* 1 << 12 is mapped */
    check("find.invalid", beside ? *beside : ~0UL, 0);
    check_all(g);
    refuse_beyond(g);
    check_all(g);
    run_out(g);
}

static uint64_t lent_pages(void)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < mapped_count; i++)
        count += mapped[i].bits & LENT && !(taken[(mapped[i].page - (uint64_t)pool) / PAGE]);
    return count;
}

static bool is_zero(const uint64_t *words, uint64_t count)
{
    uint64_t bits = 0;

    while (count)
        bits |= words[--count];
    return bits == 0;
}

static void part_clear(struct gstage *g)
{
    uint64_t lent = 0;

    map_many(g, 60);
    for (uint64_t n = 0; n < POOL; n++)
        lent += taken[n];
    lent -= g->pages;
    gstage_clear(g);
    check("clear.pages_free", left, POOL - lent);
    check("clear.lent_freed", lent_pages(), 0);
    check("clear.freed_wrongly", freed_wrongly, 0);
    check("clear.pages", g->pages, 0);
    check("clear.root_zero", is_zero(g->root, GSTAGE_ROOT_BYTES / 8), true);
    check("clear.found", (uint64_t)gstage_find(g, 2 * GIB), 0);
    uint64_t page = page_alloc();
    check("clear.again", gstage_map(g, LIMIT - PAGE, page, RIGHTS), true);
    check("clear.again_walk", walk(g, LIMIT - PAGE), page >> 2 | RIGHTS);
}

int test_main(void)
{
    static struct gstage stage;
    uint64_t vmid = arg_number("vmid", 1);

    random_state = arg_number("seed", 1);
    begin(&stage, (uint32_t)vmid);
    if (arg_is("part", "hgatp"))
        part_hgatp(&stage, vmid);
    else if (arg_is("part", "map"))
        part_map(&stage);
    else
        part_clear(&stage);
    *report_number("finished") = 1;
    return 0;
}
