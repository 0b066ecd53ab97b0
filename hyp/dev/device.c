/* SPDX-License-Identifier: MIT */
/*
 * From a faulting access to the device it meant.
 */
#include "hyp/dev/device.h"
#include <stddef.h>
#include "hyp/decode.h"
#include "hyp/dev/uart.h"
#include "hyp/machine.h"
#include "hyp/riscv.h"
#include "hyp/switch.h"
#include "hyp/vcpu.h"
#include "hyp/vm.h"

static const struct device *const devices[] = {&uart_device};

static const struct device *find(uint64_t gpa)
{
    for (uint32_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        if (gpa - devices[i]->base < devices[i]->bytes)
            return devices[i];
    return NULL;
}

/* The instruction at the guest's pc. False: it cannot be fetched any more; a sibling changed the page
 * tables, and the guest may try again. */
static bool fetch_instruction(const struct vcpu *v, uint32_t *instruction)
{
    long low = guest_fetch16(v->regs.pc);
    if (low < 0)
        return false;
    *instruction = (uint32_t)low;
    if ((low & 3) != 3)
        return true;
    long high = guest_fetch16(v->regs.pc + 2);
    if (high < 0)
        return false;
    *instruction |= (uint32_t)high << 16;
    return true;
}

/* BEGIN SOLUTION 3.device */
static uint64_t extend(uint64_t value, const struct access *a)
{
    uint32_t spare = 64 - 8 * a->width;
    return a->sign ? (uint64_t)((int64_t)(value << spare) >> spare) : value << spare >> spare;
}

static void perform(struct vcpu *v, const struct device *device, uint64_t offset, const struct access *a)
{
    uint64_t value = v->regs.x[a->reg];
    spin_lock(&v->vm->lock);
    if (a->store)
        device->write(v->vm, offset, a->width, value);
    else
        value = device->read(v->vm, offset, a->width);
    spin_unlock(&v->vm->lock);
    if (!a->store && a->reg != 0)
        v->regs.x[a->reg] = extend(value, a);
    vcpu_skip(v, a->length);
}
/* END SOLUTION */

static const char *deed(uint64_t cause)
{
    return cause == CAUSE_FETCH_GUEST_PAGE ? "fetch" : cause == CAUSE_LOAD_GUEST_PAGE ? "load" : "store";
}

/* No device could be meant, or not in this way: says why, and ends the VM. Returns false. */
static bool crash(struct vcpu *v, uint64_t gpa) __attribute__((cold, noinline));
static bool crash(struct vcpu *v, uint64_t gpa)
{
    const struct device *device = find(gpa);
    uint64_t cause = csr_read(scause), gva = csr_read(stval);
    if (htinst_is_page_walk(csr_read(htinst)))
        vm_crash(
            v, "its page table for virtual address 0x%lx is at guest physical address 0x%lx, where no RAM is",
            gva, gpa);
    else if (!device)
        vm_crash(v, "%s at guest physical address 0x%lx (virtual 0x%lx), where neither RAM nor a device is",
                 deed(cause), gpa, gva);
    else if (cause == CAUSE_FETCH_GUEST_PAGE)
        vm_crash(v, "it jumped into the %s at guest physical address 0x%lx (virtual 0x%lx)", device->name,
                 gpa, gva);
    else
        vm_crash(
            v,
            "%s of the %s at 0x%lx that is no plain, aligned load or store of an integer register within it",
            deed(cause), device->name, gpa);
    return false;
}

/* The access as its instruction tells it, when hardware did not. False: the instruction cannot be fetched. */
static bool decode_from_memory(const struct vcpu *v, struct access *a, bool *is_access)
{
    uint32_t instruction = 0;
    if (!fetch_instruction(v, &instruction))
        return false;
    *is_access = decode_instruction(instruction, a);
    return true;
}

bool device_access(struct vcpu *v, uint64_t gpa)
{
    const struct device *device = find(gpa);
    uint64_t htinst = csr_read(htinst);
    struct access a;
    bool is_access = true;

    if (!device || csr_read(scause) == CAUSE_FETCH_GUEST_PAGE || htinst_is_page_walk(htinst))
        return crash(v, gpa);
    if (machine.ignore_htinst)
        htinst = 0;
    if (!decode_htinst(htinst, &a) && !decode_from_memory(v, &a, &is_access))
        return true; /* it runs into its own fault when it tries again */
    uint64_t offset = gpa - device->base;
    if (!is_access || offset & (a.width - 1) || offset + a.width > device->bytes)
        return crash(v, gpa);
    perform(v, device, offset, &a);
    return true;
}
