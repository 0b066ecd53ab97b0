/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's registers and their fields (RISC-V Privileged Specification,
 * "Supervisor-Level ISA"). Usable from assembly.
 */
#ifndef GUEST_CSR_H
#define GUEST_CSR_H

#define SSTATUS_SPIE (1UL << 5)  /* interrupts on after sret */
#define SSTATUS_SPP  (1UL << 8)  /* sret goes to S-mode; clear: to U-mode */
#define SSTATUS_FS   (3UL << 13) /* all clear: no floating point */
#define SSTATUS_SUM  (1UL << 18) /* the kernel may touch pages of users */

#define INTERRUPT_SOFT  1 /* as bits of sie and sip, and as causes */
#define INTERRUPT_TIMER 5

#define CAUSE_INTERRUPT (1UL << 63)
#define CAUSE_USER_CALL 8

#define SATP_SV39       (8UL << 60)
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK  (0xffffUL << SATP_ASID_SHIFT)

#define SCOUNTEREN_TIME (1UL << 1)

#define CSR_STIMECMP 0x14d /* Sstc; by number for assemblers that do not know it */

#ifndef __ASSEMBLER__
#include <stdint.h>

#define CSR_NAME_(csr) #csr
#define CSR_NAME(csr)  CSR_NAME_(csr)

#define csr_read(csr)                                                         \
    ({                                                                        \
        uint64_t value_;                                                      \
        __asm__ volatile("csrr %0, " CSR_NAME(csr) : "=r"(value_)::"memory"); \
        value_;                                                               \
    })
#define csr_write(csr, value) \
    __asm__ volatile("csrw " CSR_NAME(csr) ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_set(csr, bits) __asm__ volatile("csrs " CSR_NAME(csr) ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits) \
    __asm__ volatile("csrc " CSR_NAME(csr) ", %0" ::"rK"((uint64_t)(bits)) : "memory")

#endif
#endif
