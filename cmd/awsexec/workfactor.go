//go:build !awsexec_cheap

package main

// workFactor is the cost of the encrypted keystore's passphrase; 0 is the default.
const workFactor = 0
