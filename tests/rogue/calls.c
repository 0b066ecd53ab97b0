/* SPDX-License-Identifier: MIT */
/*
 * Rogues that call the SBI with nonsense.
 */
#include "tests/rogue/rogue.h"

static bool known(long extension)
{
    static const long extensions[] = {SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI,  SBI_EXT_RFENCE,
                                      SBI_EXT_HSM,  SBI_EXT_SRST, SBI_EXT_DBCN, SBI_EXT_STINT};

    for (unsigned i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
        if (extension == extensions[i])
            return true;
    return false;
}

/* Extensions that are not there, with all arguments all-ones. */
static void unknown_extensions(void)
{
    uint64_t *calls = report_number("calls"), seed = 7;

    for (long n = 0; n < 4096; n++, ++*calls) {
        long extension = n;

        if (n >= 512) {
            seed = seed * 6364136223846793005UL + 1442695040888963407UL;
            extension = n % 2 ? (long)seed : (long)(seed >> 33);
        }
        if (!known(extension))
            check("unknown.error", (uint64_t)sbi_call5(extension, -1, -1, -1, -1, -1, -1).error,
                  (uint64_t)SBI_ERR_NOT_SUPPORTED);
    }
}

/* All functions of those that are there. To stop, to sleep and to be reset are other cases. */
static void known_extensions(void)
{
    static const long extensions[] = {SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI,  SBI_EXT_RFENCE,
                                      SBI_EXT_HSM,  SBI_EXT_DBCN, SBI_EXT_STINT};
    static const long values[] = {-1, 0, 1, 1L << 63, 0x7fffffffffffffff, 0x80000000, 0x7fffffff, 0x10000000};
    uint64_t *calls = report_number("calls");

    for (unsigned i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
        for (long function = 0; function < 12; function++)
            for (unsigned a = 0; a < 8; a++)
                for (unsigned b = 0; b < 8; b++) {
                    if (extensions[i] == SBI_EXT_HSM &&
                        (function == SBI_HSM_HART_STOP || function == SBI_HSM_HART_SUSPEND))
                        continue;
                    if (extensions[i] == SBI_EXT_STINT && function == STINT_SET_AREA)
                        continue;
                    sbi_call5(extensions[i], function, values[a], values[b], values[(a + b) % 8], values[b],
                              values[a]);
                    ++*calls;
                }
}

/* Text from everywhere but where the guest has some. */
static void console_addresses(void)
{
    const long addresses[] = {0,          0x1000,        (long)UART,        0xc000000,         0x2000000,
                              0x7fffffff, (long)ram_end, (long)ram_end - 1, (long)(1UL << 41), -1,
                              -4096,      1L << 55,      1L << 63};

    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
        for (long function = SBI_DBCN_WRITE; function <= SBI_DBCN_READ; function++) {
            check("dbcn.bad", (uint64_t)sbi_call(SBI_EXT_DBCN, function, 8192, addresses[i], 0).error,
                  (uint64_t)SBI_ERR_INVALID_PARAM);
            check("dbcn.high", (uint64_t)sbi_call(SBI_EXT_DBCN, function, 1, 0x80200000, -1).error,
                  (uint64_t)SBI_ERR_INVALID_PARAM);
            check("dbcn.long", (uint64_t)sbi_call(SBI_EXT_DBCN, function, (long)ram_end, 0x80200000, 0).error,
                  (uint64_t)SBI_ERR_INVALID_PARAM);
        }
}

/* All of RAM as one text: legal, and must not hold up the hypervisor. Also from pages never touched. */
static void console_all_of_ram(void)
{
    for (unsigned n = 0; n < 50; n++) {
        long begin = 0x80000000, length = (long)ram_end - begin;

        check("dbcn.ram", (uint64_t)sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, length, begin, 0).error, 0);
    }
}

/* Text that the hypervisor would have to write into the code that runs. */
static void console_read_into_code(void)
{
    sbi_call(SBI_EXT_DBCN, SBI_DBCN_READ, image_end - image_start, (long)image_start, 0);
}

static void reset_types(void)
{
    static const long types[] = {3, 4, 0x7fffffff, 0xEFFFFFFF};

    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        for (long reason = 0; reason < 4; reason++)
            check("srst.type",
                  (uint64_t)sbi_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, types[i], reason, 0).error,
                  (uint64_t)SBI_ERR_INVALID_PARAM);
    for (long type = SBI_SRST_SHUTDOWN; type <= SBI_SRST_WARM_REBOOT; type++)
        check("srst.reason", (uint64_t)sbi_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, type, 0x1234, 0).error,
              (uint64_t)SBI_ERR_INVALID_PARAM);
}

static void hart_masks(void)
{
    uint64_t *calls = report_number("calls"), seed = 3, all = (1UL << hart_count) - 1;

    for (unsigned n = 0; n < 2000; n++, ++*calls) {
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
        uint64_t mask = seed >> 32, base = n % 4 == 0 ? seed : n % 67;
        bool good = base < hart_count && !(mask & ~(all >> base));
        long error = sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, (long)mask, (long)base, 0).error;

        if (mask && base != ~0UL)
            check("mask", (uint64_t)error, good ? 0 : (uint64_t)SBI_ERR_INVALID_PARAM);
    }
}

const struct rogue_case rogue_calls[] = {
    {"sbi_unknown", unknown_extensions},
    {"sbi_known", known_extensions},
    {"console_addresses", console_addresses},
    {"console_all_of_ram", console_all_of_ram},
    {"console_into_code", console_read_into_code},
    {"reset_types", reset_types},
    {"hart_masks", hart_masks},
    {0},
};
