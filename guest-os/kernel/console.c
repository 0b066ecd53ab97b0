/* SPDX-License-Identifier: MIT */
/*
 * Console output, and nothing but output.
 */
#include "guest-os/kernel/console.h"
#include <stdarg.h>
#include <stdbool.h>
#include "guest-os/kernel/sbi.h"
#include "lib/printf.h"

/* ns16550a, registers a byte apart. */
#define UART_BASE         0x10000000UL
#define UART_TRANSMIT     0
#define UART_STATUS       5
#define UART_STATUS_READY 0x20
#define UART_POLLS        1000000 /* after these the character is lost rather than the kernel */

static bool dbcn;

void console_init(void)
{
    dbcn = sbi_probe(SBI_EXT_DBCN);
}

/* The firmware may take only a part of the text at a time; it is stuck if it takes nothing. */
static void write_dbcn(const char *text, uint64_t length)
{
    while (length) {
        struct sbi_result result = sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, (long)length, (long)text, 0);

        if (result.error != SBI_SUCCESS || result.value <= 0)
            return;
        text += result.value;
        length -= (uint64_t)result.value;
    }
}

static void write_uart(const char *text, uint64_t length)
{
    volatile uint8_t *uart = (volatile uint8_t *)UART_BASE;

    for (uint64_t i = 0; i < length; i++) {
        for (uint32_t polls = 0; !(uart[UART_STATUS] & UART_STATUS_READY) && polls < UART_POLLS; polls++)
            ;
        uart[UART_TRANSMIT] = (uint8_t)text[i];
    }
}

void console_write(const char *text, uint64_t length)
{
    if (dbcn)
        write_dbcn(text, length);
    else
        write_uart(text, length);
}

void say(const char *fmt, ...)
{
    char line[SAY_LENGTH + 2];
    va_list args;
    int length;

    va_start(args, fmt);
    length = vformat(line, SAY_LENGTH + 1, fmt, args);
    va_end(args);
    if (length > SAY_LENGTH)
        length = SAY_LENGTH;
    line[length] = '\n';
    console_write(line, (uint64_t)length + 1);
}
