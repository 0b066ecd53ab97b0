# The simulator: build/sim/stint-sim, for the host, of the same files as the hypervisor's scheduling. With SANITIZE=1
# it is build/sim-asan/stint-sim, under the address and undefined-behaviour sanitizers. And build/sim/sched-bench,
# which measures the schedulers (make bench).

comma      := ,
SIM_DIR    := $(B)/sim$(if $(SANITIZE),-asan)
SIM_LIMITS := -DSCHED_MAX_PCPUS=1024 -DSTINT_MAX_PCPUS=1024 -DSTINT_MAX_VMS=16384 -DSTINT_MAX_VCPUS=16384
SIM_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra $(WERROR) -Iinclude -I. -MMD -MP $(SIM_LIMITS) \
              $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined)
SIM_SHARED := $(wildcard sched/*.c hyp/config*.c) lib/string.c lib/printf.c
SIM_SRC    := $(filter-out %/bench.c,$(wildcard sched/sim/*.c)) $(SIM_SHARED)

BENCH_SRC  := $(addprefix sched/sim/,bench.c events.c host.c) $(wildcard sched/*.c) lib/string.c lib/printf.c

sim_objects = $(patsubst %.c,$(SIM_DIR)/$(1)/%.o,$(2))

all: $(SIM_DIR)/stint-sim $(SIM_DIR)/sched-bench

.PHONY: sim
sim: $(SIM_DIR)/stint-sim ## build the simulator; with SANITIZE=1 under the sanitizers, beside it

$(SIM_DIR)/stint-sim: $(call sim_objects,obj,$(SIM_SRC))
	@echo "  LINK  $@"; $(HOSTCC) $(SIM_CFLAGS) -o $@ $^

$(SIM_DIR)/sched-bench: $(call sim_objects,bench,$(BENCH_SRC))
	@echo "  LINK  $@"; $(HOSTCC) $(SIM_CFLAGS) -o $@ $^

# Ours must not stand in for the C library's.
$(SIM_DIR)/obj/lib/string.o $(SIM_DIR)/bench/lib/string.o: \
    SIM_NAMES = $(foreach name,$(LIBC_NAMES),-D$(name)=lib_$(name))

$(SIM_DIR)/obj/%.o: %.c sched/sim/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(HOSTCC) $(SIM_CFLAGS) $(SIM_NAMES) -c -o $@ $<

$(SIM_DIR)/bench/%.o: %.c sched/sim/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(HOSTCC) $(SIM_CFLAGS) $(SIM_NAMES) -DSCHED_COUNT_TOUCHES -c -o $@ $<

-include $(patsubst %.o,%.d,$(call sim_objects,obj,$(SIM_SRC)) $(call sim_objects,bench,$(BENCH_SRC)))
