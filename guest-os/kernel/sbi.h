/* SPDX-License-Identifier: MIT */
/*
 * Calls into the firmware below the guest: OpenSBI, or the hypervisor that
 * pretends to be one. SBI specification v2.0; numbers in include/stint/sbi.h.
 */
#ifndef GUEST_SBI_H
#define GUEST_SBI_H

#include <stdbool.h>
#include <stdint.h>
#include <stint/sbi.h>

struct sbi_result {
    long error; /* SBI_SUCCESS or a negative SBI_ERR_* */
    long value;
};

/* Chapter 3, "Binary Encoding": a7 is the extension, a6 the function; a0 and a1 come back, all others
 * survive. */
static inline struct sbi_result sbi_call(long extension, long function, long arg0, long arg1, long arg2)
{
    register long a0 __asm__("a0") = arg0;
    register long a1 __asm__("a1") = arg1;
    register long a2 __asm__("a2") = arg2;
    register long a6 __asm__("a6") = function;
    register long a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){a0, a1};
}

static inline bool sbi_probe(long extension)
{
    struct sbi_result result = sbi_call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, extension, 0, 0);

    return result.error == SBI_SUCCESS && result.value != 0;
}

#endif
