#!/usr/bin/env bash
# Runs all tests and writes the events of "go test -json" to standard output, for gotestsum.
#
# internal/e2e runs without the race detector: it tests programs that are built as
# users have them. It mostly waits for them, so all other tests run beside it.
set -uo pipefail
cd "$(dirname "$0")/../.."

code=0
go test -count=1 -race -timeout 15m -json $(go list ./... | grep -v '/internal/e2e$') >build/test.json &
others=$!
go test -count=1 -timeout 15m -json ./internal/e2e || code=$?
wait "$others" || code=$?
cat build/test.json
exit "$code"
