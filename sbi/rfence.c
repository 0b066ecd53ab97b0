/* SPDX-License-Identifier: MIT */
/*
 * SBI RFENCE extension: fences on other harts.
 *
 * Every fence here drops all VS-stage translations of the VM's VMID on the pCPU
 * concerned, whatever range or ASID was named: more than asked is allowed,
 * and Stint is small. A VCPU that does not run fences before it next does.
 */
#include "hyp/vm.h"
#include "lib/bitops.h"
#include "sbi/sbi.h"

/* A range that is neither everything nor within the address space is an error. */
static bool range_is_sound(uint64_t start, uint64_t size)
{
    bool everything = (start == 0 && size == 0) || size == UINT64_MAX;
    return everything || start + size >= start;
}

/* Not all have fenced yet. The guest makes the call once more: so its interrupts, the end of its slice and the
 * fences that others want of it find it between two instructions, and nobody waits in the hypervisor. */
static exit_class call_again(struct vcpu *v)
{
    v->regs.pc -= 4;
    return STINT_EXIT_ECALL;
}

static exit_class call(struct vcpu *v, uint64_t fid)
{
    uint64_t harts;
    unsigned id;
    if (fid > SBI_RFENCE_SFENCE_VMA_ASID) /* the hfence calls: the guest's machine has no H-extension */
        return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
    if (!sbi_hart_mask(v, sbi_arg(v, 0), sbi_arg(v, 1), &harts))
        return sbi_error(v, SBI_ERR_INVALID_PARAM);
    if (fid != SBI_RFENCE_FENCE_I && !range_is_sound(sbi_arg(v, 2), sbi_arg(v, 3)))
        return sbi_error(v, SBI_ERR_INVALID_ADDRESS);

    if (v->fence_pc != v->regs.pc) {
        uint32_t request = fid == SBI_RFENCE_FENCE_I ? VCPU_REQ_FENCE_I : VCPU_REQ_FENCE;
        v->fence_pc = v->regs.pc;
        vcpu_request(v->vm, harts, request);
    }
    for_each_bit (id, harts)
        if (&v->vm->vcpus[id] != v && vcpu_fence_is_due(&v->vm->vcpus[id]))
            return call_again(v);
    v->fence_pc = 0;
    return sbi_ok(v, 0);
}

const struct sbi_extension sbi_rfence = {SBI_EXT_RFENCE, call};
