/* SPDX-License-Identifier: MIT */
/*
 * Exits, by scause.
 *
 * System calls and breakpoints of the guest's tasks never come here: hedeleg sends them straight to
 * VS-mode (pcpu.c).
 */
#include "hyp/exit.h"
#include "hyp/clock.h"
#include "hyp/dev/device.h"
#include "hyp/pcpu.h"
#include "hyp/riscv.h"
#include "hyp/vcpu.h"
#include "hyp/vm.h"
#include "sbi/sbi.h"

#define INSN_WFI 0x10500073U

exit_class take_interrupts(struct pcpu *self)
{
    uint64_t pending = csr_read(sip);
    exit_class was = STINT_EXIT_KICK;
    csr_clear(sip, 1UL << IRQ_S_SOFT);
    if (pending & 1UL << IRQ_S_TIMER)
        was = clock_interrupt(self) ? STINT_EXIT_BEAT : STINT_EXIT_TIMER;
    return was;
}

static exit_class on_interrupt(struct vcpu *v)
{
    (void)v;
    return take_interrupts(pcpu_self());
}

/* Passes the exception that stopped the guest on to its kernel; unless it was the first instruction of its
 * kernel's trap handler. Such a guest would trap for ever and execute nothing; and where time is the count
 * of instructions, as under QEMU's -icount, no slice would ever end. */
static void reflect(struct vcpu *v, uint64_t cause)
{
    bool in_kernel = v->regs.sstatus & SSTATUS_SPP;
    if (in_kernel && v->regs.pc == (csr_read(vstvec) & ~3UL))
        vm_crash(v, "endless faults: its trap handler at 0x%lx faults itself, with its first instruction",
                 v->regs.pc);
    else
        vcpu_inject(v, cause, csr_read(stval));
}

/* BEGIN SOLUTION 3.virtual */
/* On a machine without the H-extension, as the guest believes its own to be, such an instruction is illegal; but for
 * WFI of its kernel. */
static exit_class wait_or_refuse(struct vcpu *v)
{
    if (csr_read(stval) == INSN_WFI && v->regs.sstatus & SSTATUS_SPP) {
        vcpu_skip(v, 4);
        pcpu_wish(pcpu_self(), WISH_BLOCK);
        return STINT_EXIT_WFI;
    }
    reflect(v, CAUSE_ILLEGAL);
    return STINT_EXIT_CSR;
}
/* END SOLUTION */

static bool is_wfi(uint64_t gva)
{
    return guest_fetch16(gva) == (INSN_WFI & 0xffff) && guest_fetch16(gva + 2) == INSN_WFI >> 16;
}

/* QEMU (10.0) has stepped over a WFI before it finds that it must trap; of one that ends in another page than it
 * begins, or with its page, it says then that it is a page further on. */
static void find_wfi(struct vcpu *v)
{
    uint64_t pc = v->regs.pc;
    if (pc % PAGE_SIZE >= PAGE_SIZE - 4 && !is_wfi(pc) && is_wfi(pc - PAGE_SIZE))
        v->regs.pc = pc - PAGE_SIZE;
}

/* VS-mode tried what only HS-mode may. */
static exit_class on_virtual_instruction(struct vcpu *v)
{
    if (csr_read(stval) == INSN_WFI)
        find_wfi(v);
    return wait_or_refuse(v);
}

static exit_class on_illegal_instruction(struct vcpu *v)
{
    if (vcpu_fp_on(v))
        return STINT_EXIT_FP;
    reflect(v, CAUSE_ILLEGAL);
    return STINT_EXIT_CSR;
}

/* A fetch, load or store that the guest's own tables, or its alignment, forbid. They would go straight to VS-mode,
 * were it not for guests whose trap handler faults. */
static exit_class on_own_fault(struct vcpu *v)
{
    reflect(v, csr_read(scause));
    return STINT_EXIT_FAULT;
}

/* An access that the G-stage refused: RAM not touched before, a device, or nothing at all. */
/* BEGIN SOLUTION 3.page-fault */
static exit_class on_guest_page_fault(struct vcpu *v)
{
    uint64_t gpa = csr_read(htval) << 2 | (csr_read(stval) & 3);
    if (!vm_is_ram(v->vm, gpa, 1))
        return device_access(v, gpa) ? STINT_EXIT_MMIO : STINT_EXIT_FAULT;
    if (!vm_touch(v->vm, gpa))
        vm_crash(v, "the hypervisor has no page left for guest physical address 0x%lx", gpa);
    return STINT_EXIT_FAULT;
}
/* END SOLUTION */

static exit_class on_unexpected(struct vcpu *v)
{
    vm_crash(v, "an exit that nothing should cause: scause 0x%lx", csr_read(scause));
    return STINT_EXIT_OTHER;
}

#define INTERRUPT(irq) EXIT_SLOT(CAUSE_INTERRUPT | (irq))

/* BEGIN SOLUTION 3.table */
const exit_handler exit_handlers[EXIT_SLOTS] = {
    [CAUSE_FETCH_MISALIGNED] = on_unexpected,
    [CAUSE_FETCH_ACCESS] = on_own_fault,
    [CAUSE_ILLEGAL] = on_illegal_instruction,
    [CAUSE_BREAKPOINT] = on_unexpected,
    [CAUSE_LOAD_MISALIGNED... CAUSE_STORE_ACCESS] = on_own_fault,
    [8 ... 9] = on_unexpected,
    [CAUSE_ECALL_VS] = sbi_call,
    [11] = on_unexpected,
    [CAUSE_FETCH_PAGE... CAUSE_LOAD_PAGE] = on_own_fault,
    [14] = on_unexpected,
    [CAUSE_STORE_PAGE] = on_own_fault,
    [16 ... 19] = on_unexpected,
    [CAUSE_FETCH_GUEST_PAGE... CAUSE_LOAD_GUEST_PAGE] = on_guest_page_fault,
    [CAUSE_VIRTUAL] = on_virtual_instruction,
    [CAUSE_STORE_GUEST_PAGE] = on_guest_page_fault,
    [24 ... INTERRUPT(0)] = on_unexpected,
    [INTERRUPT(IRQ_S_SOFT)] = on_interrupt,
    [INTERRUPT(2)... INTERRUPT(4)] = on_unexpected,
    [INTERRUPT(IRQ_S_TIMER)] = on_interrupt,
    [INTERRUPT(6)... INTERRUPT(31)] = on_unexpected,
};
/* END SOLUTION */
