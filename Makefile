# Makefile - builds the C core for one Lua at a time and runs the checks.
#
#   make [LUA=lua5.4]       build/<lua>/kling/core.so, for lua5.1 to lua5.4 and luajit
#   eval "$(make -s env)"   let that Lua find the tree; then: lua5.4 program.lua
#   make demo test          install what is missing, build, run
#
# Every variable can be set: make CC=clang CFLAGS=-O0 LUA=luajit

LUA ?= lua5.4
LUAS ?= lua5.1 lua5.2 lua5.3 lua5.4 luajit
PKG_CONFIG ?= pkg-config

LUA_PC ?= $(LUA)
LUA_CFLAGS ?= $(shell $(PKG_CONFIG) --cflags $(LUA_PC))
CURL_CFLAGS ?= $(shell $(PKG_CONFIG) --cflags libcurl)
CURL_LIBS ?= $(shell $(PKG_CONFIG) --libs libcurl)

CFLAGS ?= -O2 -g
WARNINGS ?= -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
  -Wmissing-prototypes -Wconversion -Wno-sign-conversion
# No liblua: the symbols are the interpreter's, and a second copy breaks it.
ifeq ($(shell uname -s),Darwin)
SHARED ?= -bundle -undefined dynamic_lookup
else
SHARED ?= -shared
endif
LIBS ?= -lm

ifeq ($(WERROR),1)
WARNINGS += -Werror
endif
ifeq ($(POLLER),none)
SUFFIX := $(SUFFIX)-none
DEFINES += -DKLING_POLLER_NONE -U__SSE2__ # and what is for other processors
endif
ifeq ($(SANITIZE),1)
SUFFIX := $(SUFFIX)-sanitize
SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
  -fno-omit-frame-pointer
endif

BUILD ?= build/$(LUA)$(SUFFIX)
CORE = $(BUILD)/kling/core.so
OBJECTS = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/*.c))

ALL_CFLAGS = -std=c99 -fPIC -fvisibility=hidden -MMD -MP $(WARNINGS) $(CFLAGS) $(SANITIZERS) \
  $(DEFINES) $(LUA_CFLAGS) $(CURL_CFLAGS)

all: $(CORE)

$(CORE): $(OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(SHARED) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) -o $@ $(OBJECTS) \
	  $(CURL_LIBS) $(LIBS)

$(BUILD)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# When to look at a task, simulated; some minutes. SEED: the constants in src/cadence.c were chosen
# with 0, so that any other judges them.
CADENCE = build/bench/cadence
SEED ?= 1
bench-cadence: $(CADENCE)/cadence
	@sh .ci/install bench
	@mkdir -p bench/results
	$(CADENCE)/cadence $(CADENCE) $(SEED) >$(CADENCE)/cadence.txt; missed=$$?; \
	  cp $(CADENCE)/cadence.txt bench/results/cadence.txt && \
	  gnuplot -e "data='$(CADENCE)'" bench/cadence/plot.gp && exit $$missed

$(CADENCE)/cadence: $(wildcard bench/cadence/*.[ch] src/cadence*.[ch] src/heap.[ch])
	@mkdir -p $(@D)
	$(CC) -std=c99 $(WARNINGS) $(CFLAGS) -o $@ $(filter %.c,$^) -lm

# The core's parts that know no Lua, for specs; not installed.
PARTS = $(BUILD)/kling_parts.so
PARTS_OBJECTS = $(patsubst spec/support/%.c,$(BUILD)/spec/%.o, \
  $(wildcard spec/support/*.c))
parts: $(PARTS) torture-tools

$(PARTS): $(PARTS_OBJECTS) $(OBJECTS)
	$(CC) $(SHARED) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) -o $@ $^ \
	  $(CURL_LIBS) $(LIBS)

# What the torture bench preloads into the programs it ill-treats.
TOOLS = $(patsubst bench/torture/%.c,build/torture/%.so,$(wildcard bench/torture/*.c))
torture-tools: $(TOOLS)

build/torture/%.so: bench/torture/%.c
	@mkdir -p $(@D)
	$(CC) -std=c99 -fPIC $(WARNINGS) $(CFLAGS) -shared -o $@ $< -ldl

$(BUILD)/spec/%.o: spec/support/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

all-luas:
	for lua in $(LUAS); do $(MAKE) LUA=$$lua || exit 1; done

# Versioned variables (LUA_PATH_5_4) win over LUA_PATH, hence the unset. Debian
# installs lua-http and what it needs for 5.1 only, in part for 5.2 and 5.3;
# they are plain Lua and run everywhere.
DEBIAN_51 = /usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua
FALLBACK = $(if $(filter lua5.3 lua5.4,$(LUA)),$(DEBIAN_51))
env:
	@echo "unset LUA_PATH_5_2 LUA_PATH_5_3 LUA_PATH_5_4"
	@echo "unset LUA_CPATH_5_2 LUA_CPATH_5_3 LUA_CPATH_5_4"
	@echo "export LUA_PATH='$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;;$(FALLBACK)'"
	@echo "export LUA_CPATH='$(CURDIR)/$(BUILD)/?.so;;'"

# Every Lua unless one is named, and once without a descriptor to poll.
RUNS ?= $(if $(filter file,$(origin LUA)),$(LUAS:=$(SUFFIX)) \
  $(if $(SUFFIX),,lua5.4-none),$(LUA)$(SUFFIX))
test:
	@sh .ci/install build run test torture
	@MAKE="$(MAKE)" SPEC="$(SPEC)" sh .ci/test $(RUNS)

# The contract inside nginx, Neovim and LÖVE, and the whole programs of examples/.
test-hosts:
	@sh .ci/install build run test hosts
	@MAKE="$(MAKE)" sh .ci/hosts

# The table of bench/results/torture.txt: half an hour, and shorter with smaller figures.
SEEDS ?= 1000
FIRST ?= 1
TASKS ?= 200
TIMES ?= 200
torture:
	@sh .ci/install build run test torture
	@MAKE="$(MAKE)" SEEDS=$(SEEDS) FIRST=$(FIRST) TASKS=$(TASKS) TIMES=$(TIMES) \
	  sh .ci/torture $(LUAS)

demo:
	@sh .ci/install build run
	@$(MAKE) -s all
	@eval "$$($(MAKE) -s env)"; $(LUA) examples/demo.lua out

# Figures, a few minutes of them; `bench-full` takes the time that good ones need. Not for CI.
# PEERS is a tree of LuaRocks with the clients to compare with that Debian has not.
PEERS ?= build/peers
BENCH_TOOLS = $(addprefix build/bench/,baseline bare measure allocations.so bench_heap.so)
BENCH_ENV = eval "$$($(MAKE) -s env LUA=lua5.4)"; export PEERS="$(PEERS)" \
  LUA_PATH="./?.lua;$(PEERS)/share/lua/5.4/?.lua;$$LUA_PATH" \
  LUA_CPATH="build/bench/?.so;$(PEERS)/lib/lua/5.4/?.so;$$LUA_CPATH" COMETAPI_KEY=key \
  BENCH_USER_AGENT="kling-lua/$$(lua5.4 -e 'print(require"kling".version)')"
bench bench-full:
	@sh .ci/install build run test hosts bench
	@sh .ci/peers "$(PEERS)"
	@$(MAKE) -s LUA=lua5.4 all $(BENCH_TOOLS) torture-tools
	@mkdir -p bench/results
	@$(BENCH_ENV); lua5.4 bench/http/run.lua $(if $(filter %-full,$@),full,quick)
	@gnuplot bench/http/plot.gp
	@$(BENCH_ENV); lua5.4 bench/http/ending.lua | tee bench/results/ending.txt
	@$(MAKE) -s bench-tasks COUNTS="$(if $(filter %-full,$@),,10 100 1000)"
	$(if $(filter %-full,$@),@$(MAKE) -s bench-list)
	@$(BENCH_ENV); lua5.4 bench/frames/run.lua | tee bench/results/frames.txt
	@$(BENCH_ENV); lua5.4 bench/downloads/run.lua $(if $(filter %-full,$@),full,quick)

# Puts the tables of the last run into the README.
bench-readme:
	@lua5.4 bench/readme.lua

bench-tasks:
	@sh .ci/install build run test hosts bench
	@$(MAKE) -s LUA=lua5.4 all build/bench/bench_heap.so
	@mkdir -p bench/results
	@$(BENCH_ENV); lua5.4 bench/tasks.lua $(COUNTS) | tee bench/results/tasks.txt
	@gnuplot -e "data='build/bench/tasks.dat'" bench/tasks.gp

# Ten minutes: ten thousand tasks, and fewer, are followed to their ends three times.
bench-list:
	@sh .ci/install build run test hosts bench
	@$(MAKE) -s LUA=lua5.4 all
	@mkdir -p bench/results
	@$(BENCH_ENV); lua5.4 bench/list.lua | tee bench/results/list.txt

build/bench/baseline: bench/http/baseline.c src/scan_plain.h
build/bench/bare: bench/frames/bare.c
build/bench/measure: bench/measure.c
build/bench/allocations.so: bench/allocations.c
build/bench/bench_heap.so: bench/heap.c
KEPT = -shared -fPIC -Wl,-z,nodelete # Lua frees its last memory after it has unloaded its modules
$(BENCH_TOOLS):
	@mkdir -p $(@D)
	$(CC) -std=gnu99 -O2 $(WARNINGS) $(CURL_CFLAGS) $(LUA_CFLAGS) \
	  $(if $(filter %.so,$@),$(KEPT)) -o $@ $< $(CURL_LIBS)

VALGRIND ?= valgrind --quiet --keep-debuginfo=yes --leak-check=full \
  --errors-for-leak-kinds=definite --error-exitcode=99 --num-callers=50 \
  --suppressions=spec/valgrind.supp
# Valgrind is 30 times slower: not the specs of loops and programs, nor those of short time-outs,
# which pass only on a quiet machine then (SPEC=spec/engine_spec.lua runs one of them).
VALGRIND_SPECS = $(filter-out $(addprefix spec/,examples_spec.lua engine% http%),\
  $(wildcard spec/*_spec.lua))
valgrind:
	@MAKE="$(MAKE)" SPEC="$(or $(SPEC),$(VALGRIND_SPECS))" WRAP="$(VALGRIND)" TIME_LIMIT=1800 sh .ci/test \
	  $(if $(filter file,$(origin LUA)),lua5.4 lua5.1,$(LUA))

# A parser is src/NAME*.c and its target fuzz/NAME_fuzz.c; clang's libFuzzer.
FUZZ_SECONDS ?= 60
FUZZERS = $(patsubst fuzz/%_fuzz.c,build/fuzz/%,$(wildcard fuzz/*_fuzz.c))
FUZZ_SOURCES = $(wildcard src/$**.c)
build/fuzz/api: FUZZ_SOURCES += $(wildcard src/scan*.c) src/service_code.c
build/fuzz/json: FUZZ_SOURCES += $(wildcard src/scan*.c)
build/fuzz/json: FUZZ_LIBS = $(shell $(PKG_CONFIG) --libs $(LUA_PC)) -lm
fuzz: $(FUZZERS)
	@mkdir -p build/fuzz/seeds
	$(LUA) fuzz/seeds.lua build/fuzz/seeds
	for target in $(FUZZERS); do \
	  mkdir -p $$target.corpus && \
	  $$target -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/ $$target.corpus build/fuzz/seeds || \
	    exit 1; \
	done

build/fuzz/%: fuzz/%_fuzz.c $(wildcard src/*.[ch])
	@mkdir -p $(@D)
	clang -std=c99 -g -O1 -fsanitize=fuzzer,address,undefined \
	  -fno-sanitize-recover=undefined $(LUA_CFLAGS) -o $@ $< $(FUZZ_SOURCES) \
	  $(FUZZ_LIBS)

C_FILES = $(wildcard src/*.c fuzz/*.c spec/support/*.c bench/*.c bench/*/*.c)
C_ALL = $(C_FILES) $(wildcard src/*.h fuzz/*.h spec/support/*.h bench/*/*.h)
LUA_FILES = $(wildcard .luacheckrc .busted .ci/*.lua lua spec bench \
  examples bin/kling)
lint: lint-format lint-tidy lint-cppcheck lint-luacheck lint-kqueue

lint-format:
	clang-format --dry-run -Werror $(C_ALL)

lint-tidy:
	printf '%s\n' $(C_FILES) | xargs -P 2 -I FILE clang-tidy --quiet FILE -- \
	  -std=c99 -Isrc $(LUA_CFLAGS) $(CURL_CFLAGS)

lint-cppcheck:
	cppcheck --quiet --std=c99 --error-exitcode=1 --inline-suppr -Isrc \
	  --enable=warning,style,performance,portability --suppress=variableScope \
	  $(C_FILES)

lint-luacheck:
	luacheck --quiet $(LUA_FILES)

# No kqueue here; compiled against its names at least.
lint-kqueue:
	$(CC) -std=c99 $(WARNINGS) -Werror -fsyntax-only -D_DEFAULT_SOURCE \
	  -DKLING_POLLER_KQUEUE -I.ci/kqueue src/poller_kqueue.c

format:
	clang-format -i $(C_ALL)

check: all
	LUA_CFLAGS="$(LUA_CFLAGS)" CC="$(CC)" $(LUA) .ci/check.lua $(BUILD)

PREFIX ?= /usr/local
LUA_VERSION ?= $(shell $(LUA) -e "print(_VERSION:match('%d+%.%d+'))")
LIB = $(DESTDIR)$(PREFIX)/lib/lua/$(LUA_VERSION)
SHARE = $(DESTDIR)$(PREFIX)/share/lua/$(LUA_VERSION)
BIN = $(DESTDIR)$(PREFIX)/bin
install: all
	install -d "$(LIB)/kling" "$(BIN)"
	install -m 644 $(CORE) "$(LIB)/kling/core.so"
	cd lua && find kling -type f | while read -r file; do \
	  install -d "$(SHARE)/$$(dirname "$$file")" && \
	  install -m 644 "$$file" "$(SHARE)/$$file" || exit 1; \
	done
	install -m 644 examples/clip.mp4 "$(SHARE)/kling/emulator"
	sed '1s|.*|#!/usr/bin/env $(LUA)|' bin/kling >"$(BIN)/kling"
	chmod 755 "$(BIN)/kling"

uninstall:
	rm -rf "$(LIB)/kling" "$(SHARE)/kling"
	rm -f "$(BIN)/kling"

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(PARTS_OBJECTS:.o=.d)

.PHONY: bench bench-full bench-readme bench-tasks bench-list \
  bench-cadence test-hosts all all-luas parts torture torture-tools env test demo valgrind fuzz lint lint-format \
  lint-tidy lint-cppcheck lint-luacheck lint-kqueue format check install uninstall clean
