# What people type. `make help` prints the lines with two hashes.

S     ?= thief
STINT := tools/stint
JOBS   = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN  = $(MAKE) --no-print-directory

C_FILES      = $(shell git ls-files -co --exclude-standard -- '*.c' '*.h')
C_DIRS      := hyp hyp/dev sbi sched sched/sim lib guest-os $(wildcard guest-os/*/) tests/unit tests/property \
               tests/races tests/guests $(wildcard labs/*/guests) tools
PYTEST_DIRS := $(wildcard tests/tools tests/labs tests/system tests/rogue)

export PYTHONPYCACHEPREFIX := $(abspath $(B)/pycache)

LAB   ?=
T     ?=
SEED  ?= 1
OUT   ?=

.PHONY: lab grade handout test-labs
.PHONY: all demo test test-long unit pytest experiments experiments-docs plots docs check format run gdb setup doctor \
        clean help

demo: setup ## install what is missing, build, and show how half of everybody's time is stolen
	@$(AGAIN) $(JOBS) all
	@$(STINT) run thief --trace $(B)/thief.trace
	@echo
	@echo "Each VCPU could run all the time and had the pCPU for half of it: the other half was stolen from it (steal)."
	@echo "Who ran when, the guests' tasks included: $(STINT) timeline $(B)/thief.trace --text --to 300ms"

test: setup ## install what is missing, build, and run every test
	@$(AGAIN) $(JOBS) all
	@status=0; $(AGAIN) $(JOBS) unit || status=1; $(AGAIN) $(JOBS) property || status=1; \
	 $(AGAIN) pytest || status=1; exit $$status

all: $(B)/compile_commands.json ## build hypervisor, guests and tests under build/

unit: ## run the unit tests, on this machine

pytest: ## run the tests of the tools, the system tests in QEMU, and the rogues
	@$(PYTHON) -m pytest -q -n 2 -p no:cacheprovider $(PYTEST_DIRS)

test-long: all ## run the tests that take longer than 'make test' may: 10,000 random worlds, long experiments
	@status=0; $(AGAIN) $(JOBS) property-long || status=1; \
	 $(PYTHON) -m pytest -q -n 2 -m long -p no:cacheprovider $(PYTEST_DIRS) || [ $$? -eq 5 ] || status=1; \
	 exit $$status    # 5: there was none

experiments: all ## run the experiments: what is expected beside what is measured, into build/experiments.json
	@$(STINT) experiments --json $(B)/experiments.json

experiments-docs: all plots ## run the experiments, and put what they measured into docs/experiments
	@$(STINT) experiments --json $(B)/experiments.json --docs

plots: all ## draw the pictures of docs/experiments
	@$(STINT) plot two-tasks --vm pair --every 2ms --out docs/experiments/images/two-tasks.svg
	@$(STINT) plot two-tasks-spinner --vm pair --to 420ms --every 2ms --out docs/experiments/images/two-tasks-spinner.svg

docs: $(B)/tools/scenario_tables ## put the schedulers' parameters into docs/scenarios.md
	@$< < docs/scenarios.md > $(B)/scenarios.md
	@cp $(B)/scenarios.md docs/scenarios.md

$(B)/tools/scenario_tables: $(patsubst %.c,$(UNIT_OBJ)/%.o,tools/scenario_tables.c $(CONFIG_SRC))
	@mkdir -p $(@D)
	@$(HOSTCC) $(UNIT_CFLAGS) -o $@ $^

check: setup ## check style and code; nothing may be found
	@$(AGAIN) $(JOBS) $(B)/compile_commands.json
	@$(PYTHON) tools/check

format: setup ## put all C into the style of .clang-format
	@clang-format-19 -i $(C_FILES)

run: all ## run a scenario: make run S=thief
	@$(STINT) run $(S)

gdb: setup ## start a scenario halted, under gdb: make gdb S=thief; or a lab's test: make gdb LAB=6 T=weights
	@$(AGAIN) $(JOBS) all
	@$(STINT) gdb $(if $(T),$(if $(LAB),--lab $(LAB)) --test $(T) --seed $(SEED),$(S))

lab: setup ## what a lab leaves you to write, and its scenario at work: make lab LAB=6
	@$(AGAIN) $(JOBS) all
	@$(STINT) lab $(LAB)

grade: setup ## grade this tree as a lab's submission: make grade LAB=6; only one test: T=weights; another SEED=1
	@$(AGAIN) $(JOBS) all
	@$(STINT) grade $(LAB) --seed $(SEED) $(addprefix --only ,$(T))

handout: ## make the tree that students of a lab get: make handout LAB=6 OUT=DIR
	@$(STINT) handout $(LAB) --out "$(OUT)"

test-labs: setup ## hand in the references, starters, forgers and mutants of all labs: are they told apart?
	@$(AGAIN) $(JOBS) all
	@tests/labs/prove --all --jobs $(shell nproc)

setup: ## install what is missing (Debian, as root or with sudo)
	@tools/setup.sh setup

doctor: ## say what is installed, what is missing, and how to get it
	@tools/setup.sh doctor

clean: ## remove all that was made
	@rm -rf $(B)

help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | sort -u | awk -F'|' '{ printf "  make %-16s %s\n", $$1, $$2 }'

# For editors: how every file is compiled, as make itself tells it.
$(B)/compile_commands.json: $(filter-out %.d,$(MAKEFILE_LIST)) tools/compile_commands \
                            $(wildcard $(addsuffix /*.c,$(C_DIRS)))
	@mkdir -p $(B)
	@$(PYTHON) tools/compile_commands $@
