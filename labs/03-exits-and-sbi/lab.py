# SPDX-License-Identifier: MIT
TITLE = "exits and SBI"
FILES = ["hyp/exit.c", "sbi/sbi.c", "hyp/dev/device.c"]
SHOW = "first.conf"
TARGETS = ["build/hyp/stint.elf", "build/test-guests/lab03_alone.elf"]
