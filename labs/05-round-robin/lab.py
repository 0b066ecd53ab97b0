# SPDX-License-Identifier: MIT
TITLE = "round robin"
FILES = ["sched/rr.c"]
SHOW = "turns.conf"
TARGETS = ["build/hyp/stint.elf", "build/plays/plays"]
