/* SPDX-License-Identifier: MIT */
/*
 * hyp/switch.S itself, as part of an image that needs no hypervisor: a guest of a few instructions, and what it and the
 * hypervisor find in the hart after each has had it.
 *
 * Arguments: seed=N, rounds=N.
 */
#include "hyp/switch.h"
#include "hyp/layout.h"
#include "hyp/panic.h"
#include "hyp/riscv.h"
#include "tests/guests/frame/check.h"

#define ECALL_BYTES 4

/* What switch.S uses of the hypervisor. */
char stacks_start[STACKS * STACK_STRIDE] __attribute__((aligned(16)));
struct regs panic_regs;

void panic_trap(const struct regs *failed)
{
    panic("a trap with sscratch = 0, as if the hypervisor had failed: pc 0x%lx, scause 0x%lx", failed->pc,
          csr_read(scause));
}

static struct regs regs;
static uint64_t pattern[32], random_state;

static uint64_t draw(void)
{
    random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
    return random_state ^ random_state >> 29;
}

/* It leaves all registers as they are but s11. */
__attribute__((naked, aligned(4))) static void guest(void)
{
    __asm__ volatile(".option push\n.option norvc\n"
                     "ecall\n"
                     "addi  s11, s11, 1\n"
                     "ecall\n"
                     ".option pop");
}

static void begin_guest(uint64_t spp)
{
    for (unsigned n = 1; n < 32; n++)
        regs.x[n] = pattern[n] = draw();
    regs.pc = (uint64_t)guest;
    regs.sstatus = spp;
    regs.hstatus = HSTATUS_VSXL_64 | HSTATUS_VTW | HSTATUS_SPVP | HSTATUS_SPV;
    regs.host_sp = regs.host_ra = 0;
    regs.host_tp = draw(); /* the hypervisor's own is the same (run_guest) */
}

static void check_saved(uint64_t spp, uint64_t pc)
{
    uint64_t wrong = 0;

    for (unsigned n = 31; n > 0; n--)
        if (regs.x[n] != pattern[n])
            wrong = n;
    check("saved.register", wrong, 0);
    check("saved.pc", regs.pc - (uint64_t)guest, pc);
    check("saved.spp", regs.sstatus & SSTATUS_SPP, spp);
    check("saved.spv", regs.hstatus & HSTATUS_SPV, HSTATUS_SPV);
    check("saved.spvp", regs.hstatus & HSTATUS_SPVP, spp);
    check("saved.vtw", regs.hstatus & HSTATUS_VTW, HSTATUS_VTW);
}

/* Until its next ecall, which is `pc` bytes behind its first. spp: its mode, as in sstatus. */
static void run_guest(uint64_t spp, uint64_t pc)
{
    uint64_t sp, tp, own_tp, after;

    __asm__ volatile("mv %0, sp\n\tmv %1, tp\n\tmv tp, %2" : "=&r"(sp), "=&r"(own_tp) : "r"(regs.host_tp));
    uint64_t cause = guest_run(&regs);
    __asm__ volatile("mv %0, sp\n\tmv %1, tp\n\tmv tp, %2" : "=&r"(after), "=&r"(tp) : "r"(own_tp));
    check("hart.sscratch", csr_read(sscratch), 0);
    check("hart.spvp", csr_read(hstatus) & HSTATUS_SPVP, spp);
    check("hart.spv", csr_read(hstatus) & HSTATUS_SPV, HSTATUS_SPV);
    check("hart.cause", cause, spp ? CAUSE_ECALL_VS : CAUSE_ECALL_U);
    check("hart.sp", after, sp);
    check("hart.tp", tp, regs.host_tp);
    check_saved(spp, pc);
}

static void play(uint64_t spp)
{
    begin_guest(spp);
    run_guest(spp, 0);
    regs.pc += ECALL_BYTES;
    pattern[27]++; /* s11 */
    run_guest(spp, 2 * ECALL_BYTES);
}

int test_main(void)
{
    uint64_t rounds = arg_number("rounds", 1), own_stvec = csr_read(stvec), own_sscratch = csr_read(sscratch);

    random_state = arg_number("seed", 1);
    csr_write(vsatp, 0);
    csr_write(hgatp, 0);
    csr_write(stvec, guest_exit);
    csr_write(sscratch, 0);
    for (uint64_t round = 0; round < rounds; round++) {
        play(SSTATUS_SPP);
        play(0);
    }
    csr_write(stvec, own_stvec);
    csr_write(sscratch, own_sscratch);
    *report_number("finished") = 1;
    return 0;
}
