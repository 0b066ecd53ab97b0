# The guest operating systems: build/guests/NAME.elf is made of the kernel, the policies, the programs, and
# guest-os/NAME/*.c.

GUESTS := timeshare realtime smp hog io dodger database distortion

# The last one: no loop of a program becomes a call of memset, which is the kernel's.
GUEST_CFLAGS := -std=gnu11 -O2 -g -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -ffreestanding \
                -nostdlib -fno-pic -fno-common -fno-stack-protector -Wall -Wextra $(WERROR) -Iinclude -I. \
                -MMD -MP $(ANYWHERE) -fno-tree-loop-distribute-patterns
GUEST_LDFLAGS := -nostdlib -static -Wl,--build-id=none -Wl,-z,max-page-size=4096
GUEST_SRC := $(wildcard guest-os/kernel/*.S guest-os/kernel/*.c guest-os/policy/*.c guest-os/user/*.c) \
             lib/string.c lib/printf.c lib/fdt.c
guest_objects = $(patsubst %,$(B)/guest-obj/%.o,$(GUEST_SRC) $(wildcard guest-os/$(1)/*.c))

all: $(GUESTS:%=$(B)/guests/%.elf)

$(B)/guest-obj/%.o: % Makefile guest-os/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(CC) $(GUEST_CFLAGS) -c $< -o $@

define GUEST_RULE
$(B)/guests/$(1).elf: guest-os/kernel/kernel.ld $(call guest_objects,$(1))
	@mkdir -p $$(@D)
	@echo "  LINK  $$@"; $$(CC) $$(GUEST_LDFLAGS) -T $$< -o $$@ $$(filter %.o,$$^)
endef
$(foreach guest,$(GUESTS),$(eval $(call GUEST_RULE,$(guest))))

-include $(shell find $(B)/guest-obj -name '*.d' 2>/dev/null)
