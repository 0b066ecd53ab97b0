/* SPDX-License-Identifier: MIT */
/*
 * The SBI calls that Stint makes itself, to the firmware below it.
 */
#ifndef HYP_FIRMWARE_H
#define HYP_FIRMWARE_H

#include <stdint.h>
#include <stint/sbi.h>

static inline long firmware_call(uint64_t eid, uint64_t fid, uint64_t arg0, uint64_t arg1, uint64_t arg2)
{
    register uint64_t a0 asm("a0") = arg0;
    register uint64_t a1 asm("a1") = arg1;
    register uint64_t a2 asm("a2") = arg2;
    register uint64_t a6 asm("a6") = fid;
    register uint64_t a7 asm("a7") = eid;
    asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (long)a0;
}

#endif
