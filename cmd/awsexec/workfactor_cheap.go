//go:build awsexec_cheap

package main

// workFactor makes a passphrase worth nothing: this binary is for tests that start it hundreds of times.
const workFactor = 1
