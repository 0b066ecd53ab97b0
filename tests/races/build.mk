# The players of tests/races, for the host: build/races/races. The files of sched/ are compiled for it with calls at
# every access to memory, and tied to addresses that do not change, so that a place found is a line of the source. The
# schedulers' code has a section of its own: it may write to less than the frame around it.

RACES_DIR    := $(B)/races
RACES_CFLAGS := -std=gnu11 -O2 -g -fno-pie -Wall -Wextra $(WERROR) -Iinclude -I. -MMD -MP
RACES_SRC    := $(wildcard tests/races/*.c) lib/printf.c
RACES_SCHED  := $(wildcard sched/*.c)
RACES_FRAME  := sched move change place registry tree
RACES_OBJ    := $(patsubst %.c,$(RACES_DIR)/%.o,$(RACES_SRC) $(RACES_SCHED))

all: $(RACES_DIR)/races

$(RACES_DIR)/races: $(RACES_OBJ)
	@echo "  LINK  $@"; $(HOSTCC) -no-pie -o $@ $^

$(RACES_DIR)/sched/%.o: sched/%.c tests/races/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(HOSTCC) $(RACES_CFLAGS) -fsanitize=thread -DSPIN_WAIT -c -o $@ $<
	@$(if $(filter $(RACES_FRAME),$*),,objcopy --rename-section .text=schedulers $@)

$(RACES_DIR)/%.o: %.c tests/races/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(HOSTCC) $(RACES_CFLAGS) -DSPIN_WAIT -c -o $@ $<

-include $(RACES_OBJ:.o=.d)
