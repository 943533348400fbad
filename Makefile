# Remora. `make` or `make help` lists what there is; lines with two hashes are the help.

SHELL := /bin/bash
.DEFAULT_GOAL := help
export GOTOOLCHAIN := local

GO       ?= go
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -X main.version=$(VERSION)
# A number of runs, since a time that ends in mid-run makes the fuzzer of Go 1.26 fail at times.
FUZZTIME ?= 5000x

# The benchmarks of make bench, in the order of docs/performance.md; each is a target bench-NAME and leaves
# its figures in bin/bench/NAME.json.
BENCHES := socket propagation scale health micro

.PHONY: help servers nginx systemd simulate run build test check race fuzz bench $(BENCHES:%=bench-%) bench-report bench-servers faults soak model clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build, and start the agent in development mode
	@exec bin/remora agent -dev

build: ## build bin/remora
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/remora ./cmd/remora

test: ## set up and run every test: real servers, race detector, short fuzz runs
	@$(MAKE) --no-print-directory servers & servers=$$!; \
	$(GO) build -race ./... && $(MAKE) --no-print-directory fuzz && wait $$servers && \
	$(GO) test -race -timeout 20m ./...

# The real servers that tests run. A test that comes first builds its server itself, under the same
# lock; where there is no flock(1), that is how all of them are built.
servers: bin/tools/etcd bin/tools/consul nginx systemd

bin/tools/etcd: tools/etcd/go.mod tools/etcd/go.sum
	@mkdir -p bin/tools
	@if command -v flock >/dev/null; then flock $@.lock sh -c \
		'$(GO) build -C tools/etcd -o ../../$@.new go.etcd.io/etcd/server/v3 && mv $@.new $@'; fi

# nginx is what ketama is compared with, as Debian packages it.
nginx:
	@PATH="$$PATH:/usr/sbin"; command -v nginx >/dev/null || { \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends nginx-light; } >/dev/null

# systemd judges the units of deploy; it need not run.
systemd: nginx
	@[ "$$(uname)" != Linux ] || command -v systemd-analyze >/dev/null || { \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends systemd; } >/dev/null

bin/tools/consul: tools/consul/go.mod tools/consul/go.sum
	@mkdir -p bin/tools
	@if command -v flock >/dev/null; then flock $@.lock sh -c \
		'$(GO) build -C tools/consul -o ../../$@.new github.com/hashicorp/consul && mv $@.new $@'; fi

check: ## what a reviewer would say: format, vet, staticcheck, go fix, tidy, directions
	@$(GO) build -C tools/check -o ../../bin/tools/ mvdan.cc/gofumpt honnef.co/go/tools/cmd/staticcheck
	@test -z "$$(bin/tools/gofumpt -l . | tee /dev/stderr)"
	$(GO) vet ./...
	bin/tools/staticcheck ./...
	@test -z "$$($(GO) fix -diff ./... | tee /dev/stderr)"
	$(GO) mod tidy -diff
	$(GO) test ./internal/arrows
	GOOS=darwin $(GO) build ./...
	GOARCH=arm64 $(GO) build ./...

race: ## run the tests with the race detector, five times over
	$(GO) test -race -count 5 -timeout 60m ./...

fuzz: ## run every fuzz target for FUZZTIME (5000x, or a time such as 10m)
	@set -e; for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$package; \
		done; \
	done

bench: ## run all benchmarks, in less than 15 minutes, and write docs/performance.md
	@rm -rf bin/bench; failed=; for b in $(BENCHES); do \
		$(MAKE) --no-print-directory bench-$$b || failed="$$failed $$b"; \
	done; \
	$(MAKE) --no-print-directory bench-report && echo "took $$((SECONDS / 60)) minutes" && \
	if [ -n "$$failed" ]; then echo "failed:$$failed; docs/performance.md names what is missing" >&2; exit 1; fi

bench-report: ## write docs/performance.md from the figures that the benchmarks left
	$(GO) run ./bench/report $(BENCHES)

bench-socket: build bench-servers ## compare the socket with an echo server, net/http, nginx and Consul
	$(GO) run ./bench/socket -agent bin/remora -json bin/bench/socket.json

bench-propagation: build bench-servers ## compare how fast a change is seen with a bare client and consul-template
	$(GO) run ./bench/propagation -agent bin/remora -json bin/bench/propagation.json

bench-scale: build bench-servers ## measure what a catalog costs by its size; FULL=1 adds a million backends
	$(GO) run ./bench/scale -agent bin/remora -json bin/bench/scale.json $(if $(FULL),-full)

bench-health: build ## measure what probing ten thousand targets costs
	$(GO) run ./bench/health -agent bin/remora -json bin/bench/health.json

bench-micro: ## run the Go benchmarks of selecting, changing and memory
	$(GO) run ./bench/micro -json bin/bench/micro.json

# A server that can't be set up is left out by the benchmarks, by name.
bench-servers:
	@$(MAKE) --no-print-directory -k servers bin/tools/consul-template || true

# Only benchmarks want it.
bin/tools/consul-template: tools/consul-template/go.mod tools/consul-template/go.sum
	@mkdir -p bin/tools
	$(GO) build -C tools/consul-template -o ../../$@ github.com/hashicorp/consul-template

# Rows that only wait run beside each other; ROWS=31 plays one of them, ROWS='1|31' more.
ROWS ?=
faults: servers ## play the table of faults at full length, print it and write it into docs/reliability.md
	REMORA_FAULTS=long REMORA_FAULTS_DOC=$(CURDIR)/docs/reliability.md \
		$(GO) test -run '^TestFaults$$/^row$$/$(if $(ROWS),^0*($(ROWS))_)' -v -count 1 -parallel 6 -timeout 60m ./agent

# How long to soak.
DURATION ?= 15m
soak: servers ## have faults at random under load for DURATION (15m), and print what was lost and what drifts
	REMORA_FAULTS=long REMORA_SOAK=$(DURATION) $(GO) test -run '^TestSoak$$' -v -count 1 -timeout 24h ./agent

model: bin/tools/etcd ## play some 10,000 random steps against the model of the contract, with the race detector
	REMORA_FAULTS=long $(GO) test -race -run 'TestModel$$' -v -count 1 -timeout 30m ./agent

simulate: ## compare the strategies in a simulation and write docs/simulation.*
	$(GO) run ./bench/simulate -docs docs

clean: ## remove what was built
	rm -rf bin
