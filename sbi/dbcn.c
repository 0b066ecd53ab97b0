/* SPDX-License-Identifier: MIT */
/*
 * SBI Debug Console: text from and to guest RAM.
 */
#include "hyp/console.h"
#include "hyp/vm.h"
#include "sbi/sbi.h"

#define CHUNK 256 /* bytes moved a call at most: partial transfers are legal, long ones would hold the pCPU */

static bool sound(const struct vcpu *v, uint64_t bytes, uint64_t low, uint64_t high)
{
    return high == 0 && (bytes == 0 || vm_is_ram(v->vm, low, bytes));
}

static exit_class write(struct vcpu *v, uint64_t bytes, uint64_t from, uint64_t high)
{
    char text[CHUNK];
    uint64_t n = bytes < CHUNK ? bytes : CHUNK;
    if (!sound(v, bytes, from, high))
        return sbi_error(v, SBI_ERR_INVALID_PARAM);
    if (n && !vm_read(v->vm, from, text, n))
        return sbi_error(v, SBI_ERR_FAILED);
    for (uint64_t i = 0; i < n; i++)
        console_guest_put(v->vm->index, text[i]);
    return sbi_ok(v, n);
}

static exit_class read(struct vcpu *v, uint64_t bytes, uint64_t to, uint64_t high)
{
    char text[CHUNK];
    uint64_t n = 0;
    int c;
    if (!sound(v, bytes, to, high))
        return sbi_error(v, SBI_ERR_INVALID_PARAM);
    while (n < bytes && n < CHUNK && (c = console_guest_get(v->vm->index)) >= 0)
        text[n++] = (char)c;
    if (n && !vm_write(v->vm, to, text, n))
        return sbi_error(v, SBI_ERR_FAILED);
    return sbi_ok(v, n);
}

static exit_class call(struct vcpu *v, uint64_t fid)
{
    switch (fid) {
    case SBI_DBCN_WRITE: return write(v, sbi_arg(v, 0), sbi_arg(v, 1), sbi_arg(v, 2));
    case SBI_DBCN_READ: return read(v, sbi_arg(v, 0), sbi_arg(v, 1), sbi_arg(v, 2));
    case SBI_DBCN_WRITE_BYTE: console_guest_put(v->vm->index, (char)sbi_arg(v, 0)); return sbi_ok(v, 0);
    default: return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
    }
}

const struct sbi_extension sbi_dbcn = {SBI_EXT_DBCN, call};
