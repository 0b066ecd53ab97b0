# Bare VS-mode images that test the hypervisor: tests/guests/NAME.c and tests/rogue/NAME.c become
# build/test-guests/NAME.elf. NAME.S beside NAME.c, or what a line `test_guest_NAME` names, goes with it.

TEST_GUEST_DIR    := $(B)/test-guests
TEST_GUEST_OBJ    := $(TEST_GUEST_DIR)/obj
TEST_GUEST_CFLAGS := -std=gnu11 -O2 -g -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany \
                     -ffreestanding -nostdlib -fno-pic -fno-common -Wall -Wextra $(WERROR) -Iinclude -I. \
                     $(ANYWHERE)

TEST_GUEST_FRAME := $(addprefix tests/guests/frame/,start.S trap.S frame.c check.c args.c) \
                    guest-os/kernel/area.c lib/string.c lib/printf.c lib/fdt.c
TEST_GUEST_LD    := tests/guests/frame/guest.ld

TEST_GUESTS       := sbi regs fp timer ipi cpu neighbour memory fidelity sta clock watch rogue
test_guest_sbi    := tests/guests/sbi.c
test_guest_regs   := tests/guests/regs.c tests/guests/regs_loop.S
test_guest_fp     := tests/guests/fp.c tests/guests/fp_loop.S
test_guest_timer  := tests/guests/timer.c
test_guest_watch  := tests/guests/watch.c
test_guest_sta    := tests/guests/sta.c
test_guest_clock  := tests/guests/clock.c
test_guest_ipi    := tests/guests/ipi.c
test_guest_fidelity := $(addprefix tests/guests/,fidelity.c fidelity_registers.c fidelity_paging.c)
test_guest_cpu    := tests/guests/cpu.c
test_guest_neighbour := tests/guests/neighbour.c
test_guest_memory := tests/guests/memory.c
test_guest_rogue  := $(sort $(wildcard tests/rogue/*.c tests/rogue/*.S))

# A lab's own: labs/NN-name/guests/labNN_NAME.c.
LAB_GUESTS  := $(wildcard labs/*/guests/*.c)
TEST_GUESTS += $(basename $(notdir $(LAB_GUESTS)))
$(foreach source,$(LAB_GUESTS),\
    $(eval test_guest_$(basename $(notdir $(source))) := $(source) $(wildcard $(source:.c=_loop.S))))
test_guest_lab01_switch += hyp/switch.S tests/guests/alone.c
test_guest_lab02_tables += hyp/gstage.c tests/guests/alone.c
test_guest_lab02_ram += hyp/gstage.c hyp/vm_memory.c tests/guests/alone.c
test_guest_lab03_alone += hyp/exit.c hyp/dev/device.c hyp/decode.c tests/guests/alone.c
test_guest_lab08_ledger += guest-os/kernel/account.c guest-os/kernel/report.c

TEST_GUEST_ELFS := $(TEST_GUESTS:%=$(TEST_GUEST_DIR)/%.elf)

test_guest_objects = $(patsubst %,$(TEST_GUEST_OBJ)/%.o,$(basename $(TEST_GUEST_FRAME) $(test_guest_$(1))))

define test_guest_rule
$(TEST_GUEST_DIR)/$(1).elf: $(call test_guest_objects,$(1)) $(TEST_GUEST_LD)
	@echo "  LINK  $$@"; $$(CC) $$(TEST_GUEST_CFLAGS) -Wl,--build-id=none -Wl,--no-warn-rwx-segments \
	      -T $(TEST_GUEST_LD) -o $$@ $(call test_guest_objects,$(1))
-include $(patsubst %.o,%.d,$(call test_guest_objects,$(1)))
endef
$(foreach guest,$(TEST_GUESTS),$(eval $(call test_guest_rule,$(guest))))

$(TEST_GUEST_OBJ)/%.o: %.c Makefile tests/guests/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(CC) $(TEST_GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(TEST_GUEST_OBJ)/%.o: %.S Makefile tests/guests/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(CC) $(TEST_GUEST_CFLAGS) -MMD -MP -c -o $@ $<

all: test-guests

.PHONY: test-guests
test-guests: $(TEST_GUEST_ELFS)
