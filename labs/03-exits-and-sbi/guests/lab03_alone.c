/* SPDX-License-Identifier: MIT */
/*
 * hyp/exit.c and hyp/dev/device.c themselves, as part of an image that needs no hypervisor: exits are made up, and the
 * device in the UART's place answers with as many bytes as it is asked for. The UART knows only one.
 *
 * Arguments: part=device|no-page, seed=N.
 */
#include <stdarg.h>
#include "hyp/clock.h"
#include "hyp/dev/device.h"
#include "hyp/dev/uart.h"
#include "hyp/exit.h"
#include "hyp/machine.h"
#include "hyp/riscv.h"
#include "hyp/vcpu.h"
#include "hyp/vm.h"
#include "lib/bitops.h"
#include "lib/printf.h"
#include "sbi/sbi.h"
#include "tests/guests/alone.h"
#include "tests/guests/frame/check.h"

#define DEVICE   0x10000000UL
#define BYTES    64
#define VIRTUAL  0x3000000000UL /* where the guest sees RAM, and the device */
#define RAM_PAGE (VM_RAM_BASE + (5UL << 20))
#define ROUNDS   8
#define PC       0x80201000UL

static const struct scenario_vm config = {.name = "a", .memory = 16UL << 20};
static struct vm vm = {.config = &config};
static struct vcpu vcpu = {.vm = &vm};
static uint64_t random_state, crashes;
static bool may_crash;

/* What the device was asked. */
static struct {
    uint64_t times, offset, width, value, free; /* free: it was asked without the VM's lock */
    bool store;
} asked;
static uint64_t answer;      /* the next one, of 64 bits */
static uint32_t instruction; /* at the guest's pc */

static uint64_t draw(void)
{
    random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
    return random_state ^ random_state >> 29;
}

/* ---- What exit.c and device.c call ---- */

struct machine machine;

void vm_crash(struct vcpu *v, const char *why, ...)
{
    va_list args;

    (void)v;
    crashes++;
    if (may_crash)
        return;
    va_start(args, why);
    end_saying(why, args);
}

static void note(bool store, uint64_t offset, uint32_t width, uint64_t value)
{
    asked.times++;
    asked.store = store;
    asked.offset = offset;
    asked.width = width;
    asked.value = value;
    asked.free += !spin_held(&vm.lock);
}

static uint64_t read(struct vm *m, uint64_t offset, uint32_t width)
{
    (void)m;
    note(false, offset, width, 0);
    return answer & bit_mask(width * 8);
}

static void write(struct vm *m, uint64_t offset, uint32_t width, uint64_t value)
{
    (void)m;
    note(true, offset, width, value);
}

const struct device uart_device = {"UART", DEVICE, BYTES, read, write};

long guest_fetch16(uint64_t gva)
{
    return gva == vcpu.regs.pc ? instruction & 0xffff : instruction >> 16;
}

bool vm_touch(struct vm *m, uint64_t gpa)
{
    (void)m, (void)gpa;
    return false;
}

bool clock_interrupt(struct pcpu *self)
{
    (void)self;
    return false;
}

bool vcpu_fp_on(struct vcpu *v)
{
    (void)v;
    return false;
}

void vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t tval)
{
    (void)v, (void)cause, (void)tval;
}

exit_class sbi_call(struct vcpu *v)
{
    (void)v;
    return STINT_EXIT_ECALL;
}

/* ---- Exits ---- */

/* Hardware tells nothing in htinst: QEMU takes no value for it, and so the instruction is fetched. */
static void guest_page_fault(uint64_t cause, uint64_t gpa)
{
    csr_write(scause, cause);
    csr_write(htval, gpa >> 2);
    csr_write(stval, VIRTUAL | (gpa & (PAGE_SIZE - 1)));
    csr_write(htinst, 0);
    exit_handlers[cause](&vcpu);
}

static const struct kind {
    const char *name;
    uint32_t instruction; /* of x0, or x8, by way of x0, or x8 */
    uint32_t width;
    bool store, sign;
} kinds[] = {
    {"lb", 0x0003, 1, false, true},   {"lh", 0x1003, 2, false, true},   {"lw", 0x2003, 4, false, true},
    {"ld", 0x3003, 8, false, true},   {"lbu", 0x4003, 1, false, false}, {"lhu", 0x5003, 2, false, false},
    {"lwu", 0x6003, 4, false, false}, {"c-lw", 0x4000, 4, false, true}, {"c-ld", 0x6000, 8, false, true},
    {"sb", 0x0023, 1, true, false},   {"sh", 0x1023, 2, true, false},   {"sw", 0x2023, 4, true, false},
    {"sd", 0x3023, 8, true, false},   {"c-sw", 0xc000, 4, true, false}, {"c-sd", 0xe000, 8, true, false},
};

static bool is_compressed(const struct kind *kind)
{
    return (kind->instruction & 3) != 3;
}

static uint32_t with_register(const struct kind *kind, uint32_t reg)
{
    if (is_compressed(kind))
        return kind->instruction | (reg - 8) << 2;
    return kind->instruction | (kind->store ? reg << 20 : reg << 7);
}

/* What a load of the answer leaves in a register. */
static uint64_t loaded(const struct kind *kind)
{
    uint64_t all = bit_mask(kind->width * 8), value = answer & all;
    bool negative = value >> (kind->width * 8 - 1);

    return kind->sign && negative ? value | ~all : value;
}

static void check_of(const struct kind *kind, const char *what, uint64_t got, uint64_t expected)
{
    char name[32];

    format(name, sizeof(name), "%s.%s", kind->name, what);
    check(name, got, expected);
}

static void check_registers(const struct kind *kind, uint32_t reg, const uint64_t *before)
{
    uint64_t changed = 0;

    for (uint32_t n = 0; n < 32; n++)
        changed += n != reg && vcpu.regs.x[n] != before[n];
    check_of(kind, "others", changed, 0);
    check_of(kind, "register", vcpu.regs.x[reg], kind->store || reg == 0 ? before[reg] : loaded(kind));
    check_of(kind, "skipped", vcpu.regs.pc - PC, is_compressed(kind) ? 2 : 4);
}

static void check_asked(const struct kind *kind, uint64_t offset, uint64_t stored)
{
    check_of(kind, "times", asked.times, 1);
    check_of(kind, "lock-kept", spin_held(&vm.lock), false);
    if (!asked.times)
        return;
    check_of(kind, "deed", asked.store, kind->store);
    check_of(kind, "offset", asked.offset, offset);
    check_of(kind, "width", asked.width, kind->width);
    check_of(kind, "without-lock", asked.free, 0);
    if (kind->store)
        check_of(kind, "value", asked.value & bit_mask(kind->width * 8), stored & bit_mask(kind->width * 8));
}

static void access(const struct kind *kind, uint32_t reg)
{
    uint64_t before[32] = {0}, offset = draw() % BYTES & -(uint64_t)kind->width;

    for (uint32_t n = 1; n < 32; n++)
        before[n] = draw();
    for (uint32_t n = 0; n < 32; n++)
        vcpu.regs.x[n] = before[n];
    vcpu.regs.pc = PC;
    asked.times = asked.free = 0;
    spin_init(&vm.lock);
    answer = draw();
    instruction = with_register(kind, reg);
    guest_page_fault(kind->store ? CAUSE_STORE_GUEST_PAGE : CAUSE_LOAD_GUEST_PAGE, DEVICE + offset);
    check_asked(kind, offset, before[reg]);
    check_registers(kind, reg, before);
}

/* A compressed instruction names x8 to x15; the others all, and x0. */
static void part_device(void)
{
    for (unsigned n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++) {
        for (unsigned round = 0; round < ROUNDS; round++)
            access(&kinds[n], is_compressed(&kinds[n]) ? 8 + draw() % 8 : 1 + draw() % 31);
        if (!is_compressed(&kinds[n]))
            access(&kinds[n], 0);
    }
}

static void part_no_page(void)
{
    static const uint32_t causes[] = {CAUSE_FETCH_GUEST_PAGE, CAUSE_LOAD_GUEST_PAGE, CAUSE_STORE_GUEST_PAGE};

    may_crash = true;
    for (unsigned n = 0; n < sizeof(causes) / sizeof(causes[0]); n++) {
        crashes = asked.times = 0;
        guest_page_fault(causes[n], RAM_PAGE + n * PAGE_SIZE);
        check("no-page.crashed", crashes > 0, true);
        check("no-page.times", asked.times, 0);
    }
}

int test_main(void)
{
    random_state = arg_number("seed", 1);
    if (arg_is("part", "device"))
        part_device();
    else
        part_no_page();
    *report_number("finished") = 1;
    return 0;
}
