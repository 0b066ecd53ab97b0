# SPDX-License-Identifier: MIT
# The guest operating systems: build/guests/NAME.elf from guest-os/NAME/*.c, the kernel, the policies, the programs.
GUESTS := timeshare realtime smp hog

GUEST_CFLAGS := -std=gnu11 -O2 -g -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -ffreestanding -nostdlib \
                -fno-pic -fno-common -fno-tree-loop-distribute-patterns -Wall -Wextra -Werror -Iinclude -I. -MMD -MP
GUEST_COMMON := $(wildcard guest-os/kernel/*.S guest-os/kernel/*.c guest-os/policy/*.c guest-os/user/*.c) \
                lib/string.c lib/printf.c lib/fdt.c
guest_objects = $(patsubst %,$(B)/guest-obj/%.o,$(GUEST_COMMON) $(wildcard guest-os/$(1)/*.c))

.PHONY: guests
guests: $(GUESTS:%=$(B)/guests/%.elf)
all: guests

$(B)/guest-obj/%.o: %
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

define guest_rule
$(B)/guests/$(1).elf: guest-os/kernel/kernel.ld $(call guest_objects,$(1))
	@mkdir -p $$(@D)
	$$(CC) -nostdlib -static -Wl,--build-id=none,--fatal-warnings,-z,max-page-size=4096 -T $$< -o $$@ $$(filter %.o,$$^)
endef
$(foreach guest,$(GUESTS),$(eval $(call guest_rule,$(guest))))

-include $(shell find $(B)/guest-obj -name '*.d' 2>/dev/null)
