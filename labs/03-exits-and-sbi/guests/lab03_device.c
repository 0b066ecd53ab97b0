/* SPDX-License-Identifier: MIT */
/*
 * Loads and stores of a register of its UART, by every integer instruction there is (lab03_device_loop.S). For each
 * load NAME.got, what the register holds afterwards; for each store NAME.left, what the device holds. NAME.steps counts
 * the instructions that were executed of the three behind it.
 *
 * The register is the low byte of the divisor, at the UART's first address: wide and aligned accesses may go there,
 * and as with QEMU's own UART they mean this one byte.
 *
 * Arguments: byte=N, what the device holds before a load; word=N, what is in the register before.
 */
#include "lib/printf.h"
#include "tests/guests/frame/frame.h"

#define UART ((volatile uint8_t *)0x10000000)
#define LCR  3
#define DLAB 0x80 /* the divisor shows in the place of data */

typedef uint64_t access(uint64_t value, uint64_t *steps);

access load_lb, load_lbu, load_lh, load_lhu, load_lw, load_lwu, load_ld, load_c_lw, load_c_ld, load_c_lwsp,
    load_c_ldsp, load_base, load_zero, store_sb, store_sh, store_sw, store_sd, store_c_sw, store_c_sd,
    store_c_swsp, store_c_sdsp, store_zero;

static const struct {
    const char *name;
    access *access;
} loads[] =
    {
        {"lb", load_lb},     {"lbu", load_lbu},       {"lh", load_lh},         {"lhu", load_lhu},
        {"lw", load_lw},     {"lwu", load_lwu},       {"ld", load_ld},         {"c-lw", load_c_lw},
        {"c-ld", load_c_ld}, {"c-lwsp", load_c_lwsp}, {"c-ldsp", load_c_ldsp}, {"base", load_base},
        {"x0", load_zero},
},
  stores[] = {
      {"sb", store_sb},         {"sh", store_sh},         {"sw", store_sw},
      {"sd", store_sd},         {"c-sw", store_c_sw},     {"c-sd", store_c_sd},
      {"c-swsp", store_c_swsp}, {"c-sdsp", store_c_sdsp}, {"sb-x0", store_zero},
};

static uint64_t *place(const char *name, const char *what)
{
    char text[24];

    format(text, sizeof(text), "%s.%s", name, what);
    return report_number(text);
}

int test_main(void)
{
    uint64_t byte = arg_number("byte", 0), word = arg_number("word", 0), steps;

    report_text("step", "sb of LCR");
    UART[LCR] = DLAB;
    for (unsigned n = 0; n < sizeof(loads) / sizeof(loads[0]); n++) {
        report_text("step", loads[n].name);
        UART[0] = (uint8_t)byte;
        *place(loads[n].name, "got") = loads[n].access(word, &steps);
        *place(loads[n].name, "steps") = steps;
    }
    for (unsigned n = 0; n < sizeof(stores) / sizeof(stores[0]); n++) {
        report_text("step", stores[n].name);
        UART[0] = (uint8_t)~word;
        stores[n].access(word, &steps);
        *place(stores[n].name, "left") = UART[0];
        *place(stores[n].name, "steps") = steps;
    }
    *report_number("done") = 1;
    for (;;) {} /* shutting down would be an SBI call */
}
