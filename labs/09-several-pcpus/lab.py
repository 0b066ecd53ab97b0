# SPDX-License-Identifier: MIT
TITLE = "several pCPUs"
FILES = ["sched/move.c", "sched/sched.c", "hyp/vcpu.c"]
SHOW = "several.conf"
TARGETS = ["build/hyp/stint.elf", "build/races/races", "build/plays/moves"]
