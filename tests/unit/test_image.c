/* SPDX-License-Identifier: MIT */
/*
 * hyp/image.c: good images, every header field that can lie, and damage at random. All images are parsed in a
 * copy that ends where the sanitizer watches.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "hyp/image.h"

#define BASE UINT64_C(0x80000000)
#define SIZE UINT64_C(0x1000000)
#define AT   (BASE + 0x200000)

struct program {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, file_bytes, memory_bytes, align;
};

/* An ELF file: header, program headers, 256 bytes of contents. */
struct elf {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_offset, section_offset;
    uint32_t flags;
    uint16_t header_bytes, program_bytes, programs;
    uint16_t section_bytes, sections, names;
    struct program program[10];
    uint8_t contents[256];
};

struct flat {
    uint32_t code[2];
    uint64_t text_offset, image_bytes, flags;
    uint32_t version, reserved[3];
    uint64_t magic;
    uint32_t magic2, reserved2;
    uint8_t contents[192];
};

#define CONTENTS offsetof(struct elf, contents)

/* Two segments, the higher first: its 64 bytes of data are followed by zeroes up to a page. */
static struct elf make_elf(void)
{
    struct elf elf = {
        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = 2,
        .machine = 243,
        .version = 1,
        .entry = AT + 0x10,
        .program_offset = offsetof(struct elf, program),
        .header_bytes = 64,
        .program_bytes = 56,
        .programs = 2,
        .program = {{1, 6, CONTENTS + 128, 0x1000, AT + 0x1000, 64, 4096, 4096},
                    {1, 5, CONTENTS, 0xffff000000000000, AT, 128, 128, 4096}},
    };

    for (size_t i = 0; i < sizeof(elf.contents); i++)
        elf.contents[i] = (uint8_t)(i * 3 + 1);
    return elf;
}

static struct flat make_flat(void)
{
    return (struct flat){.text_offset = 0x200000,
                         .image_bytes = 0x5000,
                         .version = 2,
                         .magic = 0x5643534952,
                         .magic2 = 0x05435352};
}

static char copy[1 << 13]; /* where copies of images that did parse are kept for the test to look at */

/* Every byte that the result speaks of must be in the file and go into RAM. */
static void check_result(const struct image *image, const uint8_t *data, size_t bytes)
{
    uint64_t lowest = UINT64_MAX;
    volatile uint8_t sum = 0;

    assert_in_range(image->segments, 1, IMAGE_MAX_SEGMENTS);
    for (uint32_t i = 0; i < image->segments; i++) {
        const struct image_segment *segment = &image->segment[i];

        assert_true(segment->data >= data && segment->data <= data + bytes);
        assert_true(segment->bytes <= (uint64_t)(data + bytes - segment->data));
        assert_true(segment->gpa >= BASE && segment->gpa < BASE + SIZE);
        assert_true(segment->bytes <= image->end - segment->gpa);
        if (segment->gpa < lowest)
            lowest = segment->gpa;
        for (uint64_t n = 0; n < segment->bytes; n++)
            sum += segment->data[n];
    }
    assert_int_equal(image->entry, lowest);
    assert_true(image->end > image->entry && image->end <= BASE + SIZE);
}

/* The data of the segments is to be found in `copy`. */
static const char *parse(struct image *image, const void *file, size_t bytes)
{
    uint8_t *data = malloc(bytes ? bytes : 1);
    const char *problem;

    memcpy(data, file, bytes);
    problem = image_parse(image, data, bytes, BASE, SIZE);
    if (!problem) {
        check_result(image, data, bytes);
        memcpy(copy, data, bytes);
        for (uint32_t i = 0; i < image->segments; i++)
            image->segment[i].data = (uint8_t *)copy + (image->segment[i].data - data);
    }
    free(data);
    return problem;
}

/* Refused, in words in which `about` occurs. */
static void check_refused(const void *file, size_t bytes, const char *about)
{
    struct image image;
    const char *problem = parse(&image, file, bytes);

    if (!problem)
        fail_msg("accepted, expected: ...%s...", about);
    else if (!strstr(problem, about))
        fail_msg("found: %s; expected: ...%s...", problem, about);
}

static void check_segment(const struct image *image, uint32_t i, uint64_t gpa, size_t offset, uint64_t bytes)
{
    assert_int_equal(image->segment[i].gpa, gpa);
    assert_ptr_equal(image->segment[i].data, copy + offset);
    assert_int_equal(image->segment[i].bytes, bytes);
}

static void test_elf(void **state)
{
    struct elf elf = make_elf();
    struct image image;

    (void)state;
    assert_null(parse(&image, &elf, sizeof(elf)));
    assert_int_equal(image.entry, AT);
    assert_int_equal(image.end, AT + 0x2000);
    assert_int_equal(image.segments, 2);
    check_segment(&image, 0, AT + 0x1000, CONTENTS + 128, 64);
    check_segment(&image, 1, AT, CONTENTS, 128);
    assert_memory_equal(image.segment[1].data, elf.contents, 128);
}

/* The end is that of the highest segment, wherever in the list it is. */
static void test_elf_segments_in_order(void **state)
{
    struct elf elf = make_elf();
    struct program first = elf.program[0];
    struct image image;

    (void)state;
    elf.program[0] = elf.program[1];
    elf.program[1] = first;
    assert_null(parse(&image, &elf, sizeof(elf)));
    assert_int_equal(image.entry, AT);
    assert_int_equal(image.end, AT + 0x2000);
    check_segment(&image, 1, AT + 0x1000, CONTENTS + 128, 64);
}

static void test_elf_other_program_headers(void **state)
{
    struct elf elf = make_elf();
    struct image image;

    (void)state;
    elf.programs = 5;
    elf.program[2] = (struct program){
        .type = 0x70000003, .offset = UINT64_MAX, .file_bytes = 99, .memory_bytes = 99};
    elf.program[3] = (struct program){.type = 0x6474e551};
    elf.program[4] = (struct program){.type = 1, .paddr = 5, .align = 4096};
    assert_null(parse(&image, &elf, sizeof(elf)));
    assert_int_equal(image.segments, 2);
    assert_int_equal(image.entry, AT);
}

static void test_elf_of_zeroes_only(void **state)
{
    struct elf elf = make_elf();
    struct image image;

    (void)state;
    elf.programs = 1;
    elf.program[0].file_bytes = 0;
    assert_null(parse(&image, &elf, sizeof(elf)));
    assert_int_equal(image.end, AT + 0x2000);
    check_segment(&image, 0, AT + 0x1000, CONTENTS + 128, 0);
}

static void test_elf_many_segments(void **state)
{
    struct elf elf = make_elf();
    struct image image;

    (void)state;
    for (uint16_t i = 0; i < 10; i++) {
        elf.program[i] = elf.program[1];
        elf.program[i].paddr = AT + i * 0x1000;
    }
    elf.programs = IMAGE_MAX_SEGMENTS;
    assert_null(parse(&image, &elf, sizeof(elf)));
    assert_int_equal(image.segments, IMAGE_MAX_SEGMENTS);
    assert_int_equal(image.end, AT + 0x7000 + 128);
    elf.programs++;
    check_refused(&elf, sizeof(elf), "more than 8 segments");
}

static void test_elf_without_segments(void **state)
{
    struct elf elf = make_elf();

    (void)state;
    elf.programs = 0;
    check_refused(&elf, sizeof(elf), "nothing to load");
    elf.programs = 2;
    elf.program[0].type = elf.program[1].type = 4;
    check_refused(&elf, sizeof(elf), "nothing to load");
}

static void test_elf_of_another_machine(void **state)
{
    struct elf elf;

    (void)state;
    elf = make_elf(), elf.ident[4] = 1;
    check_refused(&elf, sizeof(elf), "not for 64-bit RISC-V");
    elf = make_elf(), elf.ident[5] = 2;
    check_refused(&elf, sizeof(elf), "not for 64-bit RISC-V");
    elf = make_elf(), elf.machine = 62;
    check_refused(&elf, sizeof(elf), "not for 64-bit RISC-V");
    elf = make_elf(), elf.ident[3] = 'G';
    check_refused(&elf, sizeof(elf), "neither an ELF file nor");
}

static void test_elf_program_headers_elsewhere(void **state)
{
    const uint64_t offsets[] = {sizeof(struct elf) - 111, sizeof(struct elf), UINT64_MAX, UINT64_MAX - 111,
                                UINT64_C(1) << 63};
    struct elf elf = make_elf();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(offsets); i++) {
        elf.program_offset = offsets[i];
        check_refused(&elf, sizeof(elf), "program headers are broken");
    }
    elf = make_elf(), elf.programs = 0xffff;
    check_refused(&elf, sizeof(elf), "program headers are broken");
    elf = make_elf(), elf.program_bytes = 55;
    check_refused(&elf, sizeof(elf), "program headers are broken");
    elf.program_bytes = 0;
    check_refused(&elf, sizeof(elf), "program headers are broken");
}

/* The program headers as the last bytes of the file, at an odd place. */
static void test_elf_program_headers_at_the_end(void **state)
{
    struct elf elf = make_elf();
    struct image image;

    (void)state;
    elf.program_offset = sizeof(elf) - 2 * sizeof(struct program) - 1;
    memcpy((char *)&elf + elf.program_offset, elf.program, 2 * sizeof(struct program));
    assert_null(parse(&image, &elf, sizeof(elf) - 1));
    assert_int_equal(image.segments, 2);
    check_refused(&elf, sizeof(elf) - 2, "program headers are broken");
}

static void test_elf_contents_elsewhere(void **state)
{
    const uint64_t offsets[] = {sizeof(struct elf) - 63, sizeof(struct elf) + 1, UINT64_MAX, UINT64_MAX - 63,
                                UINT64_C(1) << 63};
    struct elf elf = make_elf();
    struct image image;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(offsets); i++) {
        elf.program[0].offset = offsets[i];
        check_refused(&elf, sizeof(elf), "cut off");
    }
    elf.program[0].offset = sizeof(elf) - 64;
    assert_null(parse(&image, &elf, sizeof(elf)));
    elf.program[0].file_bytes = elf.program[0].memory_bytes = UINT64_MAX;
    check_refused(&elf, sizeof(elf), "cut off");
}

static void test_elf_more_in_file_than_in_memory(void **state)
{
    struct elf elf = make_elf();
    struct image image;

    (void)state;
    elf.program[0].memory_bytes = 64;
    assert_null(parse(&image, &elf, sizeof(elf)));
    elf.program[0].memory_bytes = 63;
    check_refused(&elf, sizeof(elf), "fewer bytes in memory than in the file");
}

/* The contents are in use up to byte 192. */
static void test_elf_cut_anywhere(void **state)
{
    struct elf elf = make_elf();
    struct image image;

    (void)state;
    for (size_t size = 0; size < CONTENTS + 192; size++)
        assert_non_null(parse(&image, &elf, size));
    assert_null(parse(&image, &elf, CONTENTS + 192));
    check_refused(&elf, CONTENTS + 191, "cut off");
}

static void check_place(uint64_t paddr, uint64_t memory_bytes, bool fits)
{
    struct elf elf = make_elf();
    struct image image;

    elf.programs = 1;
    elf.program[0].paddr = paddr;
    elf.program[0].memory_bytes = memory_bytes;
    if (!fits) {
        check_refused(&elf, sizeof(elf), "does not fit into the VM's RAM");
        return;
    }
    assert_null(parse(&image, &elf, sizeof(elf)));
    assert_int_equal(image.entry, paddr);
    assert_int_equal(image.end, paddr + memory_bytes);
}

static void test_elf_places(void **state)
{
    struct elf elf = make_elf();

    (void)state;
    check_place(BASE, 64, true);
    check_place(BASE - 1, 64, false);
    check_place(0, 64, false);
    check_place(BASE, SIZE, true);
    check_place(BASE, SIZE + 1, false);
    check_place(BASE + SIZE - 64, 64, true);
    check_place(BASE + SIZE - 63, 64, false);
    check_place(BASE + SIZE, 64, false);
    check_place(UINT64_MAX - 63, 64, false);
    check_place(UINT64_MAX, 4096, false);
    check_place(BASE + 1, UINT64_MAX, false);
    check_place(BASE + 4096, UINT64_MAX - BASE, false);
    elf.program[1].paddr = BASE + SIZE - 127; /* behind one that fits */
    check_refused(&elf, sizeof(elf), "does not fit into the VM's RAM");
}

static void check_flat(uint64_t text_offset, uint64_t image_bytes, uint64_t want_bytes)
{
    struct flat flat = make_flat();
    struct image image;

    flat.text_offset = text_offset;
    flat.image_bytes = image_bytes;
    assert_null(parse(&image, &flat, sizeof(flat)));
    assert_int_equal(image.entry, BASE + text_offset);
    assert_int_equal(image.end, BASE + text_offset + want_bytes);
    assert_int_equal(image.segments, 1);
    check_segment(&image, 0, BASE + text_offset, 0, sizeof(flat));
}

static void test_flat(void **state)
{
    (void)state;
    check_flat(0x200000, 0x5000, 0x5000);
    check_flat(0, 0x5000, 0x5000);
    check_flat(0x200000, 0, sizeof(struct flat));
    check_flat(0x200000, sizeof(struct flat) - 1, sizeof(struct flat));
    check_flat(0x200000, SIZE - 0x200000, SIZE - 0x200000);
    check_flat(SIZE - sizeof(struct flat), 0, sizeof(struct flat));
}

static void check_flat_refused(uint64_t text_offset, uint64_t image_bytes, const char *about)
{
    struct flat flat = make_flat();

    flat.text_offset = text_offset;
    flat.image_bytes = image_bytes;
    check_refused(&flat, sizeof(flat), about);
}

static void test_flat_places(void **state)
{
    (void)state;
    check_flat_refused(0x200000, SIZE - 0x200000 + 1, "does not fit into the VM's RAM");
    check_flat_refused(SIZE - sizeof(struct flat) + 1, 0, "does not fit into the VM's RAM");
    check_flat_refused(0, SIZE + 1, "does not fit into the VM's RAM");
    check_flat_refused(0x200000, UINT64_MAX, "does not fit into the VM's RAM");
    check_flat_refused(SIZE - 1, UINT64_MAX - SIZE, "does not fit into the VM's RAM");
    check_flat_refused(SIZE, 0, "text offset lies outside");
    check_flat_refused(UINT64_MAX, 0, "text offset lies outside");
    check_flat_refused(-BASE, 0, "text offset lies outside");
}

static void test_flat_header(void **state)
{
    struct flat flat = make_flat();
    struct image image;

    (void)state;
    assert_null(parse(&image, &flat, 64));
    for (size_t size = 0; size < 64; size++)
        check_refused(&flat, size, "a file of a few bytes");
    flat.magic2++;
    check_refused(&flat, sizeof(flat), "no magic at offset 0x38");
}

static void test_other_files(void **state)
{
    char text[200] = "#!/bin/sh\necho no guest\n";
    struct elf elf = make_elf();

    (void)state;
    check_refused("", 0, "a file of a few bytes");
    check_refused("\177ELF", 4, "a file of a few bytes");
    check_refused(&elf, 63, "a file of a few bytes");
    check_refused(text, sizeof(text), "neither an ELF file nor");
}

/* A number that is likely to hurt. */
static uint64_t nasty(uint64_t *seed)
{
    const uint64_t numbers[] = {0,  BASE,       BASE + SIZE,        SIZE,
                                AT, UINT64_MAX, sizeof(struct elf), UINT64_C(1) << 63};

    return numbers[test_random(seed) % COUNT_OF(numbers)] + test_random(seed) % 5 - 2;
}

/* Overwrites a few bytes or words, cuts the file short now and then. Returns whether it was accepted. */
static bool parse_damaged(uint8_t *file, size_t bytes, uint64_t *seed)
{
    struct image image;

    for (uint64_t n = 1 + test_random(seed) % 4; n; n--) {
        uint64_t at = test_random(seed) % (bytes - 8), number = nasty(seed);

        if (test_random(seed) % 2)
            file[at] = (uint8_t)test_random(seed);
        else
            memcpy(file + at / 8 * 8, &number, 8);
    }
    return !parse(&image, file, test_random(seed) % 4 ? bytes : test_random(seed) % bytes);
}

static void test_random_damage(void **state)
{
    uint64_t seed = 9;
    uint32_t accepted = 0;

    (void)state;
    for (int round = 0; round < 100000; round++) {
        struct elf elf = make_elf();
        struct flat flat = make_flat();

        elf.programs = (uint16_t)(round % 10);
        accepted += parse_damaged((uint8_t *)&elf, CONTENTS + 192, &seed);
        accepted += parse_damaged((uint8_t *)&flat, 80, &seed);
    }
    assert_in_range(accepted, 20000, 180000); /* both outcomes were well tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elf),
        cmocka_unit_test(test_elf_segments_in_order),
        cmocka_unit_test(test_elf_other_program_headers),
        cmocka_unit_test(test_elf_of_zeroes_only),
        cmocka_unit_test(test_elf_many_segments),
        cmocka_unit_test(test_elf_without_segments),
        cmocka_unit_test(test_elf_of_another_machine),
        cmocka_unit_test(test_elf_program_headers_elsewhere),
        cmocka_unit_test(test_elf_program_headers_at_the_end),
        cmocka_unit_test(test_elf_contents_elsewhere),
        cmocka_unit_test(test_elf_more_in_file_than_in_memory),
        cmocka_unit_test(test_elf_cut_anywhere),
        cmocka_unit_test(test_elf_places),
        cmocka_unit_test(test_flat),
        cmocka_unit_test(test_flat_places),
        cmocka_unit_test(test_flat_header),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_random_damage),
    };

    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
