/* SPDX-License-Identifier: MIT */
/*
 * Does wrong in many ways, and reports which trap its own kernel got for each: NAME.cause, NAME.value (stval),
 * and NAME.at, how far behind the first instruction of the code the one lies that trapped.
 *
 * Argument: place=N, a virtual address at which nothing is mapped, a multiple of 2 MiB below 2^38.
 */
#include "lib/printf.h"
#include "tests/guests/frame/frame.h"

#define PTE_LEAF 0xcfUL /* valid, readable, writable, executable, accessed, dirty */

static uint64_t root[512] __attribute__((aligned(4096)));

/* Each begins with the instruction that traps. */
#define TRAPS(name, text)                                    \
    __attribute__((naked)) static void name(uint64_t where); \
    static void name(IGNORED uint64_t where)                 \
    {                                                        \
        __asm__ volatile(text "\n\tret");                    \
    }

TRAPS(unknown, ".word 0x0000007f")       /* an encoding that means nothing */
TRAPS(compressed, ".half 0x8000\nc.nop") /* the same, of 16 bits */
TRAPS(read_hstatus, "csrr t0, 0x600")    /* of the H-extension, which this machine does not have */
TRAPS(write_hgatp, "csrw 0x680, zero")   /* the same */
TRAPS(hfence_gvma, ".word 0x62000073")   /* the same */
TRAPS(hlv_w, ".word 0x680542f3")         /* the same: hlv.w t0, (a0) */
TRAPS(read_mstatus, "csrr t0, mstatus")  /* the firmware's */
TRAPS(misaligned, "lr.d t0, (a0)")
TRAPS(load, "ld t0, (a0)")
TRAPS(store, "sd t0, (a0)")

static void jump(uint64_t where)
{
    ((void (*)(void))where)();
}

static void tell(const char *name, const char *what, uint64_t value)
{
    char place[40];

    format(place, sizeof(place), "%s.%s", name, what);
    *report_number(place) = value;
}

static void try(const char *name, void (*code)(uint64_t), uint64_t where)
{
    report_text("step", name);
    struct caught caught = attempt(code, where);
    tell(name, "cause", caught.cause);
    tell(name, "value", caught.tval);
    tell(name, "at", caught.pc - (uint64_t)code);
}

static uint64_t use_fp(uint64_t bits)
{
    uint64_t back;

    __asm__ volatile(".option push\n.option arch, +d\nfmv.d.x f7, %1\nfmv.x.d %0, f7\n.option pop"
                     : "=r"(back)
                     : "r"(bits));
    return back;
}

static void switch_paging_on(void)
{
    root[2] = 2UL << 28 | PTE_LEAF; /* RAM, where it is */
    csr_write(satp, 8UL << 60 | (uint64_t)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

int test_main(void)
{
    uint64_t place = arg_number("place", 0);
    static uint64_t word;

    try("unknown", unknown, 0);
    try("compressed", compressed, 0);
    try("read-hstatus", read_hstatus, 0);
    try("write-hgatp", write_hgatp, 0);
    try("hfence-gvma", hfence_gvma, 0);
    try("hlv-w", hlv_w, (uint64_t)&word);
    try("read-mstatus", read_mstatus, 0);
    try("misaligned", misaligned, (uint64_t)&word + 4);
    *report_number("word") = (uint64_t)&word;

    switch_paging_on();
    try("load", load, place + 8);
    try("store", store, place + 0x1000);
    try("jump", jump, place + 0x2000);

    report_text("step", "floating point");
    csr_set(sstatus, SSTATUS_FS);
    *report_number("fp") = use_fp(place ^ 0x0123456789abcdef);
    csr_clear(sstatus, SSTATUS_FS);
    *report_number("done") = 1;
    for (;;) {} /* shutting down would be an SBI call */
}
