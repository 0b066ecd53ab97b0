/* SPDX-License-Identifier: MIT */
/*
 * ns16550a, as far as a polling driver can see it: the transmitter is always
 * empty, the receiver holds what the console has for this guest. The line has no interrupt: the guest's
 * device tree names none, and IER only remembers what was written.
 *
 * As QEMU's, it answers an access of any width with the one register at its
 * address.
 */
#include "hyp/dev/uart.h"
#include "hyp/console.h"
#include "hyp/vm.h"

#define RBR_THR 0
#define IER     1
#define IIR_FCR 2
#define LCR     3
#define MCR     4
#define LSR     5
#define MSR     6
#define SCR     7

#define LCR_DLAB       0x80
#define LSR_DATA_READY 0x01
#define LSR_TX_EMPTY   0x60 /* holding register and transmitter */
#define IIR_NONE       0x01
#define IIR_FIFOS      0xC0
#define MSR_CONNECTED  0xB0 /* carrier, data set ready, clear to send */

static uint64_t uart_read(struct vm *vm, uint64_t offset, uint32_t width)
{
    struct uart *uart = &vm->uart;
    bool divisor = uart->line & LCR_DLAB;
    int c;
    (void)width;
    switch (offset) {
    case RBR_THR:
        if (divisor)
            return uart->divisor[0];
        c = console_guest_get(vm->index);
        return c < 0 ? 0 : (uint64_t)c;
    case IER: return divisor ? uart->divisor[1] : uart->interrupts;
    case IIR_FCR: return IIR_NONE | (uart->fifo ? IIR_FIFOS : 0);
    case LCR: return uart->line;
    case MCR: return uart->modem;
    case LSR: return LSR_TX_EMPTY | (console_guest_has(vm->index) ? LSR_DATA_READY : 0);
    case MSR: return MSR_CONNECTED;
    default: return uart->scratch;
    }
}

static void uart_write(struct vm *vm, uint64_t offset, uint32_t width, uint64_t value)
{
    struct uart *uart = &vm->uart;
    bool divisor = uart->line & LCR_DLAB;
    (void)width;
    switch (offset) {
    case RBR_THR:
        if (divisor)
            uart->divisor[0] = (uint8_t)value;
        else
            console_guest_put(vm->index, (char)value);
        break;
    case IER:
        if (divisor)
            uart->divisor[1] = (uint8_t)value;
        else
            uart->interrupts = value & 0x0f;
        break;
    case IIR_FCR: uart->fifo = value & 1; break;
    case LCR: uart->line = (uint8_t)value; break;
    case MCR: uart->modem = value & 0x1f; break;
    case SCR: uart->scratch = (uint8_t)value; break;
    }
}

const struct device uart_device = {"UART", 0x10000000, 8, uart_read, uart_write};
