#!/usr/bin/env bash
# Runs all tests and writes the events of "go test -json" to standard output, for gotestsum.
#
# Most packages run with the race detector, which takes two to five times as much CPU.
# Those in plain run without it: e2e, script, demo and explain test programs, which are
# built as users have them, agekeys, cli, custody and keystore spend their time on
# scrypt, faults and processes that they start or kill, and the others have no
# goroutines. They are built without a C compiler, like "make lint" builds them. The
# slowest comes first. Those tests of keystore that are about goroutines run with the
# race detector too. The workflows run all packages with it.
#
# "make lint" vets all packages, for three systems.
set -uo pipefail
cd "$(dirname "$0")/../.."
plain=(./internal/{e2e,script} ./keystore ./internal/{explain,cli,demo,custody,agekeys,ci,profile,awsini,awsfiles})
concurrent='Test(File|Keyring)Contract/goroutines|AtOnce|WhileOthersWrite|AsksWithoutLock|LocksAgainAndAgain|OfSeveralDirectories'

# A program with the race detector sleeps for a second before it exits, to report late
# races. There are hundreds of them: each package, and what its tests start.
export GORACE=atexit_sleep_ms=10

run() { go test -count=1 -vet=off -timeout 15m -json "$@"; }

code=0
{
	raced=0
	run -race $(comm -23 <(go list ./... | sort) <(go list "${plain[@]}" | sort)) || raced=$?
	run -race -run "$concurrent" ./keystore || raced=$?
	exit "$raced"
} >build/test.json &
racing=$!
CGO_ENABLED=0 run "${plain[@]}" || code=$?
wait "$racing" || code=$?
cat build/test.json
exit "$code"
