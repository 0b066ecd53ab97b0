/* SPDX-License-Identifier: MIT */
/*
 * SBI Steal-time Accounting: a guest registers 64 bytes for each VCPU, and is told there, without an exit, how long
 * that VCPU was kept from running (SBI 2.0, chapter "Steal-time Accounting Extension").
 *
 * Steal is what the hypervisor's own books say: the time in the runstates RUNNABLE and PARKED, and what the
 * hypervisor took of the VCPU's stay for itself, less what the guest's clock never showed (hyp/guest_clock.c). Being
 * blocked is not steal. It is written before the VCPU goes on, so that no more steal is ever told of a span of the
 * guest's time than it was long.
 */
#include "sbi/sta.h"
#include <stint/sta.h>
#include "hyp/clock.h"
#include "hyp/riscv.h"
#include "hyp/vm.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "sbi/sbi.h"

#define NONE UINT64_MAX

/* BEGIN SOLUTION 7.stolen */
static uint64_t stolen(const struct vcpu *v)
{
    return v->stats->ticks[STINT_RUNNABLE] + v->stats->ticks[STINT_PARKED] + vcpu_waits_here(v) - v->unseen;
}
/* END SOLUTION */

/* ---- Writing; under the VM's lock ---- */

static uint64_t positive(uint64_t difference)
{
    return (int64_t)difference > 0 ? difference : 0;
}

/*
 * What the record is to say. Where the clock is real that is the books' own number. Where it moves, the books of
 * different pCPUs differ by what each was late in writing down, so that the sum may go back a little, or forward by
 * more than the guest saw pass: then it waits, and the rest is told after a later absence.
 */
static uint64_t tell(struct vcpu *v)
{
    uint64_t now = stolen(v) - v->sta.base;
    uint64_t most = v->sta.left ? rdtime() + v->vm->htimedelta - v->sta.left : now - v->sta.seen;
    uint64_t more = positive(now - v->sta.told);
    v->sta.seen = now;
    v->sta.left = 0;
    if (v->vm->clock.moves && more > positive(most))
        more = positive(most);
    return v->sta.told += more;
}

/* BEGIN SOLUTION 7.write */
static void write_steal(struct vcpu *v)
{
    struct sbi_sta *record = v->sta.record;
    __atomic_store_n(&record->sequence, ++v->sta.sequence, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&record->steal, ticks_to_ns(tell(v)), __ATOMIC_RELAXED);
    __atomic_store_n(&record->sequence, ++v->sta.sequence, __ATOMIC_RELEASE);
}
/* END SOLUTION */

/* BEGIN SOLUTION 7.preempted */
void sta_goes_on(struct vcpu *v)
{
    spin_lock(&v->vm->lock);
    if (v->sta.record) {
        write_steal(v);
        __atomic_store_n(&v->sta.record->preempted, 0, __ATOMIC_RELAXED);
    }
    spin_unlock(&v->vm->lock);
}

void sta_waits(struct vcpu *v)
{
    spin_lock(&v->vm->lock);
    if (v->sta.record)
        __atomic_store_n(&v->sta.record->preempted, 1, __ATOMIC_RELAXED);
    spin_unlock(&v->vm->lock);
}
/* END SOLUTION */

/* BEGIN SOLUTION 7.forget */
void sta_forget(struct vcpu *v)
{
    spin_lock(&v->vm->lock);
    v->sta.record = NULL;
    v->is_told = v->vm->clock.moves;
    spin_unlock(&v->vm->lock);
}
/* END SOLUTION */

void sta_follow(struct vcpu *v)
{
    if (v->sta.record)
        v->sta.record = vm_host_address(v->vm, v->sta.gpa);
}

/* ---- The call ---- */

/* BEGIN SOLUTION 7.register */
/* Aligned to their size, 64 bytes lie in one page. */
static long register_record(struct vcpu *v, uint64_t gpa)
{
    struct sbi_sta *record = NULL;
    spin_lock(&v->vm->lock);
    if (vm_is_ram(v->vm, gpa, sizeof(*record)))
        record = vm_host_address(v->vm, gpa);
    if (record) {
        memset(record, 0, sizeof(*record));
        v->sta = (struct sta){.record = record, .gpa = gpa, .base = stolen(v)};
        v->is_told = true;
    }
    spin_unlock(&v->vm->lock);
    return record ? SBI_SUCCESS : SBI_ERR_INVALID_ADDRESS;
}
/* END SOLUTION */

/* BEGIN SOLUTION 7.call */
static long set_shmem(struct vcpu *v, uint64_t low, uint64_t high, uint64_t flags)
{
    if (flags != 0)
        return SBI_ERR_INVALID_PARAM;
    if (low == NONE && high == NONE) {
        sta_forget(v);
        return SBI_SUCCESS;
    }
    if (!is_aligned(low, sizeof(struct sbi_sta)))
        return SBI_ERR_INVALID_PARAM;
    if (high != 0)
        return SBI_ERR_INVALID_ADDRESS;
    return register_record(v, low);
}
/* END SOLUTION */

static exit_class call(struct vcpu *v, uint64_t fid)
{
    if (fid != SBI_STA_SET_SHMEM)
        return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
    return sbi_error(v, set_shmem(v, sbi_arg(v, 0), sbi_arg(v, 1), sbi_arg(v, 2)));
}

const struct sbi_extension sbi_sta = {SBI_EXT_STA, call};
