# SPDX-License-Identifier: MIT
TITLE = "two-stage memory"
FILES = ["hyp/gstage.c", "hyp/vm_memory.c", "hyp/vcpu.c"]
SHOW = "same-addresses.conf"
TARGETS = ["build/hyp/stint.elf", "build/test-guests/lab02_tables.elf", "build/test-guests/lab02_ram.elf"]
