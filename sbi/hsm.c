/* SPDX-License-Identifier: MIT */
/*
 * SBI Hart State Management: VCPUs started and stopped by their siblings and
 * themselves.
 */
#include "hyp/machine.h"
#include "hyp/pcpu.h"
#include "hyp/vm.h"
#include "sbi/sbi.h"

#define SUSPEND_RETENTIVE     0x00000000U
#define SUSPEND_NON_RETENTIVE 0x80000000U

static struct vcpu *find(const struct vcpu *v, uint64_t id)
{
    return id < v->vm->vcpu_count ? &v->vm->vcpus[id] : NULL;
}

static exit_class start(struct vcpu *v, struct vcpu *target, uint64_t pc, uint64_t opaque)
{
    uint32_t stopped = SBI_HSM_STOPPED;
    if (!target)
        return sbi_error(v, SBI_ERR_INVALID_PARAM);
    if (!vm_is_ram(target->vm, pc, 2) || pc & 1)
        return sbi_error(v, SBI_ERR_INVALID_ADDRESS);
    if (!__atomic_compare_exchange_n(&target->hsm, &stopped, SBI_HSM_START_PENDING, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return sbi_error(v, stopped == SBI_HSM_STOP_PENDING ? SBI_ERR_FAILED : SBI_ERR_ALREADY_AVAILABLE);
    vm_start_vcpu(target, pc, opaque);
    return sbi_ok(v, 0);
}

static exit_class stop(struct vcpu *v)
{
    __atomic_store_n(&v->hsm, SBI_HSM_STOP_PENDING, __ATOMIC_SEQ_CST);
    pcpu_wish(pcpu_self(), WISH_OFFLINE);
    return sbi_ok(v, 0);
}

/* The guest waits as by WFI; one that does not keep its state comes back as if started. */
static exit_class suspend(struct vcpu *v, uint64_t type, uint64_t resume, uint64_t opaque)
{
    if ((uint32_t)type != SUSPEND_RETENTIVE && (uint32_t)type != SUSPEND_NON_RETENTIVE)
        return sbi_error(v, SBI_ERR_INVALID_PARAM);
    if ((uint32_t)type == SUSPEND_NON_RETENTIVE && (!vm_is_ram(v->vm, resume, 2) || resume & 1))
        return sbi_error(v, SBI_ERR_INVALID_ADDRESS);
    pcpu_wish(pcpu_self(), WISH_BLOCK);
    if ((uint32_t)type == SUSPEND_RETENTIVE)
        return sbi_ok(v, 0);
    vcpu_resume_at(v, resume);
    return sbi_answer(v, v->id, opaque); /* a0 and a1 of the fresh start */
}

static exit_class status(struct vcpu *v, const struct vcpu *target)
{
    if (!target)
        return sbi_error(v, SBI_ERR_INVALID_PARAM);
    uint32_t state = __atomic_load_n(&target->hsm, __ATOMIC_SEQ_CST);
    return sbi_ok(v, state);
}

static exit_class call(struct vcpu *v, uint64_t fid)
{
    switch (fid) {
    case SBI_HSM_HART_START: return start(v, find(v, sbi_arg(v, 0)), sbi_arg(v, 1), sbi_arg(v, 2));
    case SBI_HSM_HART_STOP: return stop(v);
    case SBI_HSM_HART_GET_STATUS: return status(v, find(v, sbi_arg(v, 0)));
    case SBI_HSM_HART_SUSPEND: return suspend(v, sbi_arg(v, 0), sbi_arg(v, 1), sbi_arg(v, 2));
    default: return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
    }
}

const struct sbi_extension sbi_hsm = {SBI_EXT_HSM, call};
