# SPDX-License-Identifier: MIT
TITLE = "credit"
FILES = ["sched/credit.c", "sched/credit_account.c"]
SHOW = "shares.conf"
TARGETS = ["build/hyp/stint.elf", "build/plays/plays", "build/races/races"]
