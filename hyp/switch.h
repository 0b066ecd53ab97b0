/* SPDX-License-Identifier: MIT */
/*
 * What the world switch keeps of a guest, and where. switch.S reads the
 * offsets; vcpu.h checks them against the struct.
 */
#ifndef HYP_SWITCH_H
#define HYP_SWITCH_H

#define REGS_X(n)    (8 * (n)) /* x[0], which is always zero, holds nothing */
#define REGS_PC      256
#define REGS_SSTATUS 264
#define REGS_HSTATUS 272
#define REGS_HOST_SP 280
#define REGS_HOST_RA 288
#define REGS_HOST_TP 296

#ifndef __ASSEMBLER__
#include <stdint.h>

struct regs {
    uint64_t x[32];
    uint64_t pc;      /* sepc */
    uint64_t sstatus; /* the HS-level one: SPP is the guest's privilege, FS says whether its FP is in */
    uint64_t hstatus;
    uint64_t host_sp, host_ra, host_tp; /* the pCPU that runs it, for the way back */
};

/*
 * Runs the guest until it stops, and returns scause. Everything but sp and tp
 * is the guest's in between: the compiler is told so, and keeps on the stack
 * what it needs, which is less than a C function would have to save.
 */
static inline uint64_t guest_run(struct regs *regs)
{
    register struct regs *a0 asm("a0") = regs;
    asm volatile("call guest_enter"
                 : "+r"(a0)
                 :
                 : "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a1", "a2", "a3", "a4", "a5",
                   "a6", "a7", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11");
    return (uint64_t)a0;
}

/* Reads 16 bits of the guest's code at GVA as the guest would fetch them; the VCPU's VS CSRs are in.
 * Returns the halfword, or -1 where a translation fails (hlvx.hu). hstatus.SPVP says as whom. */
long guest_fetch16(uint64_t gva);

/* Saves and restores f0-f31 and fcsr; sstatus.FS must be on. */
struct fp_regs;
void fp_save(struct fp_regs *);
void fp_restore(const struct fp_regs *);

/* The trap vector: guests' exits, and the hypervisor's own faults. */
void guest_exit(void);
#endif

#endif
