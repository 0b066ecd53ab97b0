/* SPDX-License-Identifier: MIT */
/*
 * What is said when a guest did wrong: which stage of translation stopped it,
 * where, and with what in its registers.
 */
#include <stdarg.h>
#include "hyp/console.h"
#include "hyp/riscv.h"
#include "hyp/vcpu.h"
#include "hyp/vm.h"
#include "lib/bitops.h"
#include "lib/printf.h"

static const char *const causes[24] = {
    [CAUSE_FETCH_MISALIGNED] = "fetch from a misaligned address",
    [CAUSE_FETCH_ACCESS] = "fetch refused by the machine",
    [CAUSE_ILLEGAL] = "illegal instruction",
    [CAUSE_BREAKPOINT] = "breakpoint",
    [CAUSE_LOAD_ACCESS] = "load refused by the machine",
    [CAUSE_STORE_ACCESS] = "store refused by the machine",
    [CAUSE_ECALL_VS] = "SBI call",
    [CAUSE_FETCH_GUEST_PAGE] =
        "fetch stopped by the G-stage (the hypervisor's tables: guest to host physical)",
    [CAUSE_LOAD_GUEST_PAGE] = "load stopped by the G-stage (the hypervisor's tables: guest to host physical)",
    [CAUSE_VIRTUAL] = "an instruction that VS-mode may not execute",
    [CAUSE_STORE_GUEST_PAGE] =
        "store stopped by the G-stage (the hypervisor's tables: guest to host physical)",
};

static const char *cause_name(uint64_t cause)
{
    return cause < sizeof(causes) / sizeof(causes[0]) && causes[cause] ? causes[cause] : "interrupt";
}

static bool is_guest_page_fault(uint64_t cause)
{
    return cause == CAUSE_FETCH_GUEST_PAGE || cause == CAUSE_LOAD_GUEST_PAGE ||
           cause == CAUSE_STORE_GUEST_PAGE;
}

static void print_state(const struct vcpu *v)
{
    const char *name = v->vm->config->name;
    const uint64_t *x = v->regs.x;
    uint64_t cause = csr_read(scause);
    console_print("[stint] %s VCPU %u, %s at pc 0x%lx: %s\n", name, v->id,
                  v->regs.sstatus & SSTATUS_SPP ? "VS-mode" : "VU-mode", v->regs.pc, cause_name(cause));
    if (is_guest_page_fault(cause))
        console_print("[stint]   guest virtual 0x%lx -> guest physical 0x%lx; VS-stage %s (vsatp 0x%lx)\n",
                      csr_read(stval), csr_read(htval) << 2 | (csr_read(stval) & 3),
                      csr_read(vsatp) ? "on" : "off, addresses are physical", csr_read(vsatp));
    console_print("[stint]   ra %lx sp %lx a0 %lx a1 %lx a2 %lx a7 %lx\n", x[1], x[2], x[10], x[11], x[12],
                  x[17]);
    console_print("[stint]   its last trap of its own: vscause 0x%lx vsepc 0x%lx vstval 0x%lx vstvec 0x%lx\n",
                  csr_read(vscause), csr_read(vsepc), csr_read(vstval), csr_read(vstvec));
}

void vm_crash(struct vcpu *v, const char *why, ...)
{
    char text[sizeof(v->vm->stats->why)];
    va_list args;
    va_start(args, why);
    vformat(text, sizeof(text), why, args);
    va_end(args);
    console_guest_flush(v->vm->index);
    console_print("[stint] %s did wrong and is stopped: %s\n", v->vm->config->name, text);
    print_state(v);
    vm_end(v->vm, VM_CRASHES, "%s", text);
    vcpu_request(v->vm, BIT(v->id),
                 VCPU_REQ_OFFLINE); /* now, though another one may have ended the VM first */
}
