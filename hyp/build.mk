# The hypervisor: build/hyp/stint.elf

HYP_CFLAGS := -std=gnu11 -O2 -g -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -ffreestanding -nostdlib \
              -fno-pic -fno-common -fno-stack-protector -fno-jump-tables -DSPIN_WAIT -Wall -Wextra $(WERROR) \
              -Iinclude -I. -MMD -MP $(ANYWHERE)
HYP_SRC    := $(wildcard hyp/*.S hyp/*.c hyp/dev/*.c sbi/*.c sched/*.c) lib/string.c lib/printf.c lib/fdt.c
HYP_OBJ    := $(patsubst %,$(B)/hyp/%.o,$(basename $(HYP_SRC)))

all: $(B)/hyp/stint.elf

$(B)/hyp/stint.elf: $(HYP_OBJ) hyp/stint.ld
	@echo "  LINK  $@"; $(CC) -nostdlib -static -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments \
	      -T hyp/stint.ld -o $@ $(HYP_OBJ)

$(B)/hyp/%.o: %.c Makefile hyp/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(CC) $(HYP_CFLAGS) -c $< -o $@

$(B)/hyp/%.o: %.S Makefile hyp/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(CC) $(HYP_CFLAGS) -c $< -o $@

-include $(HYP_OBJ:.o=.d)
