/* SPDX-License-Identifier: MIT */
/*
 * The devices that a guest sees, as ranges of its physical addresses. Adding
 * one is its file and a row in device.c.
 */
#ifndef HYP_DEV_DEVICE_H
#define HYP_DEV_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct vm;

struct device {
    const char *name;
    uint64_t base, bytes;
    /* offset < bytes; width 1, 2, 4 or 8, aligned, within the device. The VM's lock is held. */
    uint64_t (*read)(struct vm *, uint64_t offset, uint32_t width);
    void (*write)(struct vm *, uint64_t offset, uint32_t width, uint64_t value);
};

/* The guest's access to gpa, for which the G-stage has no page, is the exit at hand: scause, stval and htinst tell
 * of it. Carries it out if a device is there and it is a plain load or store, and steps over it: true.
 * Otherwise the VM has crashed, with the reason: false. */
bool device_access(struct vcpu *, uint64_t gpa);

#endif
