/* SPDX-License-Identifier: MIT */
/*
 * Rogues that go where nothing is: each kind of access, at the address of the argument `at`, or where `at`
 * is `end` or `straddle` at the end of RAM.
 */
#include "tests/rogue/rogue.h"

static uint64_t target(void)
{
    if (arg_is("at", "end"))
        return ram_end;
    if (arg_is("at", "straddle"))
        return ram_end - 4;
    return arg_number("at", 0);
}

static void load_byte(void)
{
    *(volatile uint8_t *)target();
}

static void load(void)
{
    *(volatile uint64_t *)target();
}

static void store(void)
{
    *(volatile uint64_t *)target() = 0x1234;
}

static void store_byte(void)
{
    *(volatile uint8_t *)target() = 0x12;
}

static void fetch(void)
{
    ((void (*)(void))target())();
}

static void amo(void)
{
    __asm__ volatile("amoadd.d zero, %0, (%0)" ::"r"(target()) : "memory");
}

static void load_reserved(void)
{
    __asm__ volatile("lr.d t0, (%0)" ::"r"(target()) : "t0", "memory");
}

/* A conditional store without a reservation may fail or fault. */
static void store_conditional(void)
{
    __asm__ volatile("sc.d t0, %0, (%0)" ::"r"(target()) : "t0", "memory");
}

static void load_fp(void)
{
    csr_set(sstatus, SSTATUS_FS);
    __asm__ volatile(".option push\n.option arch, +d\nfld f1, 0(%0)\n.option pop" ::"r"(target()) : "memory");
}

static void compressed_store(void)
{
    register uint64_t address __asm__("a0") = target();

    __asm__ volatile("c.sd a1, 0(a0)" ::"r"(address) : "memory");
}

/* The last instruction before the end of RAM is only half there. */
static void fetch_half(void)
{
    volatile uint16_t *place = (volatile uint16_t *)(ram_end - 2);

    *place = 0x0013; /* the lower half of a nop of four bytes */
    __asm__ volatile("fence.i" ::: "memory");
    ((void (*)(void))(uintptr_t)place)();
}

const struct rogue_case rogue_holes[] = {
    {"load", load},
    {"load_byte", load_byte},
    {"store", store},
    {"store_byte", store_byte},
    {"fetch", fetch},
    {"amo", amo},
    {"load_reserved", load_reserved},
    {"store_conditional", store_conditional},
    {"load_fp", load_fp},
    {"compressed_store", compressed_store},
    {"fetch_half", fetch_half},
    {0},
};
