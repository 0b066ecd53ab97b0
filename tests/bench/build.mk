# What an exit costs, in instructions, and a decision of each scheduler: `make bench`. Its images are bare test images
# (tests/guests/build.mk) that count their own exits; sched/sim/bench.c measures the schedulers.

BENCH_GUESTS             := bench_exits bench_switch
BENCH_GUEST_ELFS         := $(BENCH_GUESTS:%=$(TEST_GUEST_DIR)/%.elf)
test_guest_bench_exits   := tests/bench/exits.c tests/bench/exits_loop.S
test_guest_bench_switch  := tests/bench/switch.c tests/bench/switch_loop.S

$(foreach guest,$(BENCH_GUESTS),$(eval $(call test_guest_rule,$(guest))))

all: $(BENCH_GUEST_ELFS)

.PHONY: bench
bench: $(B)/hyp/stint.elf $(B)/guests/timeshare.elf $(B)/guests/hog.elf $(BENCH_GUEST_ELFS) $(B)/sim/sched-bench
bench: ## prints what exits, switches, boot and trace cost, and decisions of the schedulers
	@status=0; $(PYTHON) tests/bench/scheds.py --json $(B)/bench-scheds.json || status=1; echo; \
	 $(PYTHON) tests/bench/bench.py --json $(B)/bench.json || status=1; exit $$status
