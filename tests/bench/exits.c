/* SPDX-License-Identifier: MIT */
/*
 * What an exit costs: each kind ROUNDS times in a loop of seven instructions (exits_loop.S), counted by instret. The
 * report holds the instructions of all rounds together, those of the loop included.
 */
#include "tests/guests/frame/frame.h"

#define WARM_UP 16
#define ROUNDS  1000

uint64_t null_sbi_loop(uint64_t rounds);
uint64_t set_timer_loop(uint64_t rounds);
uint64_t uart_read_loop(uint64_t rounds);

static void measure(const char *name, uint64_t (*loop)(uint64_t rounds))
{
    loop(WARM_UP);
    *report_number(name) = loop(ROUNDS);
}

int test_main(void)
{
    area_register();
    *report_number("rounds") = ROUNDS;
    measure("null_sbi", null_sbi_loop);
    measure("set_timer", set_timer_loop);
    measure("uart_read", uart_read_loop);
    return 0;
}
