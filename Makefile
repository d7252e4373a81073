# Conclave's build.
#
#   make run       build what changed, start on http://localhost:8080
#   make test      everything that must pass (about fifteen minutes on two cores)
#   make check     the fast part of it: format, vet, staticcheck, types, imports
#   make bench     what a packet costs, beside LiveKit and Janus, into docs/performance.md
#                  (25 minutes; make bench-quick shows in two that it works)
#
# Needs Go, node >= 20 and make. Everything else is fetched: npm packages into
# www/node_modules, Go tools into .bin, browsers (tests only) by `make browsers`.

GO   ?= go
NODE ?= node
NPM  ?= npm

LISTEN ?= localhost:8080
DATA   ?= ./data

# Go 1.26 needs staticcheck 2026.1 or later.
STATICCHECK_VERSION := v0.8.2
STATICCHECK := .bin/staticcheck-$(STATICCHECK_VERSION)

# In CI every test prints its line; at the desk only packages do.
GOTEST_FLAGS ?= $(if $(CI),-v)
# The race detector needs a C compiler; `make browsers` installs one where it may,
# so look for it late.
RACE = $(if $(shell command -v cc),-race)

# What each product is made of. Folders count too: their time changes when a
# file in them goes away.
find_in = $(shell find $(1) $(2) 2>/dev/null)
NOT_TESTS := ! -name '*_test.go' ! -path '*/testdata*'
SHARED_SRC := go.mod go.sum $(call find_in,shared,$(NOT_TESTS))
WASM_SRC   := $(SHARED_SRC) $(call find_in,wasm,$(NOT_TESTS))
RELAY_SRC  := $(SHARED_SRC) $(call find_in,relay,$(NOT_TESTS)) $(wildcard www/*.go)
SITE_SRC   := $(call find_in,www/src www/public) $(wildcard www/*.mjs www/*.json www/*.html)

# The TypeScript side of the page core's interface is printed by a Go program.
TSGEN  := wasm/conf/tsgen
API_TS := www/src/core/api.gen.ts

# The same sources make the same bytes, whatever the commit is called: browsers
# keep a core that did not change, and so does the cache of compressed files.
# (The relay is stamped: `conclave version` tells the commit.)
JS         := GOOS=js GOARCH=wasm
WASM_BUILD := $(JS) $(GO) build -trimpath -buildvcs=false -ldflags="-s -w"
GO_DIRS    := $(wildcard shared relay wasm e2e www/*.go)
# Packages of the two sides; asked only when a recipe needs them.
js_packages   = $(shell $(JS) $(GO) list ./shared/... ./wasm/... 2>/dev/null)
js_tested     = $(shell $(JS) $(GO) list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./shared/... ./wasm/... 2>/dev/null)
unit_packages = $(shell $(GO) list ./... | grep -v -e /e2e/browser -e /e2e/budget -e '/e2e/wan$$')

# The load generator is a module of its own: what only it needs stays out of the
# product's go.mod.
BENCH     := e2e/bench
BENCH_SRC := $(call find_in,$(BENCH),$(NOT_TESTS))
LIVEKIT   := $(CURDIR)/.bin/livekit-server-v1.13.5

.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: run build site test check tsc unit site-test wasm-test e2e sealed-matrix wan soak bench bench-quick bench-peers browsers fmt clean need

run: build
	exec build/conclave serve --listen $(LISTEN) --data $(DATA)

build: build/conclave

site: www/dist/index.html

test: browsers check unit wasm-test e2e

# --- products ---------------------------------------------------------------

need:
	@GO=$(GO) NODE=$(NODE) sh e2e/tools/need.sh

# Without inlining the core is a tenth smaller (brotli), and people wait for it;
# but a name is scored while it is being typed. The sealer's work on frames and
# handshakes is counted in microseconds: what that is made of keeps inlining
# (15 kB more than for frames alone; joining a room of fifty takes half as long).
# wasm/dense takes another tenth off both, by how the linker writes data.
SEALER_HOT   := ./wasm/sealer ./shared/e2ee/... golang.org/x/crypto/... filippo.io/edwards25519/field \
	crypto/... encoding/binary internal/byteorder math/bits
SEALER_FLAGS := -gcflags=all=-l $(SEALER_HOT:%=-gcflags=%=)

build/core.wasm: $(WASM_SRC) | need
	$(WASM_BUILD) -gcflags=all=-l -gcflags=./shared/roomname/...= -o $@ ./wasm/page
	$(GO) run ./wasm/dense $@

build/sealer.wasm: $(WASM_SRC) | need
	$(WASM_BUILD) $(SEALER_FLAGS) -o $@ ./wasm/sealer
	$(GO) run ./wasm/dense $@

# Copied only when it says something new, so that an editor and tsc see no
# change where there is none.
build/api.gen.ts: $(WASM_SRC) | need
	@mkdir -p build
	$(GO) run ./$(TSGEN) > $@
	cmp -s $@ $(API_TS) || { mkdir -p $(dir $(API_TS)) && cp $@ $(API_TS); }

www/node_modules/.package-lock.json: www/package.json www/package-lock.json | need
	cd www && $(NPM) ci
	touch $@

# build.mjs bundles, hashes, copies the wasm and writes .br and .gz into www/dist.
www/dist/index.html: $(filter-out $(API_TS),$(SITE_SRC)) build/core.wasm build/sealer.wasm build/api.gen.ts www/node_modules/.package-lock.json
	cd www && $(NODE) build.mjs
	touch $@

build/conclave: $(RELAY_SRC) www/dist/index.html
	CGO_ENABLED=0 $(GO) build -trimpath -o $@ ./relay

# --- proofs -----------------------------------------------------------------

check: $(STATICCHECK) | need
	@bad=$$(gofmt -l $(GO_DIRS)); test -z "$$bad" || { echo "not gofmt'd (make fmt): $$bad"; exit 1; }
	$(GO) vet ./...
	$(if $(js_packages),$(JS) $(GO) vet $(js_packages))
	$(STATICCHECK) ./...
	$(if $(js_packages),$(JS) $(STATICCHECK) $(js_packages))
	cd $(BENCH) && $(GO) vet ./... && $(CURDIR)/$(STATICCHECK) ./...
	$(GO) test $(GOTEST_FLAGS) ./e2e/imports
	$(if $(wildcard www/tsconfig.json),$(MAKE) --no-print-directory tsc)

tsc: build/api.gen.ts www/node_modules/.package-lock.json
	cd www && $(NPM) run --silent check

unit: | need
	@test -n "$(RACE)" || echo "no C compiler found: testing without the race detector (install gcc)"
	$(GO) test $(RACE) -timeout 10m $(GOTEST_FLAGS) $(unit_packages)
	cd $(BENCH) && $(GO) test $(RACE) -timeout 5m $(GOTEST_FLAGS) ./...
	$(if $(wildcard www/test/run.mjs),$(MAKE) --no-print-directory site-test)

site-test: build/api.gen.ts www/node_modules/.package-lock.json
	cd www && $(NPM) run --silent test

wasm-test: | need
	$(if $(js_tested),$(JS) $(GO) test -timeout 10m $(GOTEST_FLAGS) -exec="$(CURDIR)/e2e/tools/wasmexec" $(js_tested))

# One package after the other: two browsers at a time are enough for two cores.
e2e: www/dist/index.html
	$(GO) test -count=1 -p 1 -timeout 10m -v ./e2e/budget ./e2e/browser/...

# Encrypted meetings of every pair of browsers in every codec, and what the relay
# forwards of Firefox: five minutes; e2e has the first part of it.
sealed-matrix: www/dist/index.html browsers
	CONCLAVE_MATRIX=1 $(GO) test -count=1 -timeout 20m -v -run 'OfFirefox|EveryPair' ./e2e/browser/sealed

# Chromium behind bad networks, which are made here: about six minutes. It
# measures, so nothing else should run meanwhile.
wan: www/dist/index.html
	$(GO) test -count=1 -timeout 15m -v ./e2e/wan

# A large meeting of bots and browsers for minutes. Nothing else should run meanwhile:
# pictures that freeze because the machine is busy count too. make soak SOAK=30s is a trial.
SOAK ?= 5m
soak: build/conclave browsers
	CONCLAVE_SOAK=$(SOAK) $(GO) test -count=1 -timeout 30m -v ./e2e/soak

build/bench: $(RELAY_SRC) $(BENCH_SRC) | need
	cd $(BENCH) && $(GO) build -trimpath -o $(CURDIR)/$@ .

bench-peers: | need
	@GO=$(GO) sh $(BENCH)/peers.sh $(LIVEKIT)

# Benchmarks of units first, then what a join in an encrypted room costs in
# WebAssembly, then what sealing costs in browsers and what these negotiate (without
# browsers: nothing is said of them), then the servers side by side. Limits that are missed are an
# error, after everything was written.
bench: build/conclave build/bench bench-peers browsers
	$(GO) test -run '^$$' -bench . -benchmem $(unit_packages) > build/bench-units.txt || { cat build/bench-units.txt; exit 1; }
	@cat build/bench-units.txt
	$(JS) $(GO) test -run '^$$' -bench Join $(SEALER_FLAGS) -exec="$(CURDIR)/e2e/tools/wasmexec" ./shared/e2ee/sim > build/bench-join.txt
	@cat build/bench-join.txt
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 10m ./e2e/browser/sealing > build/bench-sealing.out || \
		grep -q 'sealing: missed' build/bench-sealing.out || echo 'sealing: missed: the benchmark of sealing failed' >> build/bench-sealing.out
	$(JS) $(GO) test -run '^$$' -bench SealAndOpen -benchtime 20000x $(SEALER_FLAGS) -exec="$(CURDIR)/e2e/tools/wasmexec" ./wasm/sealer > build/bench-sealer.txt
	@{ sed -n 's/.*sealing: //p' build/bench-sealing.out; grep -h '^Benchmark' build/bench-sealer.txt build/bench-join.txt; } | tee build/bench-sealing.txt
	-$(GO) test -count=1 -v -run TestBrowsersNegotiateAESGCM ./e2e/browser/meeting > build/bench-browsers.out
	@sed -n 's/.*srtp: //p' build/bench-browsers.out | tee build/bench-browsers.txt
	build/bench run -conclave build/conclave -livekit $(LIVEKIT) -floor build/bench-units.txt \
		-sealing build/bench-sealing.txt -browsers build/bench-browsers.txt -doc docs/performance.md -plot docs/growth.png

bench-quick: build/conclave build/bench bench-peers
	build/bench run -quick -conclave build/conclave -livekit $(LIVEKIT)

# --- tools ------------------------------------------------------------------

$(STATICCHECK): | need
	GOBIN=$(CURDIR)/.bin $(GO) install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)
	mv .bin/staticcheck $@

browsers:
	@sh e2e/tools/browsers.sh

fmt:
	gofmt -w $(GO_DIRS)

# Leaves .bin (tools) and the data folder alone.
clean:
	rm -rf build www/node_modules
	find www/dist -mindepth 1 ! -name .keep -delete
