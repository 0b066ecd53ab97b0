/* SPDX-License-Identifier: MIT */
/*
 * One access each to the UART's first register: uint64_t NAME(uint64_t value, uint64_t *steps). `value` is in the
 * register before, what is in it afterwards is returned, and *steps says how many of the three instructions behind the
 * access were executed.
 */
#define UART 0x10000000

/* form: norvc for an instruction of 32 bits, however short it could be; rvc for one of 16 bits. */
.macro ACCESS name, form, reg, base, insn:vararg
.global \name
\name:
    addi    sp, sp, -80
    sd      ra, 0(sp)
    sd      gp, 8(sp)
    sd      tp, 16(sp)
    sd      s0, 24(sp)
    sd      s1, 32(sp)
    sd      s2, 40(sp)
    sd      s3, 48(sp)
    sd      s11, 56(sp)
    sd      a1, 64(sp)
    mv      t5, sp
    li      s2, 0
    mv      \reg, a0
    li      \base, UART
    .option push
    .option \form
    \insn
    .option rvc
    c.addi  s2, 1
    .option norvc
    addi    s2, s2, 1
    .option rvc
    c.addi  s2, 1
    .option pop
    mv      a0, \reg
    mv      sp, t5
    ld      a1, 64(sp)
    sd      s2, 0(a1)
    ld      ra, 0(sp)
    ld      gp, 8(sp)
    ld      tp, 16(sp)
    ld      s0, 24(sp)
    ld      s1, 32(sp)
    ld      s2, 40(sp)
    ld      s3, 48(sp)
    ld      s11, 56(sp)
    addi    sp, sp, 80
    ret
.endm

.text
ACCESS load_lb, norvc, s11, t0, lb s11, 0(t0)
ACCESS load_lbu, norvc, a5, t0, lbu a5, 0(t0)
ACCESS load_lh, norvc, t3, a0, lh t3, 0(a0)
ACCESS load_lhu, norvc, x31, t0, lhu x31, 0(t0)
ACCESS load_lw, norvc, tp, s3, lw tp, 0(s3)
ACCESS load_lwu, norvc, gp, t0, lwu gp, 0(t0)
ACCESS load_ld, norvc, ra, t0, ld ra, 0(t0)
ACCESS load_c_lw, rvc, a5, a4, c.lw a5, 0(a4)
ACCESS load_c_ld, rvc, s0, s1, c.ld s0, 0(s1)
ACCESS load_c_lwsp, rvc, t3, sp, c.lwsp t3, 0(sp)
ACCESS load_c_ldsp, rvc, s11, sp, c.ldsp s11, 0(sp)
ACCESS load_base, norvc, t0, t0, lbu t0, 0(t0)
ACCESS load_zero, norvc, zero, t0, lb zero, 0(t0)

ACCESS store_sb, norvc, s11, t0, sb s11, 0(t0)
ACCESS store_sh, norvc, a5, t0, sh a5, 0(t0)
ACCESS store_sw, norvc, t3, a2, sw t3, 0(a2)
ACCESS store_sd, norvc, x31, t0, sd x31, 0(t0)
ACCESS store_c_sw, rvc, a5, a4, c.sw a5, 0(a4)
ACCESS store_c_sd, rvc, s0, s1, c.sd s0, 0(s1)
ACCESS store_c_swsp, rvc, t3, sp, c.swsp t3, 0(sp)
ACCESS store_c_sdsp, rvc, gp, sp, c.sdsp gp, 0(sp)
ACCESS store_zero, norvc, zero, t0, sb zero, 0(t0)
