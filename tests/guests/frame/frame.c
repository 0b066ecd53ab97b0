/* SPDX-License-Identifier: MIT */
/*
 * The frame of a bare test image: from the first instruction to the shutdown.
 */
#include "tests/guests/frame/frame.h"
#include <stdarg.h>
#include <stddef.h>
#include "lib/fdt.h"
#include "lib/printf.h"

#define TREE_MOST (2 << 20)

_Static_assert(offsetof(struct hart, x) == HART_X, "trap.S");
_Static_assert(offsetof(struct hart, pc) == HART_PC, "trap.S");
_Static_assert(offsetof(struct hart, status) == HART_STATUS, "trap.S");
_Static_assert(offsetof(struct hart, trap_sp) == HART_TRAP_SP, "trap.S");
_Static_assert(offsetof(struct hart, trying) == HART_TRYING, "trap.S");
_Static_assert(offsetof(struct hart, resume) == HART_RESUME, "trap.S");

extern char trap_vector[];
bool frame_try(void (*code)(uint64_t), uint64_t argument);
void frame_unwind(void) __attribute__((noreturn));

char stacks[HARTS][STACK_BYTES] __attribute__((aligned(16)));
static char trap_stacks[HARTS][STACK_BYTES / 2] __attribute__((aligned(16)));
struct hart harts[HARTS];
uint64_t boot_hart, hart_count, ram_end;

struct hart *this_hart(void)
{
    return (struct hart *)csr_read(sscratch);
}

struct sbi_result sbi_call5(long extension, long function, long arg0, long arg1, long arg2, long arg3,
                            long arg4)
{
    register long a0 __asm__("a0") = arg0;
    register long a1 __asm__("a1") = arg1;
    register long a2 __asm__("a2") = arg2;
    register long a3 __asm__("a3") = arg3;
    register long a4 __asm__("a4") = arg4;
    register long a6 __asm__("a6") = function;
    register long a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){a0, a1};
}

void say(const char *fmt, ...)
{
    char text[200];
    va_list args;

    va_start(args, fmt);
    int length = vformat(text, sizeof(text), fmt, args);
    va_end(args);
    if (length >= (int)sizeof(text))
        length = sizeof(text) - 1;
    for (int done = 0; done < length;) {
        struct sbi_result wrote = sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, length - done, (long)text + done, 0);

        if (wrote.error || wrote.value <= 0)
            return;
        done += (int)wrote.value;
    }
}

void shut_down(long reason)
{
    sbi_call(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, SBI_SRST_SHUTDOWN, reason, 0);
    for (;;)
        __asm__ volatile("wfi");
}

/* A trap that no test expected ends the machine, explained. */
static void __attribute__((noreturn)) give_up(const struct hart *h, uint64_t cause, uint64_t tval)
{
    *report_number("trap.cause") = cause;
    *report_number("trap.tval") = tval;
    *report_number("trap.pc") = h->pc;
    say("unexpected trap on hart %lu: scause 0x%lx, stval 0x%lx, pc 0x%lx, ra 0x%lx\n", h->id, cause, tval,
        h->pc, h->x[1]);
    shut_down(SBI_SRST_REASON_FAILURE);
}

void frame_trap(struct hart *h, uint64_t cause, uint64_t tval)
{
    if (cause & INTERRUPT) {
        if (!h->on_interrupt)
            give_up(h, cause, tval);
        h->on_interrupt(h, cause & ~INTERRUPT);
        return;
    }
    h->cause = cause;
    h->tval = tval;
    if (h->on_exception && h->on_exception(h, cause, tval))
        return;
    if (!h->trying)
        give_up(h, cause, tval);
    frame_unwind();
}

struct caught attempt(void (*code)(uint64_t), uint64_t argument)
{
    struct hart *h = this_hart();

    if (!frame_try(code, argument))
        return (struct caught){CAUSE_NONE, 0, 0};
    return (struct caught){h->cause, h->tval, h->pc};
}

bool await(const volatile uint64_t *word, uint64_t value, uint64_t ticks)
{
    uint64_t until = rdtime() + ticks;

    while (*word != value)
        if (rdtime() > until)
            return false;
    __asm__ volatile("fence r, rw" ::: "memory");
    return true;
}

static void prepare(struct hart *h, uint64_t id)
{
    h->id = id;
    h->trap_sp = (uint64_t)trap_stacks[id + 1];
    csr_write(sscratch, h);
    csr_write(stvec, trap_vector);
}

long hart_start(uint64_t id, void (*code)(uint64_t), uint64_t argument)
{
    struct hart *h = &harts[id];

    h->code = code;
    h->argument = argument;
    h->done = 0;
    __asm__ volatile("fence rw, rw" ::: "memory");
    return sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, (long)id, (long)start_other, (long)h).error;
}

void hart_stop(void)
{
    sbi_call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0);
    say("HSM hart stop returned on hart %lu\n", this_hart()->id);
    shut_down(SBI_SRST_REASON_FAILURE);
}

void frame_begin_other(struct hart *h)
{
    prepare(h, (uint64_t)(h - harts));
    h->code(h->argument);
    __asm__ volatile("fence rw, w" ::: "memory");
    *(volatile uint64_t *)&h->done = 1;
    hart_stop();
}

/* What the machine is, from its device tree. */
static void read_tree(const void *blob)
{
    struct fdt tree;
    const char *bootargs, *wrong = fdt_open(&tree, blob, TREE_MOST);
    uint64_t base = 0, size = 0;

    if (wrong) {
        say("device tree: %s\n", wrong);
        shut_down(SBI_SRST_REASON_FAILURE);
    }
    uint32_t root = fdt_root(&tree), cpus = fdt_find_path(&tree, "/cpus"), cpu = FDT_NONE;
    while ((cpu = fdt_next_child(&tree, cpus, cpu, "cpu@")) != FDT_NONE)
        hart_count++;
    fdt_reg(&tree, root, fdt_find_path(&tree, "/memory"), 0, &base, &size);
    ram_end = base + size;
    bootargs = fdt_string(&tree, fdt_find_path(&tree, "/chosen"), "bootargs", 0);
    args_init(bootargs ? bootargs : "");
}

void frame_begin(uint64_t id, const void *blob)
{
    boot_hart = id;
    prepare(&harts[id], id);
    read_tree(blob);
    area_init((uint32_t)hart_count);
    shut_down(test_main() ? SBI_SRST_REASON_FAILURE : SBI_SRST_REASON_NONE);
}
