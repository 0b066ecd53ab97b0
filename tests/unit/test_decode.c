/* SPDX-License-Identifier: MIT */
/*
 * hyp/decode.c: encodings as the GNU assembler writes them, every compressed one against a reference that
 * works with masks instead of fields, and the same for full ones with random rests.
 */
#include "tests/unit/unit.h"

#include "hyp/decode.h"

/* What it is; width 0: no load or store of an integer register. */
struct expected {
    uint32_t width, reg;
    bool store, sign;
};

static void assert_access(uint32_t insn, bool done, const struct access *got, struct expected want,
                          uint32_t length)
{
    if (done == (want.width != 0) &&
        (!done || (got->width == want.width && got->reg == want.reg && got->store == want.store &&
                   got->sign == want.sign && got->length == length)))
        return;
    fail_msg(
        "%08x: %s width %u x%u store %d sign %d length %u; expected: width %u x%u store %d sign %d length %u",
        insn, done ? "is" : "is not: ", got->width, got->reg, got->store, got->sign, got->length, want.width,
        want.reg, want.store, want.sign, length);
}

static void check(uint32_t insn, struct expected want, uint32_t length)
{
    struct access access = {0};
    bool done = decode_instruction(insn, &access);

    assert_access(insn, done, &access, want, length);
}

static void test_full_as_assembled(void **state)
{
    (void)state;
    check(0xfff58503, (struct expected){1, 10, false, true}, 4);  /* lb a0, -1(a1) */
    check(0x7fe11283, (struct expected){2, 5, false, true}, 4);   /* lh t0, 2046(sp) */
    check(0x800f2f83, (struct expected){4, 31, false, true}, 4);  /* lw x31, -2048(x30) */
    check(0x00813083, (struct expected){8, 1, false, true}, 4);   /* ld ra, 8(sp) */
    check(0x000fc003, (struct expected){1, 0, false, false}, 4);  /* lbu x0, 0(x31) */
    check(0x00675783, (struct expected){2, 15, false, false}, 4); /* lhu a5, 6(a4) */
    check(0x004d6d83, (struct expected){4, 27, false, false}, 4); /* lwu s11, 4(s10) */
    check(0xfea58fa3, (struct expected){1, 10, true, false}, 4);  /* sb a0, -1(a1) */
    check(0x7e511f23, (struct expected){2, 5, true, false}, 4);   /* sh t0, 2046(sp) */
    check(0x81ff2023, (struct expected){4, 31, true, false}, 4);  /* sw x31, -2048(x30) */
    check(0x7e013fa3, (struct expected){8, 0, true, false}, 4);   /* sd x0, 2047(sp) */
}

static void test_compressed_as_assembled(void **state)
{
    (void)state;
    check(0x415c, (struct expected){4, 15, false, true}, 2); /* c.lw a5, 4(a0) */
    check(0x5ce0, (struct expected){4, 8, false, true}, 2);  /* c.lw s0, 124(s1) */
    check(0x651c, (struct expected){8, 15, false, true}, 2); /* c.ld a5, 8(a0) */
    check(0x7fe0, (struct expected){8, 8, false, true}, 2);  /* c.ld s0, 248(a5) */
    check(0xc15c, (struct expected){4, 15, true, false}, 2); /* c.sw a5, 4(a0) */
    check(0xffe4, (struct expected){8, 9, true, false}, 2);  /* c.sd s1, 248(a5) */
    check(0x50fe, (struct expected){4, 1, false, true}, 2);  /* c.lwsp ra, 252(sp) */
    check(0x4f82, (struct expected){4, 31, false, true}, 2); /* c.lwsp x31, 0(sp) */
    check(0x757e, (struct expected){8, 10, false, true}, 2); /* c.ldsp a0, 504(sp) */
    check(0xc202, (struct expected){4, 0, true, false}, 2);  /* c.swsp x0, 4(sp) */
    check(0xdffe, (struct expected){4, 31, true, false}, 2); /* c.swsp x31, 252(sp) */
    check(0xe406, (struct expected){8, 1, true, false}, 2);  /* c.sdsp ra, 8(sp) */
}

static void test_others_as_assembled(void **state)
{
    const uint32_t others[] = {
        0x00052507, 0x00053507, 0x00a52027, 0x00a53027, /* flw fld fsw fsd */
        0x1005a52f, 0x1005b52f, 0x18c5a52f, 0x18c5b52f, /* lr.w lr.d sc.w sc.d */
        0x08c5a52f, 0x00c5b52f,                         /* amoswap.w amoadd.d */
        0x0ff0000f, 0x0000100f, 0x00000073, 0x10002573, /* fence fence.i ecall csrr */
        0x0000056f, 0x00058567, 0x00b50063,             /* jal jalr beq */
        0x00c58533, 0x00358513, 0x00003537, 0x00003517, /* add addi lui auipc */
        0x00c5853b, 0x0220f053, 0x6805c573, 0x6aa5c073, /* addw fadd.d hlv.w hsv.w */
        0x0005f503, 0x00a5c023, 0x00a5f023,             /* reserved: LOAD funct3 7, STORE funct3 4 and 7 */
        0x2508,     0xa508,     0x2522,     0xa42a,     /* c.fld c.fsd c.fldsp c.fsdsp */
        0x0001,     0x4505,     0x852e,     0x8082,     /* c.nop c.li c.mv c.jr */
        0x050e,     0x0028,     0x9002,     0xa001,     /* c.slli c.addi4spn c.ebreak c.j */
        0x4002,     0x6002,     0x0000,     0xffffffff, /* c.lwsp and c.ldsp to x0; never an instruction */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        check(others[i], (struct expected){0}, 0);
}

static struct expected compressed_reference(uint32_t half)
{
    uint32_t near = 8 + half / 4 % 8, rd = half / 128 % 32, rs2 = half / 4 % 32;

    switch (half & 0xe003) {
    case 0x4000: return (struct expected){4, near, false, true};
    case 0x6000: return (struct expected){8, near, false, true};
    case 0xc000: return (struct expected){4, near, true, false};
    case 0xe000: return (struct expected){8, near, true, false};
    case 0x4002: return (struct expected){rd ? 4 : 0, rd, false, true};
    case 0x6002: return (struct expected){rd ? 8 : 0, rd, false, true};
    case 0xc002: return (struct expected){4, rs2, true, false};
    case 0xe002: return (struct expected){8, rs2, true, false};
    default: return (struct expected){0};
    }
}

/* All of them, with the next instruction's bytes above. Of 2^11 each, only c.lwsp and c.ldsp lack some. */
static void test_every_compressed_one(void **state)
{
    uint64_t seed = 6;
    uint32_t accepted = 0;

    (void)state;
    for (uint32_t half = 0; half < 65536; half++) {
        struct expected want = compressed_reference(half);

        if (half % 4 == 3)
            continue;
        accepted += want.width != 0;
        check(half, want, 2);
        check(half | (uint32_t)test_random(&seed) << 16, want, 2);
        check(half | 0xffff0000, want, 2);
    }
    assert_int_equal(accepted, 8 * 2048 - 2 * 64);
}

static struct expected full_reference(uint32_t insn)
{
    uint32_t rd = insn / 128 % 32, rs2 = insn >> 20 & 31;

    switch (insn & 0x707f) {
    case 0x0003: return (struct expected){1, rd, false, true};
    case 0x1003: return (struct expected){2, rd, false, true};
    case 0x2003: return (struct expected){4, rd, false, true};
    case 0x3003: return (struct expected){8, rd, false, true};
    case 0x4003: return (struct expected){1, rd, false, false};
    case 0x5003: return (struct expected){2, rd, false, false};
    case 0x6003: return (struct expected){4, rd, false, false};
    case 0x0023: return (struct expected){1, rs2, true, false};
    case 0x1023: return (struct expected){2, rs2, true, false};
    case 0x2023: return (struct expected){4, rs2, true, false};
    case 0x3023: return (struct expected){8, rs2, true, false};
    default: return (struct expected){0};
    }
}

/* What decides, in all combinations: opcode and funct3; every register; the rest at random. */
static void test_every_full_one(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (uint32_t opcode = 3; opcode < 128; opcode += 4)
        for (uint32_t funct3 = 0; funct3 < 8; funct3++)
            for (uint32_t reg = 0; reg < 32; reg++) {
                uint32_t rest = (uint32_t)test_random(&seed) & 0xfe0f8000;
                uint32_t insn = rest | opcode | funct3 << 12;

                insn |= reg << 7 | (31 - reg) << 20;
                check(insn, full_reference(insn), 4);
            }
}

static void check_htinst(uint64_t htinst, struct expected want, uint32_t length)
{
    struct access access = {0};
    bool done = decode_htinst(htinst, &access);

    assert_access((uint32_t)htinst, done, &access, want, length);
}

/* The offset is zero there, and the field of rs1 holds the distance to the address that failed. */
static void test_transformed(void **state)
{
    (void)state;
    for (uint32_t funct3 = 0; funct3 < 8; funct3++)
        for (uint32_t reg = 0; reg < 32; reg++)
            for (uint32_t distance = 0; distance < 8; distance++) {
                uint32_t load = 0x03 | reg << 7 | funct3 << 12 | distance << 15;
                uint32_t store = 0x23 | reg << 20 | funct3 << 12 | distance << 15;

                check_htinst(load, full_reference(load), 4);
                check_htinst(load & ~2U, full_reference(load), 2);
                check_htinst(store, full_reference(store), 4);
                check_htinst(store & ~2U, full_reference(store), 2);
            }
}

static void test_transformed_others(void **state)
{
    const uint32_t others[] = {0x00003507, 0x00a03027, 0x1000252f, 0x18c0252f, 0x00c0352f, 0x68004573};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++) { /* fld fsd lr.w sc.w amoadd.d hlv.w */
        check_htinst(others[i], (struct expected){0}, 0);
        check_htinst(others[i] & ~2U, (struct expected){0}, 0);
    }
}

/* Bit 0 clear: nothing, or a pseudoinstruction. Only those of 64-bit page tables concern us. */
static void test_not_transformed(void **state)
{
    (void)state;
    for (uint32_t value = 0; value < 65536; value += 2) {
        check_htinst(value, (struct expected){0}, 0);
        assert_int_equal(htinst_is_page_walk(value), value == 0x3000 || value == 0x3020);
    }
    assert_false(htinst_is_page_walk(0x3001));
    assert_false(htinst_is_page_walk(0x3003));
    assert_false(htinst_is_page_walk(0x100003000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_as_assembled),   cmocka_unit_test(test_compressed_as_assembled),
        cmocka_unit_test(test_others_as_assembled), cmocka_unit_test(test_every_compressed_one),
        cmocka_unit_test(test_every_full_one),      cmocka_unit_test(test_transformed),
        cmocka_unit_test(test_transformed_others),  cmocka_unit_test(test_not_transformed),
    };

    return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
