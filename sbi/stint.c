/* SPDX-License-Identifier: MIT */
/*
 * Stint's own extension: the guest hands its area (report and event rings,
 * include/stint/guest.h) to whoever watches.
 */
#include "hyp/vm.h"
#include "sbi/sbi.h"

static struct sbi_ret call(struct vcpu *v, uint64_t fid)
{
    if (fid != STINT_SET_AREA)
        return sbi_error(SBI_ERR_NOT_SUPPORTED);
    return sbi_error(vm_set_area(v->vm, sbi_arg(v, 0), sbi_arg(v, 1)));
}

const struct sbi_extension sbi_stint = {SBI_EXT_STINT, call};
