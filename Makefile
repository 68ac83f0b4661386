# lua-oss. `make help` lists what can be made.
#
# Everything generated goes to build/: build/<flavor>/obj for what does not
# depend on Lua, build/<flavor>/<version>/oss/{core,curl}.so for each Lua.
# LuaJIT loads the modules of Lua 5.1.

LUAS     = 5.1 5.3 5.4
FLAVOR  ?= release
B        = build/$(FLAVOR)
CC       = gcc
CSTD     = -std=c99 -fPIC -fvisibility=hidden -Isrc
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
           -Wmissing-prototypes -Wconversion -Wwrite-strings $(WERROR)
WERROR   =
CFLAGS_release = -O2 -g
CFLAGS_asan = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
           -fno-sanitize-recover=undefined
CFLAGS   = $(CFLAGS_$(FLAVOR))

CORE_SRC = $(wildcard src/core/*.c src/core/*/*.c)
CRYPTO_SRC = $(wildcard src/crypto/*.c)
CURL_SRC = $(wildcard src/curl/*.c src/curl/*/*.c)
BIND_CORE = $(wildcard src/binding/core*.c)
BIND_CURL = $(wildcard src/binding/curl*.c)
HEADERS  = $(wildcard src/*/*.h src/*/*/*.h)
objects  = $(patsubst src/%.c,$(B)/obj/%.o,$(1))

.PHONY: all bench help deps demo env example-direct-upload test check layers lint format docs \
        c-test c-tests spec-lua fuzz bench-frame bench-memory clean $(addprefix lua-,$(LUAS))
.DEFAULT_GOAL = all

all: $(addprefix lua-,$(LUAS))  ## build for every Lua that is supported

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' Makefile | sed 's/:.*## */\t/' | expand -t24

# ---- building

$(B)/obj/%.o: src/%.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) $(CFLAGS) -c $< -o $@

$(B)/libcore.a: $(call objects,$(CORE_SRC))
	@rm -f $@
	ar rcs $@ $^

$(B)/libcrypto_port.a: $(call objects,$(CRYPTO_SRC))
	@rm -f $@
	ar rcs $@ $^

$(B)/libtransfer.a: $(call objects,$(CURL_SRC))
	@rm -f $@
	ar rcs $@ $^

define lua_rules
LUA_INC_$(1) = $$(shell pkg-config --cflags lua$(1))
$$(B)/$(1)/obj/%.o: src/binding/%.c $$(HEADERS)
	@mkdir -p $$(@D)
	$$(CC) $$(CSTD) $$(WARN) $$(CFLAGS) $$(LUA_INC_$(1)) -c $$< -o $$@

$$(B)/$(1)/oss/core.so: $$(patsubst src/binding/%.c,$$(B)/$(1)/obj/%.o,\
    $$(BIND_CORE)) $$(B)/libcrypto_port.a $$(B)/libcore.a
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) -shared -o $$@ $$^ -lcrypto

$$(B)/$(1)/oss/curl.so: $$(patsubst src/binding/%.c,$$(B)/$(1)/obj/%.o,\
    $$(BIND_CURL)) $$(B)/libtransfer.a $$(B)/libcore.a
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) -shared -o $$@ $$^ -lcurl -pthread

$$(B)/$(1)/spec/process.so: spec/support/process.c
	@mkdir -p $$(@D)
	$$(CC) $$(CSTD) -D_GNU_SOURCE $$(WARN) $$(CFLAGS) $$(LUA_INC_$(1)) \
	    -shared -o $$@ $$<

$$(B)/$(1)/bench/clock.so: bench/frame/clock.c
	@mkdir -p $$(@D)
	$$(CC) $$(CSTD) -D_GNU_SOURCE $$(WARN) $$(CFLAGS) $$(LUA_INC_$(1)) \
	    -shared -o $$@ $$<

lua-$(1): $$(B)/$(1)/oss/core.so $$(B)/$(1)/oss/curl.so
spec-lua: $$(B)/$(1)/spec/process.so
endef
$(foreach v,$(LUAS),$(eval $(call lua_rules,$(v))))

# ---- using

deps:  ## install what is needed to build (Debian, Ubuntu; elsewhere: names it)
	@tools/deps

demo: deps  ## upload with a callback to a local OSS, and see every step
	@$(MAKE) -s all
	@tools/demo

LUA     ?= 5.4
env:  ## shell lines that let lua5.4 (or LUA=5.1 ...) use this checkout
	@echo 'export LUA_PATH="$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;;"'
	@echo 'export LUA_CPATH="$(CURDIR)/$(B)/$(LUA)/?.so;;"'

example-direct-upload: ## a page that uploads to a local OSS, callbacks, Redis
	@tools/deps example
	@$(MAKE) -s lua-5.1 lua-5.4
	@examples/direct-upload/start

docs:  ## the manual as HTML, in build/doc
	ldoc -q -c config.ld -d build/doc .

# ---- tests

test:  ## install what is needed, build, run every test
	@tools/deps test
	@$(MAKE) -s WERROR=-Werror all spec-lua
	@$(MAKE) -s WERROR=-Werror FLAVOR=asan lua-5.1 lua-5.4 spec-lua c-tests fuzzers
	@tools/test

check:  ## the quick tests, on Lua 5.4 alone
	@$(MAKE) -s WERROR=-Werror lua-5.4
	@tools/test lua5.4.unit

layers:  ## prove that no file includes or requires what it must not know
	@lua5.4 tools/layers.lua

lint:  ## layers, luacheck, clang-format
	@tools/test check

format:  ## format the C sources
	clang-format -i $$(git ls-files -co --exclude-standard 'src/*.[ch]' \
	    'spec/*.[ch]')

C_TESTS = $(patsubst %.c,build/asan/spec/%,\
          $(notdir $(wildcard $(C_TEST_ROOMS:%=%/test_*.c)))) \
          $(patsubst spec/thread/%.c,build/tsan/spec/%,\
          $(wildcard spec/thread/test_*.c))
C_TEST_ROOMS = spec/core spec/curl spec/torture spec/thread
C_TEST_HEADERS = $(HEADERS) $(wildcard $(C_TEST_ROOMS:%=%/*.h))
vpath test_%.c $(C_TEST_ROOMS)

# The C tests use builds of their own, whose allocator fails on command.
CFLAGS_torture = $(CFLAGS_asan) $(TEST_ALLOC)
# One of them has no eventfd, as on systems that know only pipes.
CFLAGS_tsan = -O1 -g -fno-omit-frame-pointer -fsanitize=thread $(TEST_ALLOC) \
           -DLOS_NO_EVENTFD
TEST_ALLOC = -I. -DLOS_ALLOC_HEADER='"spec/core/alloc.h"'
TORTURE = $(patsubst %,build/torture/lib%.a,crypto_port transfer core)
TSAN = $(patsubst %,build/tsan/lib%.a,transfer core)

ifeq ($(filter torture tsan,$(FLAVOR)),)
$(TORTURE) $(TSAN): FORCE
	@$(MAKE) -s FLAVOR=$(word 2,$(subst /, ,$@)) WERROR=$(WERROR) $@
FORCE:
endif

build/asan/spec/%: %.c $(TORTURE) $(C_TEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CSTD) -D_GNU_SOURCE $(WARN) $(CFLAGS_torture) $< -o $@ \
	    -Wl,--start-group $(TORTURE) -Wl,--end-group -lcurl -lcrypto -pthread

build/tsan/spec/%: %.c $(TSAN) $(C_TEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CSTD) -D_GNU_SOURCE $(WARN) $(CFLAGS_tsan) $< -o $@ \
	    -Wl,--start-group $(TSAN) -Wl,--end-group -lcurl -pthread

c-tests: $(C_TESTS)

c-test: $(C_TESTS)  ## build and run the C tests with ASan and UBSan, or TSan
	prove $(C_TESTS)

FUZZ_SECONDS = 5
FUZZERS = $(patsubst spec/fuzz/fuzz_%.c,build/fuzz/%,\
          $(wildcard spec/fuzz/fuzz_*.c))

FUZZED = $(CORE_SRC) $(CRYPTO_SRC) src/curl/answer.c src/curl/http/response.c

build/fuzz/%: spec/fuzz/fuzz_%.c $(FUZZED) $(HEADERS)
	@mkdir -p $(@D)
	clang -g -O1 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined $(CSTD) $(WARN) $(FUZZ_WITH) \
	    $< $(FUZZED) $(FUZZ_LIBS) -lcrypto -o $@

LUA_FUZZERS = build/fuzz/answer build/fuzz/receiver
$(LUA_FUZZERS): FUZZ_WITH = $(LUA_INC_5.4) $(BIND_CORE)
$(LUA_FUZZERS): FUZZ_LIBS = $(shell pkg-config --libs lua5.4)
$(LUA_FUZZERS): $(BIND_CORE) spec/fuzz/lua_target.h

fuzzers: $(FUZZERS)

fuzz: $(FUZZERS)  ## fuzz what reads strangers' bytes, FUZZ_SECONDS=5 for each target
	@for f in $(notdir $(FUZZERS)); do \
	    mkdir -p build/fuzz/found/$$f; \
	    build/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
	        -rss_limit_mb=1024 -print_final_stats=1 \
	        -artifact_prefix=build/fuzz/$$f- build/fuzz/found/$$f \
	        spec/fuzz/corpus/$$f >build/fuzz/$$f.log 2>&1 \
	        || { tail -n 40 build/fuzz/$$f.log; exit 1; }; \
	    echo "$$f: $$(grep -o 'executed_units.*' build/fuzz/$$f.log)"; done

# ---- measuring

$(B)/bench/frame_sink: bench/frame/sink.c $(B)/libcore.a
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) $(CFLAGS) $^ -o $@ -lssl -lcrypto

$(B)/bench/slow_names.so: bench/frame/names.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) $(CFLAGS) -shared $< -o $@

FRAME = $(patsubst %,$(B)/%,bench/frame_sink bench/slow_names.so \
        5.1/bench/clock.so 5.4/bench/clock.so)

bench-frame: lua-5.1 lua-5.4 $(FRAME)  ## measure what uploads cost a frame; SIZE=1G
	@bench/frame/run

bench-memory: lua-5.1 lua-5.4 build/bench/sink  ## measure the peak of a reader's upload
	@bench/memory/run

BENCH = $(patsubst bench/%.c,build/bench/%,$(wildcard bench/*.c))

build/bench/%: bench/%.c bench/measure.h $(B)/libcore.a $(B)/libcrypto_port.a
	@mkdir -p $(@D)
	$(CC) $(CSTD) -D_GNU_SOURCE $(WARN) $(CFLAGS) $< -o $@ -lcurl \
	    -Wl,--start-group $(B)/libcrypto_port.a $(B)/libcore.a \
	    -Wl,--end-group -lcrypto

bench: lua-5.1 lua-5.4 $(BENCH)  ## measure; ONLY=small, ROUNDS=5, SIZE=256 (MiB)
	@lua5.4 bench/run.lua $(ONLY)

clean:  ## remove everything that was generated
	rm -rf build
