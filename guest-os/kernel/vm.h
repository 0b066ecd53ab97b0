/* SPDX-License-Identifier: MIT */
/*
 * Address spaces (Sv39). Every task has its own; the kernel is part of each, where only it may touch it, at
 * the addresses that it has without the MMU. No mapping changes once its space is in use, so nothing needs
 * a fence.
 *
 *   0x10000000  the UART
 *   0x40000000  the programs of all tasks: to read and execute; one copy for all
 *   0x40100000  a page that tasks share, to read and write, where the guest asks for it
 *   0x40101000  what was stolen from each CPU (steal.h): to read
 *   0x401ff000  the task's stack: one page, and nothing below it
 *   0x80200000  the kernel: code, constants and data apart; what lies beyond its 2 MiB it cannot touch
 */
#ifndef GUEST_VM_H
#define GUEST_VM_H

#include <stdbool.h>
#include <stdint.h>
#include "guest-os/kernel/calls.h"
#include "guest-os/kernel/cpu.h"

#define PAGE_BYTES 4096UL

#define USER_STACK     0x401ff000UL
#define USER_STACK_TOP (USER_STACK + PAGE_BYTES)

/* One level of a page table. */
struct page_table {
    uint64_t entry[512];
};

/* A space is named by the value that satp has in it. */

/* Makes the kernel's own space. The boot hart's, before all else here. */
void vm_init(void);

/* From now on this hart runs in the kernel's space, with the MMU on. */
void vm_on(struct cpu *cpu);

/* A new space for the task of that number, with the shared page if wanted. Boot hart only. */
uint64_t vm_make_space(uint32_t task, bool shared);

/* This hart runs in that space from now on. */
void vm_enter(struct cpu *cpu, uint64_t space);

/* Copies from memory that a task names. False, and nothing copied, unless all of it is the task's to read. */
bool vm_copy_from_user(uint64_t space, void *to, uint64_t from, uint64_t bytes);

/* The same the other way: unless all of it is the task's to write. */
bool vm_copy_to_user(uint64_t space, uint64_t to, const void *from, uint64_t bytes);

/* Does the address lie in the guard below a hart's stack? */
bool vm_in_stack_guard(uint64_t address);

#endif
