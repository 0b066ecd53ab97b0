# Proof by tests: what the schedulers promise, in random worlds; what the tests reach, and what they notice.

PROPERTY      := $(B)/property/property
PROPERTY_SRC  := $(wildcard tests/property/*.c) $(SCHED_SRC) lib/printf.c
PROPERTY_OBJ  := $(PROPERTY_SRC:%.c=$(UNIT_OBJ)/%.o)
SEEDS         ?= 0-199
LONG_SEEDS    ?= 0-9999

$(PROPERTY): $(PROPERTY_OBJ)
	@mkdir -p $(@D)
	$(HOSTCC) $(UNIT_CFLAGS) -o $@ $^
-include $(PROPERTY_OBJ:.o=.d)

.PHONY: property property-long coverage test-mutants proofs proof-list
property: $(PROPERTY) ## run the schedulers in 200 random worlds, or in those of SEEDS=FIRST-LAST
	@$(PROPERTY) --seeds $(SEEDS) --jobs $(shell nproc)

property-long: $(PROPERTY)
	@$(PROPERTY) --seeds $(LONG_SEEDS) --jobs $(shell nproc)

# The unit tests that test something of sched/.
PROOFS := $(foreach test,$(UNIT_TESTS),$(if $(filter sched/%,$(unit_$(test))),$(B)/unit/test_$(test)))
proofs: $(PROOFS) $(PROPERTY)
proof-list:
	@echo $(PROOFS)

# In a build of its own, without the sanitizers, whose checks would count as branches.
COVERED := -O0 --coverage -fprofile-update=atomic
coverage: ## print how much of sched/ the unit and property tests reach: branches, file by file; 95 % at least
	@$(AGAIN) -s B=$(B)/coverage UNIT_CHECKED='$(COVERED)' proofs
	@find $(B)/coverage -name '*.gcda' -delete
	@tests/unit/run $(PROOFS:$(B)/%=$(B)/coverage/%)
	@$(B)/coverage/property/property --seeds $(SEEDS) --jobs $(shell nproc)
	@$(PYTHON) tests/coverage.py $(B)/coverage

test-mutants: ## break each scheduler in ten ways, and see that the tests notice
	@$(PYTHON) tests/mutants/run
