# restyle: one non-recursive Makefile. `make help` lists the targets.
# Every flag set has its own folder, so nothing is ever cleaned to switch:
#   make            build/restyle, build/librestyle.a
#   make SAN=address|undefined|thread   the same under build/SAN/
#   make WERROR=1   warnings are errors (CI)      V=1  show the commands

CC      ?= cc
PKG     := libavformat libavcodec libavfilter libswscale libswresample libavutil openblas yaml-0.1 libpng
PKGCONF ?= pkg-config
SAN     ?=
WERROR  ?=
V       ?=

B    := build$(if $(SAN),/$(SAN))
Q    := $(if $(V),,@)

ifneq ($(MAKECMDGOALS),help)
ifeq ($(shell $(PKGCONF) --exists $(PKG) && echo yes),)
$(error a library is missing: $(shell $(PKGCONF) --print-errors --exists $(PKG) 2>&1 | head -n 1) -- see the apt line in README.md)
endif
endif

WARN := -Wall -Wextra -Wshadow -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wdouble-promotion \
        $(if $(WERROR),-Werror)
# No -ffast-math and no -march=native: results must not depend on the build machine.
CFLAGS  ?= -O2 -g
CSTD    := -std=c11 -ffp-contract=off -fno-math-errno
CPPF    := -Isrc -Iinclude -MMD -MP $(shell $(PKGCONF) --cflags $(PKG))
LDLIBS  += $(shell $(PKGCONF) --libs $(PKG)) -lm -lpthread
ifneq ($(SAN),)
SANF    := -fsanitize=$(SAN) -fno-omit-frame-pointer -DRS_DEBUG_FILL $(if $(filter undefined,$(SAN)),-fno-sanitize-recover=all)
endif
ALLF    = $(CSTD) $(CFLAGS) $(WARN) $(SANF) $(CPPF)

LIB_SRC  := $(sort $(filter-out src/cli/%,$(wildcard src/*/*.c src/*/*/*.c)))
CLI_SRC  := $(sort $(wildcard src/cli/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/*/t_*.c))
KERN_SRC := $(sort $(wildcard tests/checkkern/*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
TLIB_SRC := $(sort $(wildcard tests/lib/*.c))
HEADERS  := $(wildcard include/restyle/*.h)

obj      = $(patsubst %.c,$(B)/obj/%.o,$(1))
LIB      := $(B)/librestyle.a
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
KERN_BIN := $(if $(KERN_SRC),$(B)/checkkern)
CLI_BIN  := $(if $(CLI_SRC),$(B)/restyle)
EMBED    := $(if $(wildcard samples/embed.c),$(B)/embed)

.PHONY: all check check-long check-style check-headers demo schema bench clean help
.SECONDARY:
all: $(CLI_BIN) $(LIB)

## all: the program and the library
$(B)/restyle: $(call obj,$(CLI_SRC)) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(SANF) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(call obj,$(LIB_SRC))
	@echo "  AR    $@"
	$(Q)rm -f $@ && ar rcs $@ $^

# SIMD tiers: flags follow the file's suffix, never the whole build.
$(B)/obj/%_avx2.o: ARCHF = -mavx2 -mfma -mf16c
$(B)/obj/%_avxvnni.o: ARCHF = -mavx2 -mfma -mf16c -mavxvnni
$(B)/obj/%_avx512.o: ARCHF = -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mf16c
$(B)/obj/%_avx512vnni.o: ARCHF = -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma -mf16c
$(B)/obj/%_avx512bf16.o: ARCHF = -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mavx512bf16 -mfma -mf16c

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALLF) $(ARCHF) -c -o $@ $<

$(B)/obj/tests/%.o: CPPF += -I. -DRS_SOURCE_DIR='"$(CURDIR)"'
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(call obj,$(TLIB_SRC)) $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANF) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(call obj,$(TLIB_SRC)) $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANF) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/checkkern: $(call obj,$(KERN_SRC)) $(LIB)
	$(Q)$(CC) $(SANF) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# Preloaded by tests that kill the program at every call that changes the disk, or write these calls
# down, for crash_state to make of them what power loss leaves.
FAULT    := $(B)/fault.so $(B)/record.so $(B)/crash_state
$(B)/%.so: tests/fault/%.c tests/fault/record.h
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 $(CFLAGS) $(WARN) -I. -shared -fPIC -o $@ $< -ldl
$(B)/crash_state: tests/fault/crash_state.c tests/fault/record.h
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 $(CFLAGS) $(WARN) -I. -o $@ $<
# The example is built as a user would: public headers and the library only.
$(B)/embed: samples/embed.c $(LIB) $(HEADERS)
	$(Q)$(CC) -std=c11 $(CFLAGS) $(WARN) $(SANF) -Iinclude -o $@ samples/embed.c $(LIB) $(LDLIBS)

## check: all tests (unit, golden, kernels, CLI, headers, layers, style); takes SAN=
check: all $(UNIT_BIN) $(FUZZ_BIN) $(KERN_BIN) $(EMBED) $(FAULT) check-style check-headers
	$(Q)B=$(B) SAN=$(SAN) tests/run.sh

## check-long: 100 random kills, power loss at every call, the memory of a job of 10,000 frames: minutes
check-long: all $(FAULT)
	$(Q)B=$(B) RS_KILLS=100 sh tests/cli/resume_random.sh
	$(Q)B=$(B) RS_LOSSES=100000 RS_MIXES=4 sh tests/cli/power_loss.sh
	$(Q)B=$(B) RS_SHORT=50 RS_LONG=10000 sh tests/cli/memory.sh
	$(Q)B=$(B) RS_SHORT=100 RS_LONG=10000 sh tests/cli/memory_stages.sh

check-style:
	$(Q)tools/check_layers.sh
	$(Q)tools/check_style.sh
	$(Q)tools/check_symbols.sh $(LIB)
check-style: $(LIB)

## check-headers: every public header compiles alone, as C11 and without warnings
check-headers:
	$(Q)for h in $(HEADERS); do echo "#include \"$$h\"" | $(CC) -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -I. -xc -fsyntax-only - || exit 1; done

## demo: build, then restyle samples/clip.mp4 with the embedded model into out/demo.mp4
demo: all
	$(B)/restyle run pipelines/demo.yaml

## schema: write pipelines/SCHEMA.md and pipelines/reference.yaml anew from the option rows
schema: all
	$(B)/restyle schema --markdown >pipelines/SCHEMA.md
	$(B)/restyle schema --yaml >pipelines/reference.yaml

## bench: time the kernels, and an SD 1.5 of random weights at BENCH's size
BENCH ?= --size 512x512
bench: all $(KERN_BIN)
	$(KERN_BIN) --bench
	$(CLI_BIN) bench $(BENCH)

## clean: remove build/
clean:
	rm -rf build

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

-include $(shell find build -name '*.d' 2>/dev/null)
