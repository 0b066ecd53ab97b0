/* SPDX-License-Identifier: MIT */
/*
 * Uses memory, and then ends in one of several ways.
 *
 * Arguments: touch=N (pages, from the end of RAM down), then=stop|fail|crash|reboot|spin|wait. Counts in
 * `touched` as it goes, and in `dirty` the pages that were not zero at first touch.
 */
#include "tests/guests/frame/frame.h"

#define PAGE 4096

static bool is_zero(const uint64_t *page)
{
    uint64_t bits = 0;

    for (unsigned n = 0; n < PAGE / sizeof(*page); n++)
        bits |= page[n];
    return bits == 0;
}

static void end(void)
{
    if (arg_is("then", "crash"))
        *(volatile uint64_t *)(ram_end + PAGE) = 1;
    if (*report_number("dirty")) /* also of a life that nobody sees the report of */
        shut_down(SBI_SRST_REASON_FAILURE);
    if (arg_is("then", "reboot"))
        sbi_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, SBI_SRST_COLD_REBOOT, SBI_SRST_REASON_NONE, 0);
    if (arg_is("then", "fail"))
        shut_down(SBI_SRST_REASON_FAILURE);
    while (arg_is("then", "spin"))
        ;
    while (arg_is("then", "wait"))
        __asm__ volatile("wfi");
}

int test_main(void)
{
    area_register();
    uint64_t *touched = report_number("touched"), *dirty = report_number("dirty"),
             pages = arg_number("touch", 0);
    /* The device tree lies near the end of RAM: half-way down there is nothing but RAM. */
    uint64_t *top = (uint64_t *)((ram_end & ~0x3fffffUL) - (4UL << 20));

    for (uint64_t n = 0; n < pages; n++) {
        uint64_t *page = top - (n + 1) * (PAGE / sizeof(*top));

        *dirty += !is_zero(page);
        page[n % 512] = ~0UL;
        ++*touched;
    }
    *report_number("finished") = 1;
    end();
    return 0;
}
