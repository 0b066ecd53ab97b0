/* SPDX-License-Identifier: MIT */
/*
 * Stint's own extension: the guest hands its area (report and event rings,
 * include/stint/guest.h) to whoever watches, a VCPU offers its pCPU to others, and
 * reads the time that passes outside.
 */
#include "hyp/machine.h"
#include "hyp/pcpu.h"
#include "hyp/riscv.h"
#include "hyp/vm.h"
#include "sbi/sbi.h"

static exit_class call(struct vcpu *v, uint64_t fid)
{
    switch (fid) {
    case STINT_SET_AREA: return sbi_error(v, vm_set_area(v->vm, sbi_arg(v, 0), sbi_arg(v, 1)));
    case STINT_YIELD: pcpu_wish(pcpu_self(), WISH_YIELD); return sbi_ok(v, 0);
    case STINT_WALL_TIME: return sbi_ok(v, machine_ns(rdtime()));
    default: return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
    }
}

const struct sbi_extension sbi_stint = {SBI_EXT_STINT, call};
