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

VARIANT = $(LUA)
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif
ifeq ($(POLLER),none)
VARIANT := $(VARIANT)-none
DEFINES += -DKLING_POLLER_NONE
endif
ifeq ($(SANITIZE),1)
VARIANT := $(VARIANT)-sanitize
SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
  -fno-omit-frame-pointer
endif

BUILD ?= build/$(VARIANT)
CORE = $(BUILD)/kling/core.so
OBJECTS = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/*.c))

ALL_CFLAGS = -std=c99 -fPIC -MMD -MP $(WARNINGS) $(CFLAGS) $(SANITIZERS) \
  $(DEFINES) $(LUA_CFLAGS) $(CURL_CFLAGS)

all: $(CORE)

$(CORE): $(OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(SHARED) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) -o $@ $(OBJECTS) \
	  $(CURL_LIBS) $(LIBS)

$(BUILD)/obj/%.o: src/%.c
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

clean:
	rm -rf build

-include $(OBJECTS:.o=.d)

.PHONY: all all-luas env clean
