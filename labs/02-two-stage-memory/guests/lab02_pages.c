/* SPDX-License-Identifier: MIT */
/*
 * Uses pages all over its RAM: zero when it first comes to them, then filled with what hangs on its seed and their
 * address, looked at and filled anew round after round. It never stops.
 *
 * Arguments: seed=N, pages=N; poke=ADDRESS (after the first round it reaches for that), how=load|store|fetch.
 */
#include "tests/guests/frame/frame.h"

#define PAGE  4096UL
#define WORDS 8 /* of a page that are used, one every so often */
#define STEP  (PAGE / 8 / WORDS)
#define BELOW (4UL << 20) /* the end of RAM, where the device tree is */

static uint64_t seed, pages, stride, first;

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 31) * 0x9e3779b97f4a7c15UL;
    return value ^ value >> 29;
}

static uint64_t content(uint64_t address, uint64_t round)
{
    return mix(mix(seed + round) ^ address);
}

static volatile uint64_t *page(uint64_t n)
{
    return (volatile uint64_t *)(first + n * stride);
}

/* Every page of so many between the image and the device tree. */
static void lay_out(void)
{
    first = ((uint64_t)image_end + PAGE - 1) & -PAGE;
    stride = (ram_end - BELOW - first) / pages & -PAGE;
}

static uint64_t not_zero(const volatile uint64_t *at)
{
    uint64_t bits = 0;

    for (uint64_t n = 0; n < PAGE / 8; n++)
        bits |= at[n];
    return bits != 0;
}

static void fill(volatile uint64_t *at, uint64_t round)
{
    for (uint64_t n = 0; n < WORDS; n++)
        at[n * STEP] = content((uint64_t)&at[n * STEP], round);
}

static uint64_t damaged(const volatile uint64_t *at, uint64_t round)
{
    uint64_t wrong = 0;

    for (uint64_t n = 0; n < WORDS; n++)
        wrong += at[n * STEP] != content((uint64_t)&at[n * STEP], round);
    return wrong;
}

/* Where no RAM and no device is. The hypervisor ends us here, or it does not. */
static void poke(uint64_t address)
{
    if (arg_is("how", "store"))
        *(volatile uint64_t *)address = seed;
    else if (arg_is("how", "fetch"))
        ((void (*)(void))address)();
    else
        *(volatile uint64_t *)address;
    *report_number("got_through") = 1;
}

int test_main(void)
{
    seed = arg_number("seed", 1);
    pages = arg_number("pages", 100);
    lay_out();
    area_register();
    *report_number("area") = (uint64_t)report_number("area") & -PAGE;
    uint64_t *rounds = report_number("rounds"), *dirty = report_number("dirty"),
             *wrong = report_number("damaged");

    for (uint64_t n = 0; n < pages; n++) {
        *dirty += not_zero(page(n));
        fill(page(n), 0);
    }
    for (uint64_t round = 0;; round++) {
        for (uint64_t n = 0; n < pages; n++) {
            *wrong += damaged(page(n), round);
            fill(page(n), round + 1);
        }
        *rounds = round + 1;
        if (round == 0 && arg_number("poke", 0))
            poke(arg_number("poke", 0));
    }
}
