/* SPDX-License-Identifier: MIT */
/*
 * A guest alone: how did it find its hart, and does it still know after many exits what it was doing?
 *
 * Arguments: seed=N, rounds=N (each an SBI call, and a store to and a load from the UART).
 */
#include "tests/guests/frame/frame.h"

#define UART_SCRATCH ((volatile uint8_t *)0x10000007)

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 31) * 0x9e3779b97f4a7c15UL;
    return value ^ value >> 29;
}

int test_main(void)
{
    uint64_t status = csr_read(sstatus), answer = arg_number("seed", 1), rounds = arg_number("rounds", 100);

    *report_number("hart") = boot_hart;
    *report_number("ram_end") = ram_end; /* as the device tree says that a1 points to */
    *report_number("satp") = csr_read(satp);
    *report_number("interrupts_on") = status & SSTATUS_SIE;
    *report_number("fp_on") = status & SSTATUS_FS;
    *report_number("counters") = csr_read(scounteren) & 7;
    say("the first instruction of a guest, and %lu exits to come\n", 3 * rounds);
    for (uint64_t n = 0; n < rounds; n++) {
        answer += (uint64_t)sbi_call(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0, 0, 0).value;
        *UART_SCRATCH = answer & 0xff;
        answer = mix(answer + *UART_SCRATCH);
        *report_number("rounds") = n + 1;
    }
    *report_number("answer") = answer;
    area_register();
    return 0;
}
