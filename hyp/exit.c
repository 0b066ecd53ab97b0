/* SPDX-License-Identifier: MIT */
/*
 * Exits, by scause. Each handler returns the class under which the exit is
 * counted and traced; stepping over the instruction is the handler's business.
 *
 * What the guest's own kernel can handle (its page faults, system calls, breakpoints) never comes
 * here: hedeleg sends it straight to VS-mode (pcpu.c).
 */
#include "hyp/exit.h"
#include "hyp/clock.h"
#include "hyp/decode.h"
#include "hyp/dev/device.h"
#include "hyp/pcpu.h"
#include "hyp/riscv.h"
#include "hyp/trace.h"
#include "hyp/vcpu.h"
#include "hyp/vm.h"
#include "sbi/sbi.h"

#define INSN_WFI 0x10500073U

static void wish(enum vcpu_wish what)
{
    struct pcpu *self = pcpu_self();
    self->wish = what;
    self->ask_scheduler = true;
}

enum stint_exit take_interrupts(struct pcpu *self)
{
    uint64_t pending = csr_read(sip);
    enum stint_exit was = STINT_EXIT_KICK;
    csr_clear(sip, 1UL << IRQ_S_SOFT);
    if (pending & 1UL << IRQ_S_TIMER)
        was = clock_interrupt(self) ? STINT_EXIT_BEAT : STINT_EXIT_TIMER;
    return was;
}

static enum stint_exit on_interrupt(struct vcpu *v)
{
    enum stint_exit was = take_interrupts(pcpu_self());
    if (was == STINT_EXIT_TIMER && vcpu_faults_endlessly(v))
        vm_crash(v, "endless faults: its trap handler at 0x%lx faults itself", v->regs.pc);
    return was;
}

static enum stint_exit on_ecall(struct vcpu *v)
{
    vcpu_skip(v, 4);
    sbi_call(v);
    return STINT_EXIT_ECALL;
}

/* VS-mode tried what only HS-mode may: on a machine without the H-extension, as the guest believes
 * its own to be, such an instruction is illegal. */
static enum stint_exit on_virtual_instruction(struct vcpu *v)
{
    uint64_t instruction = csr_read(stval);
    if (instruction == INSN_WFI && v->regs.sstatus & SSTATUS_SPP) {
        vcpu_skip(v, 4);
        wish(WISH_BLOCK);
        return STINT_EXIT_WFI;
    }
    vcpu_inject(v, CAUSE_ILLEGAL, instruction);
    return STINT_EXIT_CSR;
}

static enum stint_exit on_illegal_instruction(struct vcpu *v)
{
    if (vcpu_fp_on(v))
        return STINT_EXIT_FP;
    vcpu_inject(v, CAUSE_ILLEGAL, csr_read(stval));
    return STINT_EXIT_CSR;
}

/* An access that the G-stage refused: RAM not touched before, a device, or nothing at all. */
static enum stint_exit on_guest_page_fault(struct vcpu *v)
{
    uint64_t cause = csr_read(scause), gva = csr_read(stval), htinst = csr_read(htinst);
    uint64_t gpa = csr_read(htval) << 2 | (gva & 3);
    if (vm_is_ram(v->vm, gpa, 1)) {
        if (!vm_touch(v->vm, gpa))
            vm_crash(v, "the hypervisor has no page left for guest physical address 0x%lx", gpa);
        return STINT_EXIT_FAULT;
    }
    if (device_access(v, cause, gva, gpa, htinst))
        return STINT_EXIT_MMIO;
    return STINT_EXIT_FAULT;
}

static enum stint_exit on_unexpected(struct vcpu *v)
{
    vm_crash(v, "an exit that nothing should cause: scause 0x%lx", csr_read(scause));
    return STINT_EXIT_OTHER;
}

typedef enum stint_exit (*exit_handler)(struct vcpu *);

/* Exceptions by their number; interrupts, whose scause has the top bit, in the upper half. */
#define SLOTS          64
#define SLOT(cause)    (((cause) & 31) | (cause) >> 63 << 5)
#define INTERRUPT(irq) SLOT(CAUSE_INTERRUPT | (irq))

static const exit_handler handlers[SLOTS] = {
    [CAUSE_ILLEGAL] = on_illegal_instruction,
    [CAUSE_ECALL_VS] = on_ecall,
    [CAUSE_FETCH_GUEST_PAGE] = on_guest_page_fault,
    [CAUSE_LOAD_GUEST_PAGE] = on_guest_page_fault,
    [CAUSE_STORE_GUEST_PAGE] = on_guest_page_fault,
    [CAUSE_VIRTUAL] = on_virtual_instruction,
    [INTERRUPT(IRQ_S_SOFT)] = on_interrupt,
    [INTERRUPT(IRQ_S_TIMER)] = on_interrupt,
};

void handle_exit(struct pcpu *self, struct vcpu *v, uint64_t cause)
{
    bool interrupt = cause >> 63;
    pcpu_account(self, STINT_PCPU_GUEST, interrupt ? STINT_PCPU_HYP_SELF : STINT_PCPU_HYP_VCPU);
    uint64_t exit_time = self->since, pc = v->regs.pc;

    exit_handler handler = handlers[SLOT(cause)];
    enum stint_exit class = handler ? handler(v) : on_unexpected(v);

    v->stats->exits[class]++;
    struct stint_event *event = trace(self, exit_time, STINT_EV_EXIT, v->index, class, pc, 0);
    self->exit_event = event ? event : &self->no_event;
}
