/* SPDX-License-Identifier: MIT */
/*
 * SBI IPI extension: a supervisor software interrupt for some harts.
 */
#include "hyp/vm.h"
#include "sbi/sbi.h"

static exit_class call(struct vcpu *v, uint64_t fid)
{
    uint64_t harts;
    if (fid != SBI_IPI_SEND_IPI)
        return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
    if (!sbi_hart_mask(v, sbi_arg(v, 0), sbi_arg(v, 1), &harts))
        return sbi_error(v, SBI_ERR_INVALID_PARAM);
    vcpu_request(v->vm, harts, VCPU_REQ_IPI);
    return sbi_ok(v, 0);
}

const struct sbi_extension sbi_ipi = {SBI_EXT_IPI, call};
