/* SPDX-License-Identifier: MIT */
/*
 * Writes device trees, and the tree of a guest's machine. The blob is laid out in the order in which it is
 * made: header, memory reservations (none), structure, strings; the names of properties wait in the writer
 * until the structure is whole. (Devicetree Specification v0.4, chapter 5.)
 */
#include "hyp/fdt.h"

#include "lib/printf.h"
#include "lib/string.h"

#define HEADER_SIZE       40
#define RESERVATIONS_SIZE 16
#define STRUCTURE_START   (HEADER_SIZE + RESERVATIONS_SIZE)

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { TOKEN_NODE = 1, TOKEN_END_NODE = 2, TOKEN_PROPERTY = 3, TOKEN_END = 9 };

/* `size` more bytes of the blob and what pads them to 4; NULL when they do not fit. */
static uint8_t *reserve(struct fdt_writer *writer, size_t size)
{
    uint8_t *place = writer->buf + writer->at;
    size_t padded = (size + 3) / 4 * 4;

    if (writer->failed || padded < size || padded > writer->size - writer->at) {
        writer->failed = true;
        return NULL;
    }
    memset(place + size, 0, padded - size);
    writer->at += padded;
    return place;
}

static void put_u32(uint8_t *place, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        place[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void add_u32(struct fdt_writer *writer, uint32_t value)
{
    uint8_t *place = reserve(writer, 4);

    if (place)
        put_u32(place, value);
}

static void add_bytes(struct fdt_writer *writer, const void *bytes, size_t size)
{
    uint8_t *place = reserve(writer, size);

    if (place && size)
        memcpy(place, bytes, size);
}

/* The offset of `name` among the strings, where it is added if it is new. */
static uint32_t name_offset(struct fdt_writer *writer, const char *name)
{
    size_t size = strlen(name) + 1;
    uint32_t offset = 0;

    while (offset < writer->strings_size) {
        if (strcmp(writer->strings + offset, name) == 0)
            return offset;
        offset += (uint32_t)strlen(writer->strings + offset) + 1;
    }
    if (size > FDT_STRINGS_SIZE - offset) {
        writer->failed = true;
        return 0;
    }
    memcpy(writer->strings + offset, name, size);
    writer->strings_size = offset + (uint32_t)size;
    return offset;
}

void fdt_write_begin(struct fdt_writer *writer, void *buf, size_t size)
{
    memset(writer, 0, sizeof(*writer));
    writer->buf = buf;
    writer->size = size;
    if (reserve(writer, STRUCTURE_START))
        memset(writer->buf, 0, STRUCTURE_START);
}

void fdt_write_node(struct fdt_writer *writer, const char *name)
{
    add_u32(writer, TOKEN_NODE);
    add_bytes(writer, name, strlen(name) + 1);
    writer->depth++;
}

void fdt_write_node_at(struct fdt_writer *writer, const char *name, uint64_t address)
{
    char full[48];

    if (format(full, sizeof(full), "%s@%lx", name, (unsigned long)address) >= (int)sizeof(full))
        writer->failed = true;
    fdt_write_node(writer, full);
}

void fdt_write_end_node(struct fdt_writer *writer)
{
    if (!writer->depth) {
        writer->failed = true;
        return;
    }
    add_u32(writer, TOKEN_END_NODE);
    writer->depth--;
}

/* The head of a property; its value must follow. */
static void begin_property(struct fdt_writer *writer, const char *name, size_t size)
{
    if (!writer->depth || size > UINT32_MAX)
        writer->failed = true;
    add_u32(writer, TOKEN_PROPERTY);
    add_u32(writer, (uint32_t)size);
    add_u32(writer, name_offset(writer, name));
}

void fdt_write_bytes(struct fdt_writer *writer, const char *name, const void *bytes, size_t size)
{
    begin_property(writer, name, size);
    add_bytes(writer, bytes, size);
}

void fdt_write_flag(struct fdt_writer *writer, const char *name)
{
    begin_property(writer, name, 0);
}

void fdt_write_u32(struct fdt_writer *writer, const char *name, uint32_t value)
{
    fdt_write_cells(writer, name, &value, 1);
}

void fdt_write_u64(struct fdt_writer *writer, const char *name, uint64_t value)
{
    fdt_write_cells(writer, name, (uint32_t[]){(uint32_t)(value >> 32), (uint32_t)value}, 2);
}

void fdt_write_string(struct fdt_writer *writer, const char *name, const char *text)
{
    fdt_write_bytes(writer, name, text, strlen(text) + 1);
}

void fdt_write_strings(struct fdt_writer *writer, const char *name, const char *const *texts, size_t count)
{
    size_t size = 0;
    uint8_t *place;

    for (size_t i = 0; i < count; i++)
        size += strlen(texts[i]) + 1;
    begin_property(writer, name, size);
    place = reserve(writer, size);
    for (size_t i = 0; place && i < count; i++) {
        memcpy(place, texts[i], strlen(texts[i]) + 1);
        place += strlen(texts[i]) + 1;
    }
}

void fdt_write_cells(struct fdt_writer *writer, const char *name, const uint32_t *cells, size_t count)
{
    begin_property(writer, name, 4 * count);
    for (size_t i = 0; i < count; i++)
        add_u32(writer, cells[i]);
}

void fdt_write_reg(struct fdt_writer *writer, uint64_t base, uint64_t size)
{
    const uint32_t cells[] = {(uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32), (uint32_t)size};

    fdt_write_cells(writer, "reg", cells, COUNT_OF(cells));
}

uint32_t fdt_write_phandle(struct fdt_writer *writer)
{
    fdt_write_u32(writer, "phandle", ++writer->last_phandle);
    return writer->last_phandle;
}

size_t fdt_write_finish(struct fdt_writer *writer)
{
    size_t structure_end, total;

    add_u32(writer, TOKEN_END);
    structure_end = writer->at;
    add_bytes(writer, writer->strings, writer->strings_size);
    total = writer->at;
    if (writer->failed || writer->depth || total > UINT32_MAX)
        return 0;
    const uint32_t header[HEADER_SIZE / 4] = {
        0xd00dfeed,
        (uint32_t)total,
        STRUCTURE_START,
        (uint32_t)structure_end,
        HEADER_SIZE, /* the reservations: one entry of zeros, which ends them */
        17,
        16, /* version, and the oldest that it is compatible with */
        0,  /* the boot CPU's number */
        writer->strings_size,
        (uint32_t)(structure_end - STRUCTURE_START),
    };

    for (int i = 0; i < HEADER_SIZE / 4; i++)
        put_u32(writer->buf + 4 * i, header[i]);
    return total;
}

static const char isa[] = "rv64imafdc_zicntr_zicsr_zifencei_sstc_svadu";
static const char *const isa_extensions[] = {"i",      "m",     "a",        "f",    "d",    "c",
                                             "zicntr", "zicsr", "zifencei", "sstc", "svadu"};

static void write_cpu(struct fdt_writer *writer, uint32_t hart)
{
    fdt_write_node_at(writer, "cpu", hart);
    fdt_write_string(writer, "device_type", "cpu");
    fdt_write_u32(writer, "reg", hart);
    fdt_write_string(writer, "status", "okay");
    fdt_write_string(writer, "compatible", "riscv");
    fdt_write_string(writer, "mmu-type", "riscv,sv39");
    fdt_write_string(writer, "riscv,isa", isa);
    fdt_write_string(writer, "riscv,isa-base", "rv64i");
    fdt_write_strings(writer, "riscv,isa-extensions", isa_extensions, COUNT_OF(isa_extensions));
    fdt_write_node(writer, "interrupt-controller");
    fdt_write_u32(writer, "#interrupt-cells", 1);
    fdt_write_flag(writer, "interrupt-controller");
    fdt_write_string(writer, "compatible", "riscv,cpu-intc");
    fdt_write_phandle(writer);
    fdt_write_end_node(writer);
    fdt_write_end_node(writer);
}

static void write_cpus(struct fdt_writer *writer, const struct fdt_vm *vm)
{
    fdt_write_node(writer, "cpus");
    fdt_write_u32(writer, "#address-cells", 1);
    fdt_write_u32(writer, "#size-cells", 0);
    fdt_write_u32(writer, "timebase-frequency", vm->timebase_hz);
    for (uint32_t hart = 0; hart < vm->vcpus; hart++)
        write_cpu(writer, hart);
    fdt_write_end_node(writer);
}

static void write_memory(struct fdt_writer *writer, const struct fdt_vm *vm)
{
    fdt_write_node_at(writer, "memory", vm->memory_base);
    fdt_write_string(writer, "device_type", "memory");
    fdt_write_reg(writer, vm->memory_base, vm->memory_size);
    fdt_write_end_node(writer);
}

/* The clock and the speed are what QEMU's virt says; nothing here has a baud rate. */
static void write_soc(struct fdt_writer *writer, const struct fdt_vm *vm)
{
    fdt_write_node(writer, "soc");
    fdt_write_u32(writer, "#address-cells", 2);
    fdt_write_u32(writer, "#size-cells", 2);
    fdt_write_string(writer, "compatible", "simple-bus");
    fdt_write_flag(writer, "ranges");
    fdt_write_node_at(writer, "serial", vm->uart_base);
    fdt_write_string(writer, "compatible", "ns16550a");
    fdt_write_reg(writer, vm->uart_base, 0x100);
    fdt_write_u32(writer, "clock-frequency", 3686400);
    fdt_write_u32(writer, "current-speed", 115200);
    fdt_write_end_node(writer);
    fdt_write_end_node(writer);
}

static void write_chosen(struct fdt_writer *writer, const struct fdt_vm *vm)
{
    char console[48];

    format(console, sizeof(console), "/soc/serial@%lx", (unsigned long)vm->uart_base);
    fdt_write_node(writer, "chosen");
    fdt_write_string(writer, "stdout-path", console);
    fdt_write_string(writer, "bootargs", vm->bootargs);
    if (vm->initrd_end > vm->initrd_start) {
        fdt_write_u64(writer, "linux,initrd-start", vm->initrd_start);
        fdt_write_u64(writer, "linux,initrd-end", vm->initrd_end);
    }
    fdt_write_end_node(writer);
}

size_t fdt_write_vm(void *buf, size_t size, const struct fdt_vm *vm)
{
    struct fdt_writer writer;

    fdt_write_begin(&writer, buf, size);
    fdt_write_node(&writer, "");
    fdt_write_u32(&writer, "#address-cells", 2);
    fdt_write_u32(&writer, "#size-cells", 2);
    fdt_write_string(&writer, "model", "stint,virt");
    fdt_write_string(&writer, "compatible", "riscv-virtio");
    write_chosen(&writer, vm);
    write_memory(&writer, vm);
    write_cpus(&writer, vm);
    write_soc(&writer, vm);
    fdt_write_end_node(&writer);
    return fdt_write_finish(&writer);
}
