# Small machines that are played step by step, for the host: build/plays/plays.

PLAYS_DIR    := $(B)/plays
PLAYS_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra $(WERROR) -Iinclude -I. -MMD -MP
PLAYS_SRC    := tests/plays/plays.c $(wildcard sched/*.c) lib/printf.c
PLAYS_OBJ    := $(PLAYS_SRC:%.c=$(PLAYS_DIR)/%.o)

all: $(PLAYS_DIR)/plays

$(PLAYS_DIR)/plays: $(PLAYS_OBJ)
	@echo "  LINK  $@"; $(HOSTCC) -o $@ $^

$(PLAYS_DIR)/%.o: %.c tests/plays/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(HOSTCC) $(PLAYS_CFLAGS) -c -o $@ $<

-include $(PLAYS_OBJ:.o=.d)
