# Small machines that are played step by step, for the host: build/plays/plays; and who may go where: build/plays/moves.

PLAYS_DIR    := $(B)/plays
PLAYS_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra $(WERROR) -Iinclude -I. -MMD -MP
PLAYS_SHARED := $(patsubst %.c,$(PLAYS_DIR)/%.o,$(wildcard sched/*.c) lib/printf.c tests/plays/say.c)
PLAYS        := $(PLAYS_DIR)/plays $(PLAYS_DIR)/moves

all: $(PLAYS)

$(PLAYS): $(PLAYS_DIR)/%: $(PLAYS_DIR)/tests/plays/%.o $(PLAYS_SHARED)
	@echo "  LINK  $@"; $(HOSTCC) -o $@ $^

$(PLAYS_DIR)/%.o: %.c tests/plays/build.mk
	@mkdir -p $(@D)
	@echo "  CC    $@"; $(HOSTCC) $(PLAYS_CFLAGS) -c -o $@ $<

-include $(PLAYS_SHARED:.o=.d) $(PLAYS:$(PLAYS_DIR)/%=$(PLAYS_DIR)/tests/plays/%.d)
