# Stint. `make help` lists what there is.
CROSS   ?= riscv64-unknown-elf-
CC      := $(CROSS)gcc
OBJCOPY := $(CROSS)objcopy
HOSTCC  ?= gcc
PYTHON  ?= /usr/bin/python3
B       := build
WERROR  := -Werror

.DEFAULT_GOAL := all
-include handout.mk
include $(wildcard hyp/build.mk guest-os/build.mk sched/sim/build.mk tests/build.mk tools/build.mk)
