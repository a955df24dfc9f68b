#!/usr/bin/env bash
# Writes to build/release what a package has beside the program: manual pages and the
# scripts that complete lines in a shell. A release and a package test call it.
#
# usage: internal/ci/release-files.sh VERSION DATE
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$1 date=$2

to=build/release
rm -rf $to
mkdir -p $to/completions
go run ./internal/manpages -o $to/man -version "$version" -date "$date"
program=$to/awsexec
CGO_ENABLED=0 go build -trimpath -o $program ./cmd/awsexec
$program completion bash >$to/completions/awsexec.bash
$program completion zsh >$to/completions/_awsexec
$program completion fish >$to/completions/awsexec.fish
$program completion powershell >$to/completions/awsexec.ps1
rm $program
