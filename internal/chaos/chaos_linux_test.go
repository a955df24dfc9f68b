package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestChaos runs a small part of "make chaos".
func TestChaos(t *testing.T) {
	r, err := run(t.Context(), options{
		seed: 1, rounds: 3, calls: 100, parallel: 12, limit: 25 * time.Second, keyring: true, restores: true, log: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	r.print(&text)
	t.Log(text.String())
	if len(r.violations) > 0 {
		t.Error("an invariant was violated; see above")
	}
	if r.noKeyring != "" && os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
		t.Error("no keyring: " + r.noKeyring)
	}
}
