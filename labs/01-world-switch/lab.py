# SPDX-License-Identifier: MIT
TITLE = "the world switch"
FILES = ["hyp/switch.S", "hyp/vcpu.c"]
SHOW = "worlds.conf"
TARGETS = ["build/hyp/stint.elf", "build/test-guests/lab01_switch.elf"]
