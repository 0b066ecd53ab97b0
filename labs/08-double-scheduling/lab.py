# SPDX-License-Identifier: MIT
TITLE = "double scheduling"
FILES = ["include/stint/sta.h", "guest-os/kernel/account.c", "guest-os/kernel/sched.c"]
SHOW = "double.conf"
TARGETS = ["build/guests/timeshare.elf", "build/guests/smp.elf", "build/test-guests/lab08_read.elf",
           "build/test-guests/lab08_ledger.elf"]
