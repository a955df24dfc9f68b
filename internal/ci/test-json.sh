#!/usr/bin/env bash
# Runs all tests and writes the events of "go test -json" to standard output, for gotestsum.
#
# Most packages run with the race detector, which takes two to five times as much CPU.
# Those in plain run without it: e2e, script, demo and explain test programs, which are
# built as users have them, agekeys, cli and custody spend their time on scrypt, faults
# and processes that are killed, and the others have no goroutines. They are built
# without a C compiler, like "make lint" builds them. The slowest comes first. The
# workflows run all packages with the race detector.
set -uo pipefail
cd "$(dirname "$0")/../.."
plain=(./internal/{e2e,script,explain,cli,demo,custody,agekeys,ci,profile,awsini,awsfiles})

# A program with the race detector sleeps for a second before it exits, to report late
# races. There are hundreds of them: each package, and what its tests start.
export GORACE=atexit_sleep_ms=10

code=0
go test -count=1 -race -timeout 15m -json $(comm -23 <(go list ./... | sort) <(go list "${plain[@]}" | sort)) >build/test.json &
racing=$!
CGO_ENABLED=0 go test -count=1 -timeout 15m -json "${plain[@]}" || code=$?
wait "$racing" || code=$?
cat build/test.json
exit "$code"
