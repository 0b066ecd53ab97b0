/* SPDX-License-Identifier: MIT */
/*
 * SBI Base extension: who answers, and what it can do.
 */
#include "sbi/sbi.h"

static exit_class call(struct vcpu *v, uint64_t fid)
{
    switch (fid) {
    case SBI_BASE_GET_SPEC_VERSION: return sbi_ok(v, STINT_SBI_SPEC_VERSION);
    case SBI_BASE_GET_IMPL_ID: return sbi_ok(v, STINT_SBI_IMPL_ID);
    case SBI_BASE_GET_IMPL_VERSION: return sbi_ok(v, STINT_SBI_IMPL_VERSION);
    case SBI_BASE_PROBE_EXTENSION: return sbi_probe(v);
    case SBI_BASE_GET_MVENDORID:
    case SBI_BASE_GET_MARCHID:
    case SBI_BASE_GET_MIMPID:
        return sbi_ok(v, 0); /* zero is legal for "not implemented", and tells nothing of the host */
    default: return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
    }
}

const struct sbi_extension sbi_base = {SBI_EXT_BASE, call};
