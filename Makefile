# What a developer types. Everything that these targets make is in build/ or internal/e2e/testdata/js/node_modules.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# The version comes from the line above; a checkout that git will not read must not break a build.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

.PHONY: help build demo test lint bench clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile

# AWS and serve speak HTTP/1.1 well enough: without HTTP/2 the program is smaller by half a MiB. On Linux it starts by having its memory mapped at
# once (internal/populate), and what a warm call needs is initialised first. All of that is for size and speed only.
ENTRY = $(if $(filter linux/amd64 linux/arm64,$(shell go env GOOS)/$(shell go env GOARCH)),-E=_rt0_awsexec)
build: ## build/awsexec, for this machine
	CGO_ENABLED=0 go build -trimpath -tags nethttpomithttp2 -ldflags '-s -w $(ENTRY) -X main.version=$(VERSION)' -o build/awsexec ./cmd/awsexec
	$(if $(ENTRY),GOOS= GOARCH= go run ./internal/initorder build/awsexec ./internal/populate ./internal/warm)

demo: ## the two shapes of use, against a stand-in for AWS, in a home of its own
	@go run ./internal/demo

# The programs that internal/e2e runs are built without the race detector, as users have them: in its tests themselves it finds nothing and takes
# long. Most of the time they wait, and all other tests run beside them.
test: ## all tests; installs the real parts that they run against where it can (AWSEXEC_TEST_REQUIRE=all: none may be missing)
	@internal/ci/install-test-parts.sh
	@mkdir -p build
	@{ code=0; \
	go test -race -timeout 15m -json $$(go list ./... | grep -v '/internal/e2e$$') >build/test.json & others=$$!; \
	go test -timeout 15m -json ./internal/e2e || code=$$?; \
	wait $$others || code=$$?; \
	cat build/test.json; \
	exit $$code; } | go run ./internal/ci/testsummary

# Nothing but internal/populate depends on the architecture.
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

# Made again whenever the version above may have changed.
build/staticcheck: Makefile
	@mkdir -p build
	GOBIN=$(CURDIR)/build go install $(STATICCHECK)
	@touch $@

bench: ## the figures of the hot path
	@go run ./internal/bench

clean: ## remove everything that was made
	rm -rf build internal/e2e/testdata/js/node_modules
