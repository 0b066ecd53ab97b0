# SPDX-License-Identifier: MIT
TITLE = "timers and the three clocks"
FILES = ["hyp/vcpu.c", "hyp/guest_clock.c", "sbi/time.c"]
SHOW = "clocks.conf"
