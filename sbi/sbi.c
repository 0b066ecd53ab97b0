/* SPDX-License-Identifier: MIT */
/*
 * From the number of an extension to the code that answers it: one look into
 * a table. The hash is chosen so that the extensions Stint has fall into
 * different slots; the compiler refuses a table in which two collide.
 */
#include "sbi/sbi.h"
#include "hyp/vm.h"
#include "lib/bitops.h"

#define SLOTS     32
#define SLOT(eid) ((((eid) >> 17) ^ ((eid) >> 26)) % SLOTS)

static const struct sbi_extension *const extensions[SLOTS] = {
    [SLOT(SBI_EXT_BASE)] = &sbi_base, [SLOT(SBI_EXT_TIME)] = &sbi_time,
    [SLOT(SBI_EXT_IPI)] = &sbi_ipi,   [SLOT(SBI_EXT_RFENCE)] = &sbi_rfence,
    [SLOT(SBI_EXT_HSM)] = &sbi_hsm,   [SLOT(SBI_EXT_SRST)] = &sbi_srst,
    [SLOT(SBI_EXT_DBCN)] = &sbi_dbcn, [SLOT(SBI_EXT_STINT)] = &sbi_stint,
    [SLOT(SBI_EXT_STA)] = &sbi_sta,
};

/* BEGIN SOLUTION 3.dispatch */
static inline const struct sbi_extension *find(uint64_t eid)
{
    const struct sbi_extension *extension = extensions[SLOT(eid)];
    return extension && extension->eid == eid ? extension : NULL;
}

exit_class sbi_probe(struct vcpu *v)
{
    return sbi_ok(v, find(sbi_arg(v, 0)) != NULL);
}

exit_class sbi_call(struct vcpu *v)
{
    const struct sbi_extension *extension = find(v->regs.x[17]);
    vcpu_skip(v, 4);
    return extension ? extension->call(v, v->regs.x[16]) : sbi_error(v, SBI_ERR_NOT_SUPPORTED);
}
/* END SOLUTION */

/* BEGIN SOLUTION 3.masks */
bool sbi_hart_mask(const struct vcpu *v, uint64_t mask, uint64_t base, uint64_t *harts)
{
    uint64_t all = bit_mask(v->vm->vcpu_count);
    if (base == UINT64_MAX) {
        *harts = all;
        return true;
    }
    if (base >= v->vm->vcpu_count || (mask & ~(all >> base)))
        return false;
    *harts = mask << base;
    return true;
}
/* END SOLUTION */
