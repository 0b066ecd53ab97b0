/* SPDX-License-Identifier: MIT */
/*
 * A program with a mistake: it reads the kernel's memory, and must not get far.
 */
#include "guest-os/user/programs.h"
#include "guest-os/user/user.h"

#define KERNEL 0x80200000UL

void wild(void)
{
    static const char text[] = "wild: now I read the kernel's memory\n";

    write(text, sizeof(text) - 1);
    exit(*(volatile uint64_t *)KERNEL);
}
