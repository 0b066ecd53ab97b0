/* SPDX-License-Identifier: MIT */
/*
 * The machine's one console: lines of the hypervisor, lines of the guests
 * marked with their VM's name, and whose turn the input is.
 */
#ifndef HYP_CONSOLE_H
#define HYP_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Once, before the first line. mux: there is a user, whose input goes to one guest at a time; the escape
 * key Ctrl-] and then a VM's digit, or n for the next one, chooses which. */
void console_init(bool mux);

/* A line of the hypervisor, complete with its newline. Any pCPU. */
void console_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same when nothing can be trusted any more: takes no lock, touches nothing but the UART. */
void console_print_raw(const char *text);

/* A character of a guest's output. It appears with its line; control characters but newline and tab
 * appear as dots, so that no guest can imitate another's lines. */
void console_guest_put(uint32_t vm, char c);

/* What a guest has not ended with a newline yet. */
void console_guest_flush(uint32_t vm);

/* The next character of a guest's input, or -1. */
int console_guest_get(uint32_t vm);
bool console_guest_has(uint32_t vm);

/* Moves input from the UART to the guest that has the console. By one pCPU, now and then; only with mux. */
void console_poll(void);

#endif
