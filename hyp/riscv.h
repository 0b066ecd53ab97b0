/* SPDX-License-Identifier: MIT */
/*
 * Control and status registers, their fields, and the few instructions that C
 * has no word for. Names and numbers: RISC-V Privileged Specification.
 */
#ifndef HYP_RISCV_H
#define HYP_RISCV_H

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096

#define SSTATUS_SPP      (1UL << 8)
#define SSTATUS_FS       (3UL << 13)
#define SSTATUS_FS_OFF   (0UL << 13)
#define SSTATUS_FS_CLEAN (2UL << 13)
#define SSTATUS_FS_DIRTY (3UL << 13)
#define SSTATUS_SIE      (1UL << 1)
#define SSTATUS_SPIE     (1UL << 5)

#define HSTATUS_SPV     (1UL << 7)  /* the trap came from (sret returns to) V = 1 */
#define HSTATUS_SPVP    (1UL << 8)  /* ... from VS rather than VU; privilege of hlv and hsv */
#define HSTATUS_VTW     (1UL << 21) /* WFI in VS-mode exits */
#define HSTATUS_VSXL_64 (2UL << 32)

#define VSSTATUS_UXL_64 (2UL << 32)

#define HCOUNTEREN_ALL 7UL /* cycle, time, instret */

#define HENVCFG_STCE (1UL << 63) /* the guest has stimecmp */
#define HENVCFG_ADUE (1UL << 61) /* hardware sets A and D in its page tables, as under OpenSBI alone */

#define SATP_SV39        (8UL << 60)
#define HGATP_SV39X4     (8UL << 60)
#define HGATP_VMID_SHIFT 44

#define IRQ_S_SOFT   1
#define IRQ_VS_SOFT  2
#define IRQ_S_TIMER  5
#define IRQ_VS_TIMER 6
#define IRQ_VS_EXT   10

#define CAUSE_INTERRUPT        (1UL << 63)
#define CAUSE_FETCH_MISALIGNED 0
#define CAUSE_FETCH_ACCESS     1
#define CAUSE_ILLEGAL          2
#define CAUSE_BREAKPOINT       3
#define CAUSE_LOAD_MISALIGNED  4
#define CAUSE_LOAD_ACCESS      5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS     7
#define CAUSE_ECALL_U          8
#define CAUSE_ECALL_VS         10
#define CAUSE_FETCH_PAGE       12
#define CAUSE_LOAD_PAGE        13
#define CAUSE_STORE_PAGE       15
#define CAUSE_FETCH_GUEST_PAGE 20
#define CAUSE_LOAD_GUEST_PAGE  21
#define CAUSE_VIRTUAL          22
#define CAUSE_STORE_GUEST_PAGE 23

#ifndef __ASSEMBLER__
#include <stdint.h>

/* name: as the assembler spells it, without quotes. */
#define csr_read(name)                                  \
    ({                                                  \
        uint64_t value_;                                \
        asm volatile("csrr %0, " #name : "=r"(value_)); \
        value_;                                         \
    })
#define csr_write(name, value) asm volatile("csrw " #name ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_set(name, bits)    asm volatile("csrs " #name ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(name, bits)  asm volatile("csrc " #name ", %0" ::"rK"((uint64_t)(bits)) : "memory")

/* Host time in ticks. Not ordered with memory: other pCPUs' clocks are no way to synchronise. */
static inline uint64_t rdtime(void)
{
    uint64_t now;
    asm volatile("rdtime %0" : "=r"(now));
    return now;
}

static inline void sfence_vma_all(void)
{
    asm volatile("sfence.vma" ::: "memory");
}

/* All G-stage translations, of every VMID. */
static inline void hfence_gvma_all(void)
{
    asm volatile(".option push\n.option arch, +h\nhfence.gvma\n.option pop" ::: "memory");
}

/* All VS-stage translations of the VMID in hgatp. */
static inline void hfence_vvma_all(void)
{
    asm volatile(".option push\n.option arch, +h\nhfence.vvma\n.option pop" ::: "memory");
}

static inline void fence_i(void)
{
    asm volatile("fence.i" ::: "memory");
}

static inline void wfi(void)
{
    asm volatile("wfi" ::: "memory");
}

static inline void fence_full(void)
{
    asm volatile("fence rw, rw" ::: "memory");
}
#endif

#endif
