/* SPDX-License-Identifier: MIT */
/*
 * SBI System Reset: the guest turns its machine off, or boots it anew.
 */
#include "hyp/vm.h"
#include "sbi/sbi.h"

#define VENDOR_RANGE 0xE0000000U /* reset reasons from here on are the implementation's or the vendor's */

static exit_class call(struct vcpu *v, uint64_t fid)
{
    uint32_t type = (uint32_t)sbi_arg(v, 0), reason = (uint32_t)sbi_arg(v, 1);
    if (fid != SBI_SRST_SYSTEM_RESET)
        return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
    if (type > SBI_SRST_WARM_REBOOT || (reason > SBI_SRST_REASON_FAILURE && reason < VENDOR_RANGE))
        return sbi_error(v, SBI_ERR_INVALID_PARAM);
    if (type != SBI_SRST_SHUTDOWN)
        vm_end(v->vm, VM_REBOOTS, "the guest asked for a reboot");
    else if (reason == SBI_SRST_REASON_NONE)
        vm_end(v->vm, VM_STOPS, "the guest shut down");
    else
        vm_end(v->vm, VM_CRASHES, "the guest shut down because of a failure of its own; see its console");
    return sbi_ok(v, 0); /* not seen: the VCPU goes offline before it would return */
}

const struct sbi_extension sbi_srst = {SBI_EXT_SRST, call};
