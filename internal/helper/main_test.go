package helper

import (
	"os"
	"testing"

	"github.com/awsexec/awsexec/internal/helper/helpertest"
)

const marker = "S3CR3TMARKER"

// TestMain lets the test binary be a credential helper.
func TestMain(m *testing.M) {
	helpertest.Main()
	os.Exit(m.Run())
}

// scripted returns the options of a helper that behaves as script says.
func scripted(t *testing.T, script string) Options {
	t.Helper()
	return Options{Name: "test", Debug: t.Logf, Environ: helpertest.Environ(t, script)}
}
