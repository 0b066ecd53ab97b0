/* SPDX-License-Identifier: MIT */
/*
 * From a faulting access to the device it meant.
 */
#include "hyp/dev/device.h"
#include <stddef.h>
#include "hyp/decode.h"
#include "hyp/dev/uart.h"
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

static const char *deed(uint64_t cause)
{
    return cause == CAUSE_FETCH_GUEST_PAGE ? "fetch" : cause == CAUSE_LOAD_GUEST_PAGE ? "load" : "store";
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

bool device_access(struct vcpu *v, uint64_t cause, uint64_t gva, uint64_t gpa, uint64_t htinst)
{
    const struct device *device = find(gpa);
    struct access a;
    uint32_t instruction = 0;

    if (htinst_is_page_walk(htinst)) {
        vm_crash(v, "its page table for virtual address 0x%lx is at guest physical address 0x%lx, where no RAM is", gva,
                 gpa);
        return false;
    }
    if (!device) {
        vm_crash(v, "%s at guest physical address 0x%lx (virtual 0x%lx), where neither RAM nor a device is",
                 deed(cause), gpa, gva);
        return false;
    }
    if (cause == CAUSE_FETCH_GUEST_PAGE) {
        vm_crash(v, "it jumped into the %s at guest physical address 0x%lx (virtual 0x%lx)", device->name, gpa, gva);
        return false;
    }
    if (!decode_htinst(htinst, &a)) {
        if (!fetch_instruction(v, &instruction))
            return true;
        if (!decode_instruction(instruction, &a)) {
            vm_crash(v, "%s of the %s at 0x%lx by instruction 0x%x, which is no plain integer load or store",
                     deed(cause), device->name, gpa, instruction);
            return false;
        }
    }
    uint64_t offset = gpa - device->base;
    if (offset % a.width || offset + a.width > device->bytes) {
        vm_crash(v, "%s of %u bytes at 0x%lx of the %s: misaligned, or beyond its end", deed(cause), a.width, gpa,
                 device->name);
        return false;
    }
    perform(v, device, offset, &a);
    return true;
}
