/* SPDX-License-Identifier: MIT */
/*
 * Reading guest images. Images come from a user: nothing in them is believed
 * before it was compared with the size of the file and of the RAM.
 */
#include "hyp/image.h"
#include "lib/string.h"

/* ELF-64 (System V ABI, "Object Files"). */
struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_offset, section_offset;
    uint32_t flags;
    uint16_t header_bytes, program_bytes, programs;
    uint16_t section_bytes, sections, names;
};

struct elf_program {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, file_bytes, memory_bytes, align;
};

#define ELF_CLASS_64      2
#define ELF_LITTLE_ENDIAN 1
#define ELF_MACHINE_RISCV 243
#define ELF_LOAD          1

/* The header of flat kernels ("RISC-V boot image header" of the Linux documentation). */
struct flat_header {
    uint32_t code[2];
    uint64_t text_offset; /* from the start of RAM */
    uint64_t image_bytes; /* in memory; may exceed the file */
    uint64_t flags;
    uint32_t version, reserved[3];
    uint64_t magic;
    uint32_t magic2; /* "RSC\x05" */
    uint32_t reserved2;
};

#define FLAT_MAGIC2 0x05435352U

/* offset and bytes within limit, without wrapping */
static bool within(uint64_t offset, uint64_t bytes, uint64_t limit)
{
    return offset <= limit && bytes <= limit - offset;
}

static const char *add_segment(struct image *image, uint64_t gpa, const uint8_t *data, uint64_t bytes,
                               uint64_t claims, uint64_t base, uint64_t size)
{
    if (gpa < base || !within(gpa - base, claims, size))
        return "it does not fit into the VM's RAM: a part of it lies outside; give the VM more memory, or "
               "link it at "
               "0x80200000";
    if (image->segments == IMAGE_MAX_SEGMENTS)
        return "it has more than 8 segments to load";
    image->segment[image->segments++] = (struct image_segment){gpa, data, bytes};
    if (gpa < image->entry)
        image->entry = gpa;
    if (gpa + claims > image->end)
        image->end = gpa + claims;
    return NULL;
}

static const char *parse_elf(struct image *image, const uint8_t *data, size_t bytes, uint64_t base,
                             uint64_t size)
{
    struct elf_header header;
    memcpy(&header, data, sizeof(header));
    if (header.ident[4] != ELF_CLASS_64 || header.ident[5] != ELF_LITTLE_ENDIAN ||
        header.machine != ELF_MACHINE_RISCV)
        return "it is an ELF file, but not for 64-bit RISC-V";
    if (header.program_bytes != sizeof(struct elf_program) ||
        !within(header.program_offset, (uint64_t)header.programs * sizeof(struct elf_program), bytes))
        return "its ELF program headers are broken";
    for (uint32_t i = 0; i < header.programs; i++) {
        struct elf_program program;
        memcpy(&program, data + header.program_offset + i * sizeof(program), sizeof(program));
        if (program.type != ELF_LOAD || program.memory_bytes == 0)
            continue;
        if (!within(program.offset, program.file_bytes, bytes))
            return "it is an ELF file that was cut off";
        if (program.file_bytes > program.memory_bytes)
            return "it is an ELF file with a segment that has fewer bytes in memory than in the file";
        const char *problem = add_segment(image, program.paddr, data + program.offset, program.file_bytes,
                                          program.memory_bytes, base, size);
        if (problem)
            return problem;
    }
    return image->segments ? NULL : "it is an ELF file with nothing to load";
}

const char *image_parse(struct image *image, const void *data, size_t bytes, uint64_t base, uint64_t size)
{
    *image = (struct image){.entry = UINT64_MAX};
    if (bytes >= sizeof(struct elf_header) && memcmp(data, "\177ELF", 4) == 0)
        return parse_elf(image, data, bytes, base, size);

    struct flat_header flat;
    if (bytes < sizeof(flat))
        return "it is neither an ELF file nor a flat image with the RISC-V boot header (found a file of a "
               "few bytes)";
    memcpy(&flat, data, sizeof(flat));
    if (flat.magic2 != FLAT_MAGIC2)
        return "it is neither an ELF file nor a flat image with the RISC-V boot header (no magic at offset "
               "0x38)";
    uint64_t claims = flat.image_bytes > bytes ? flat.image_bytes : bytes;
    if (flat.text_offset >= size)
        return "its text offset lies outside of the VM's RAM";
    return add_segment(image, base + flat.text_offset, data, bytes, claims, base, size);
}
