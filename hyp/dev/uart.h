/* SPDX-License-Identifier: MIT */
/*
 * A guest's serial port: ns16550a, polled.
 */
#ifndef HYP_DEV_UART_H
#define HYP_DEV_UART_H

#include <stdint.h>
#include "hyp/dev/device.h"

/* What a driver may write and read back; zero after reset. */
struct uart {
    uint8_t interrupts; /* IER */
    uint8_t line;       /* LCR: bit 7 shows the divisor instead of data and IER */
    uint8_t modem;      /* MCR */
    uint8_t scratch;    /* SCR */
    uint8_t fifo;       /* FCR bit 0 */
    uint8_t divisor[2];
};

extern const struct device uart_device;

#endif
