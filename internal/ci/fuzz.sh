#!/usr/bin/env bash
# Runs every fuzz target for the given time, one after the other, on one processor.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Many targets write and sync small files, which is faster in memory.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm

failed=0
while IFS=: read -r file target; do
	echo "${file%/*} $target"
	go test "./${file%/*}" -run '^$' -fuzz "^$target\$" -fuzztime "$1" -fuzzminimizetime 2s -parallel 1 | grep -v '^fuzz: elapsed.*gathering\|^PASS' | tail -25 || failed=1
done < <(git grep -o 'func Fuzz[A-Za-z]*' -- '*_test.go' | sed 's/:func /:/')
exit $failed
