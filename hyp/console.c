/* SPDX-License-Identifier: MIT */
/*
 * Lines are kept a VM until they end, and are written as a whole, so that
 * guests that talk at the same time do not garble each other.
 */
#include "hyp/console.h"
#include <stdarg.h>
#include "hyp/vm.h"
#include "lib/printf.h"
#include "lib/spinlock.h"

#define UART_BASE      0x10000000UL
#define UART_DATA      (*(volatile uint8_t *)UART_BASE)
#define UART_STATUS    (*(volatile uint8_t *)(UART_BASE + 5))
#define STATUS_INPUT   0x01
#define STATUS_TX_FREE 0x20

#define LINE_BYTES  160
#define INPUT_BYTES 64   /* a power of two */
#define ESCAPE      0x1d /* Ctrl-] */

struct guest_console {
    char line[LINE_BYTES];
    uint32_t length;
    char input[INPUT_BYTES];
    uint32_t head, tail; /* characters ever taken, and ever put */
};

static struct spinlock lock; /* guards all below and the UART; no other lock is taken under it */
static struct guest_console guests[STINT_MAX_VMS];
static bool has_user, escaped;
static uint32_t focus; /* the VM that gets the input */

static void uart_put(char c)
{
    while (!(UART_STATUS & STATUS_TX_FREE))
        ;
    UART_DATA = (uint8_t)c;
}

void console_print_raw(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            uart_put('\r');
        uart_put(*text);
    }
}

void console_init(bool mux)
{
    spin_init(&lock);
    has_user = mux;
}

void console_print(const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vformat(text, sizeof(text), fmt, args);
    va_end(args);
    spin_lock(&lock);
    console_print_raw(text);
    spin_unlock(&lock);
}

static void flush(uint32_t vm)
{
    struct guest_console *guest = &guests[vm];
    char text[LINE_BYTES + 48];
    if (guest->length == 0)
        return;
    format(text, sizeof(text), "[%s] %.*s\n", vms[vm].config->name, (int)guest->length, guest->line);
    guest->length = 0;
    console_print_raw(text);
}

void console_guest_flush(uint32_t vm)
{
    spin_lock(&lock);
    flush(vm);
    spin_unlock(&lock);
}

static bool printable(char c)
{
    return (c >= ' ' && c < 0x7f) || c == '\t';
}

void console_guest_put(uint32_t vm, char c)
{
    struct guest_console *guest = &guests[vm];
    if (c == '\r')
        return;
    spin_lock(&lock);
    if (c != '\n')
        guest->line[guest->length++] = printable(c) ? c : '.';
    else if (guest->length == 0)
        guest->line[guest->length++] = ' ';
    if (c == '\n' || guest->length == LINE_BYTES)
        flush(vm);
    spin_unlock(&lock);
}

bool console_guest_has(uint32_t vm)
{
    const struct guest_console *guest = &guests[vm];
    return __atomic_load_n(&guest->head, __ATOMIC_RELAXED) != __atomic_load_n(&guest->tail, __ATOMIC_RELAXED);
}

int console_guest_get(uint32_t vm)
{
    struct guest_console *guest = &guests[vm];
    int c = -1;
    spin_lock(&lock);
    if (guest->head != guest->tail)
        c = (uint8_t)guest->input[guest->head++ % INPUT_BYTES];
    spin_unlock(&lock);
    return c;
}

/* The key behind the escape key. */
static void choose_focus(char key)
{
    uint32_t wanted = key == 'n' ? (focus + 1) % vm_count : (uint32_t)(key - '0');
    char text[96];
    if (wanted < vm_count) {
        focus = wanted;
        format(text, sizeof(text), "[stint] the keyboard is %s's now\n", vms[focus].config->name);
    } else {
        format(text, sizeof(text), "[stint] after Ctrl-]: n for the next VM, or 0 to %u\n", vm_count - 1);
    }
    console_print_raw(text);
}

static void accept(char c)
{
    struct guest_console *guest = &guests[focus];
    if (escaped) {
        escaped = false;
        choose_focus(c);
    } else if (c == ESCAPE) {
        escaped = true;
    } else if (guest->tail - guest->head < INPUT_BYTES) {
        guest->input[guest->tail++ % INPUT_BYTES] = c;
    }
}

void console_poll(void)
{
    spin_lock(&lock);
    for (uint32_t n = 0; has_user && n < INPUT_BYTES && UART_STATUS & STATUS_INPUT; n++)
        accept((char)UART_DATA);
    spin_unlock(&lock);
}
