# SPDX-License-Identifier: MIT
TITLE = "your own scheduler"
FILES = ["sched/mine.c"]
ADDED = {"sched/mine.c": "starter/mine.c"}
SHOW = "mine.conf"
TARGETS = ["build/hyp/stint.elf", "build/races/races", "build/sim/stint-sim"]
