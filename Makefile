# What a developer types. Everything that these targets make is in build/ or internal/e2e/testdata/js/node_modules.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOTESTSUM := gotest.tools/gotestsum@v1.13.0

# The version comes from the line above; a checkout that git will not read must not break a build.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

.PHONY: help build demo test chaos fuzz mutation lint bench clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile

# The same program as "go install" with CGO_ENABLED=0 makes, but for the version.
build: ## build/awsexec, for this machine
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o build/awsexec ./cmd/awsexec

demo: ## the two shapes of use, against a stand-in for AWS, in a home of its own
	@go run ./internal/demo

test: build/gotestsum ## all tests; installs the real parts that they run against where it can (AWSEXEC_TEST_REQUIRE=all: none may be missing)
	@internal/ci/install-test-parts.sh
	@mkdir -p build
	@build/gotestsum --format pkgname-and-test-fails --raw-command internal/ci/test-json.sh

chaos: ## hundreds of awsexec at once, killed, failed and restored under, for up to 10 minutes (SEED=N: the calls of an earlier run)
	@go run ./internal/chaos $(if $(SEED),-seed $(SEED))

FUZZTIME ?= 30s
fuzz: ## every fuzz target for a time (FUZZTIME=30s)
	@internal/ci/fuzz.sh $(FUZZTIME)

mutation: ## what the tests do not notice: small changes for the worse, one at a time
	@go run ./internal/mutate

lint: build/staticcheck ## format, vet, staticcheck and builds for all systems, go.mod and go.sum
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go' 2>/dev/null || find . -name '*.go' -not -path '*/node_modules/*')); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	@for platform in $(PLATFORMS); do \
		export CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/}; \
		echo "build $$platform"; \
		go build ./...; \
		[ $$platform != linux/arm64 ] || continue; \
		echo "vet and staticcheck $$platform"; \
		go vet ./...; \
		build/staticcheck ./...; \
	done
	go mod tidy -diff
	go mod verify

# Installed again whenever the versions above may have changed.
build/staticcheck build/gotestsum: Makefile
	@mkdir -p build
	GOBIN=$(CURDIR)/build go install $(STATICCHECK)
	GOBIN=$(CURDIR)/build go install $(GOTESTSUM)
	@touch build/staticcheck build/gotestsum

bench: ## the figures of the hot path
	@go run ./internal/bench

clean: ## remove everything that was made
	rm -rf build internal/e2e/testdata/js/node_modules
