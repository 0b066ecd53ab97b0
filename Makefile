# Stint. `make help` lists what there is.
CROSS   ?= riscv64-unknown-elf-
CC      := $(CROSS)gcc
OBJCOPY := $(CROSS)objcopy
HOSTCC  ?= gcc
PYTHON  ?= /usr/bin/python3
B       := build
WERROR  := -Werror

# No image tells where its source stood: it would be longer, take longer to load, and each run would be another one.
# gcc believes PWD, and hands only the second of the options on to the assembler.
ANYWHERE := -ffile-prefix-map=$(CURDIR)=. -fdebug-prefix-map=$(CURDIR)=.
export PWD := $(CURDIR)

.DEFAULT_GOAL := all
-include handout.mk
include $(wildcard hyp/build.mk guest-os/build.mk sched/sim/build.mk tests/build.mk tools/build.mk)
