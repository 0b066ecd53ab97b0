# SPDX-License-Identifier: MIT
TITLE = "the world switch"
FILES = ["hyp/switch.S", "hyp/vcpu.c"]
SHOW = "worlds.conf"
