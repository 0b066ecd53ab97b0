# Unit tests on the host, with cmocka under the address and undefined-behaviour sanitizers, and whatever else
# is built for tests.
#
# tests/unit/test_NAME.c becomes build/unit/test_NAME. The sources that it tests stand in a line
# `unit_NAME := ...` below. `make unit` builds and runs them all and ends with "unit: N passed, N failed".

UNIT_CHECKED := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
UNIT_CFLAGS := -std=gnu11 -g $(UNIT_CHECKED) -fno-omit-frame-pointer -Wall -Wextra $(WERROR) -Iinclude -I.
UNIT_LIBS   := -lcmocka -lpthread

SCHED_SRC     := $(wildcard sched/*.c)

unit_list     :=
unit_bitops   :=
unit_spinlock :=
unit_string   := lib/string.c
unit_printf   := lib/printf.c
unit_line     :=
unit_fdt      := lib/fdt.c hyp/fdt.c lib/printf.c
unit_fdt_write := lib/fdt.c hyp/fdt.c lib/printf.c
unit_initrd   := hyp/initrd.c lib/string.c
unit_page     :=
unit_gstage   := hyp/gstage.c hyp/page.c
unit_decode   := hyp/decode.c
unit_image    := hyp/image.c
CONFIG_SRC    := $(wildcard hyp/config*.c) $(SCHED_SRC) lib/string.c lib/printf.c
unit_config   := $(CONFIG_SRC)
unit_config_events := $(CONFIG_SRC)
unit_config_params := $(CONFIG_SRC)
unit_mine     := $(CONFIG_SRC)
unit_sched    := $(SCHED_SRC) lib/printf.c
unit_change   := $(SCHED_SRC) lib/printf.c
unit_parallel := $(SCHED_SRC) lib/printf.c
unit_rr       := $(SCHED_SRC) lib/printf.c
unit_place    := $(SCHED_SRC) lib/printf.c
unit_waking   := $(SCHED_SRC) lib/printf.c
unit_gang     := $(SCHED_SRC) lib/printf.c
unit_gang_changes := $(SCHED_SRC) lib/printf.c
unit_tree     := sched/tree.c
unit_sedf     := $(SCHED_SRC) lib/printf.c
unit_sedf_moves := $(SCHED_SRC) lib/printf.c
unit_sedf_promises := $(SCHED_SRC) lib/printf.c
unit_fair     := $(filter-out sched/fair.c,$(SCHED_SRC)) lib/printf.c
unit_fair_promises := $(filter-out sched/fair.c,$(SCHED_SRC)) lib/printf.c
unit_sim_events := sched/sim/events.c sched/sim/host.c
unit_credit   := $(SCHED_SRC) lib/printf.c
unit_credit_account := $(SCHED_SRC) lib/printf.c
unit_credit_long := $(SCHED_SRC) lib/printf.c
unit_credit_peers := $(SCHED_SRC) lib/printf.c
unit_credit_shares := $(SCHED_SRC) lib/printf.c

UNIT_TESTS := $(patsubst tests/unit/test_%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_BINS  := $(UNIT_TESTS:%=$(B)/unit/test_%)
UNIT_OBJ   := $(B)/unit/obj

# Ours must not stand in for the C library's, on which the sanitizers build.
LIBC_NAMES := memcpy memmove memset memcmp strlen strnlen strcmp strncmp strchr
$(UNIT_OBJ)/lib/string.o $(UNIT_OBJ)/tests/unit/test_string.o: \
    UNIT_CFLAGS += $(foreach name,$(LIBC_NAMES),-D$(name)=lib_$(name))

define unit_rule
$(B)/unit/test_$(1): $(patsubst %.c,$(UNIT_OBJ)/%.o,tests/unit/test_$(1).c $(unit_$(1)))
	$$(HOSTCC) $$(UNIT_CFLAGS) -o $$@ $$^ $$(UNIT_LIBS)
-include $(patsubst %.c,$(UNIT_OBJ)/%.d,tests/unit/test_$(1).c $(unit_$(1)))
endef
$(foreach test,$(UNIT_TESTS),$(eval $(call unit_rule,$(test))))

$(UNIT_OBJ)/%.o: %.c tests/build.mk
	@mkdir -p $(@D)
	$(HOSTCC) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: unit
unit: $(UNIT_BINS)
	@tests/unit/run $(UNIT_BINS)

# With a thread for every pCPU, under the thread sanitizer.
TSAN_CFLAGS := $(filter-out -fsanitize% -fno-sanitize%,$(UNIT_CFLAGS)) -fsanitize=thread
TSAN_TESTS  := sched parallel
TSAN_BINS   := $(TSAN_TESTS:%=$(B)/tsan/test_%)

$(TSAN_BINS): $(B)/tsan/test_%: tests/unit/test_%.c $(wildcard tests/unit/*.h sched/*.[ch])
	@mkdir -p $(@D)
	$(HOSTCC) $(TSAN_CFLAGS) -o $@ $< $(unit_$*) $(UNIT_LIBS)

.PHONY: tsan
tsan: $(TSAN_BINS) ## run the schedulers with a thread for every pCPU, under the thread sanitizer
	@tests/unit/run $(TSAN_BINS)

-include tests/property/build.mk
-include tests/races/build.mk
-include tests/plays/build.mk
-include tests/guests/build.mk
-include tests/bench/build.mk
