# Targets for developers. They write only to build/, dist/ and internal/e2e/testdata/js/node_modules,
# but for install, reference and demo-record.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOTESTSUM := gotest.tools/gotestsum@v1.13.0
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GORELEASER := github.com/goreleaser/goreleaser/v2@v2.15.1
CYCLONEDX := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

# VERSION holds the version, so that builds also work in a checkout that git refuses to read.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

.PHONY: help build install uninstall man reference docs demo demo-record test chaos fuzz mutation lint vulnerabilities packages bench clean
.DEFAULT_GOAL := help

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

# This is the program that "go install" makes with CGO_ENABLED=0, except for the version.
build: ## build build/awsexec for this machine
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o build/awsexec ./cmd/awsexec

# An empty PREFIX is no root directory. DESTDIR is the root of a package that is being made.
INSTALL_TO = $(DESTDIR)$(or $(PREFIX),$(HOME)/.local)
install: build man ## install awsexec and its manual pages below PREFIX (default ~/.local)
	@install -d $(INSTALL_TO)/bin $(INSTALL_TO)/share/man/man1 $(INSTALL_TO)/share/man/man5
	@install -m 755 build/awsexec $(INSTALL_TO)/bin/awsexec
	@install -m 644 build/man/*.1 $(INSTALL_TO)/share/man/man1
	@install -m 644 build/man/*.5 $(INSTALL_TO)/share/man/man5
	@echo "installed $(INSTALL_TO)/bin/awsexec"

uninstall: ## remove what install has put below PREFIX
	rm -f $(INSTALL_TO)/bin/awsexec $(INSTALL_TO)/share/man/man1/awsexec.1 $(INSTALL_TO)/share/man/man1/awsexec-*.1 $(INSTALL_TO)/share/man/man5/awsexec-*.5

man: ## write the manual pages to build/man
	@go run ./internal/manpages -version $(VERSION)

reference: ## write docs/reference.md
	@go run ./internal/manpages -reference docs/reference.md

docs: ## build the documentation as a web site in build/site
	@go run ./internal/site
	@echo "open build/site/index.html"

demo: build/demo ## show awsexec at work, against a stand-in for AWS, in a temporary home directory
	@build/demo

demo-record: build/demo ## write what the demo shows to docs/demo.txt
	@build/demo -record docs/demo.txt

# It is compiled as awsexec is, so that what both have in common is compiled once. A line
# of "go build -v" without a blank is a package that is being compiled.
.PHONY: build/demo
build/demo:
	@mkdir -p build
	@tty=0; [ ! -t 1 ] || tty=1; \
	CGO_ENABLED=0 go build -v -trimpath -o $@ ./internal/demo 2>&1 | awk -v tty=$$tty \
		'/ / { print; next } ++n % 50 == 0 || tty { printf "\rcompiled %d packages%s", n, tty ? "" : "\n"; fflush() } END { if (n && tty) print "" }'

test: build/gotestsum ## run all tests; install the real programs that they need where possible (AWSEXEC_TEST_REQUIRE=all: fail if one is missing)
	@internal/ci/install-test-parts.sh
	@mkdir -p build
	@build/gotestsum --format pkgname-and-test-fails --raw-command internal/ci/test-json.sh

chaos: ## run hundreds of awsexec at once, with kills, failures and restored files, for up to 10 minutes (SEED=N: repeat the calls of an earlier run)
	@go run ./internal/chaos $(if $(SEED),-seed $(SEED))

FUZZTIME ?= 30s
fuzz: ## run every fuzz target for FUZZTIME (default 30s)
	@internal/ci/fuzz.sh $(FUZZTIME)

mutation: ## check the tests: break the program in one place at a time and run them
	@go run ./internal/mutate

lint: build/staticcheck build/actionlint ## check format, vet, staticcheck and builds for all systems, go.mod and go.sum, and the workflows
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
	build/actionlint

vulnerabilities: build/govulncheck ## look for known vulnerabilities in what awsexec calls
	build/govulncheck ./...

# Signatures and images need what only the release workflow has.
packages: build/goreleaser build/cyclonedx-gomod ## make the packages of a release in dist, then install and remove them
	@export IMAGE=awsexec BASE_IMAGE=none PATH="$(CURDIR)/build:$$PATH"; \
	goreleaser check; \
	goreleaser release --snapshot --clean --skip=sign,docker; \
	AWSEXEC_TEST_PACKAGES="$(CURDIR)/dist" go test ./internal/ci -run TestPackages -count=1 -v

# These depend on the Makefile because it holds their versions. A list of contents has the
# checksum of the tool that made it, which -trimpath makes the same everywhere.
build/staticcheck: TOOL = $(STATICCHECK)
build/gotestsum: TOOL = $(GOTESTSUM)
build/actionlint: TOOL = $(ACTIONLINT)
build/goreleaser: TOOL = $(GORELEASER)
build/cyclonedx-gomod: TOOL = $(CYCLONEDX)
build/govulncheck: TOOL = $(GOVULNCHECK)
build/staticcheck build/gotestsum build/actionlint build/goreleaser build/cyclonedx-gomod build/govulncheck: Makefile
	@mkdir -p build
	GOBIN=$(CURDIR)/build go install -trimpath $(TOOL)
	@touch $@

bench: ## measure the paths that every call depends on
	@go run ./internal/bench

clean: ## remove everything that these targets made
	rm -rf build dist internal/e2e/testdata/js/node_modules
