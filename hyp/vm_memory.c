/* SPDX-License-Identifier: MIT */
/*
 * Guest RAM: filled when first touched, and never touched by the hypervisor
 * but through the functions here, which check every address.
 */
#include <stint/sbi.h>
#include "hyp/machine.h"
#include "hyp/page.h"
#include "hyp/pcpu.h"
#include "hyp/riscv.h"
#include "hyp/vcpu.h"
#include "hyp/vm.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "sbi/sta.h"

/* BEGIN SOLUTION 2.touch */
/* A guest does with its RAM what it likes, and its own tables say what its tasks may. A and D are set from the start:
 * nobody here asks for them. */
#define PTE_RAM (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D)

/* The page behind gpa, which is RAM; mapped now if it was not. 0: none left. Under the VM's lock. */
static uint64_t touch(struct vm *vm, uint64_t gpa)
{
    uint64_t *pte = gstage_find(&vm->gstage, gpa);
    if (pte && *pte & PTE_V)
        return pte_page(*pte);
    uint64_t page = page_alloc();
    if (page && !gstage_map(&vm->gstage, gpa, page, PTE_RAM)) {
        page_free(page);
        page = 0;
    }
    vm->stats->pages = vm->gstage.pages;
    return page;
}
/* END SOLUTION */

void *vm_host_address(struct vm *vm, uint64_t gpa)
{
    uint64_t page = vm_is_ram(vm, gpa, 1) ? touch(vm, gpa) : 0;
    return page ? (void *)(page + gpa % PAGE_SIZE) : NULL;
}

bool vm_touch(struct vm *vm, uint64_t gpa)
{
    spin_lock(&vm->lock);
    bool done = touch(vm, gpa) != 0;
    spin_unlock(&vm->lock);
    return done;
}

enum direction { FROM_GUEST, TO_GUEST };

static bool copy(struct vm *vm, uint64_t gpa, void *buffer, uint64_t bytes, enum direction direction)
{
    if (!vm_is_ram(vm, gpa, bytes))
        return false;
    while (bytes) {
        uint64_t offset = gpa % PAGE_SIZE;
        uint64_t n = PAGE_SIZE - offset < bytes ? PAGE_SIZE - offset : bytes;
        spin_lock(&vm->lock);
        uint64_t page = touch(vm, gpa);
        if (page && direction == TO_GUEST)
            memcpy((void *)(page + offset), buffer, n);
        else if (page)
            memcpy(buffer, (void *)(page + offset), n);
        spin_unlock(&vm->lock);
        if (!page)
            return false;
        gpa += n;
        buffer = (char *)buffer + n;
        bytes -= n;
    }
    return true;
}

bool vm_read(struct vm *vm, uint64_t gpa, void *to, uint64_t bytes)
{
    return copy(vm, gpa, to, bytes, FROM_GUEST);
}

bool vm_write(struct vm *vm, uint64_t gpa, const void *from, uint64_t bytes)
{
    return copy(vm, gpa, (void *)from, bytes, TO_GUEST);
}

/* Moves the page behind gpa, as it is, to `place`, a page of the shared region. *old is the page that is free
 * once no pCPU can reach it by an old translation; 0: there was none. False: no page left for a table. */
static bool move_page(struct vm *vm, uint64_t gpa, uint64_t place, uint64_t *old)
{
    uint64_t *pte = gstage_find(&vm->gstage, gpa);
    *old = pte && *pte & PTE_V ? pte_page(*pte) : 0;
    if (*old)
        memcpy((void *)place, (void *)*old, PAGE_SIZE);
    else
        memset((void *)place, 0, PAGE_SIZE);
    if (!gstage_map(&vm->gstage, gpa, place, PTE_RAM | PTE_BORROWED))
        return false;
    if (*old)
        vm->gstage.pages--;
    return true;
}

/* BEGIN SOLUTION 2.fence */
void vm_forget_translations(struct vm *vm)
{
    for (uint32_t i = 0; i < pcpu_count; i++)
        pcpus[i].last_of_vm[vm->index] = NULL;
}

/* After this no pCPU uses a G-stage translation older than the call: those that run the VM fence now, the
 * others when it comes back. */
static void fence_all(struct vm *vm)
{
    vm_forget_translations(vm);
    vcpu_request(vm, bit_mask(vm->vcpu_count), VCPU_REQ_FENCE_G);
    for (uint32_t id = 0; id < vm->vcpu_count; id++)
        vcpu_await_fence(&vm->vcpus[id]);
}
/* END SOLUTION */

/* SBI's error number. */
long vm_set_area(struct vm *vm, uint64_t gpa, uint64_t bytes)
{
    uint64_t old[STINT_AREA_MAX / PAGE_SIZE], old_count = 0;
    uint64_t offset = machine.shared->areas_offset + (uint64_t)vm->index * STINT_AREA_MAX;

    if (bytes == 0 || bytes > STINT_AREA_MAX || !is_aligned(gpa, PAGE_SIZE) || !is_aligned(bytes, PAGE_SIZE))
        return SBI_ERR_INVALID_PARAM;
    if (!vm_is_ram(vm, gpa, bytes))
        return SBI_ERR_INVALID_ADDRESS;
    spin_lock(&vm->lock);
    bool had_one = vm->stats->area_bytes != 0;
    bool moved = true;
    if (!had_one) {
        vm->stats->area_offset = offset;
        vm->stats->area_bytes = bytes;
        for (uint64_t at = 0; at < bytes && moved; at += PAGE_SIZE) {
            moved = move_page(vm, gpa + at, STINT_SHARED_BASE + offset + at, &old[old_count]);
            old_count += moved && old[old_count];
        }
        vm->stats->pages = vm->gstage.pages;
        for (uint32_t id = 0; id < vm->vcpu_count; id++)
            sta_follow(&vm->vcpus[id]);
    }
    spin_unlock(&vm->lock);
    if (had_one)
        return SBI_ERR_ALREADY_AVAILABLE;
    fence_all(vm);
    while (old_count)
        page_free(old[--old_count]);
    return moved ? SBI_SUCCESS : SBI_ERR_FAILED;
}
