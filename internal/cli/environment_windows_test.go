package cli

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Names of variables do not tell case on Windows: neither for us nor for what a helper must not get.
func TestVariablesInAnyCase(t *testing.T) {
	d := deps{environ: []string{`=C:=C:\x`, "Aws_Profile=work", "awsexec_no_prompt=1", "AwsExec_Passphrase=secret", "Path=p"}, now: time.Now}
	a, err := newApp(d, newUI(d), &flags{}, false, false)
	if err != nil {
		t.Fatal(err)
	}
	if a.env("AWS_PROFILE") != "work" || a.env("PATH") != "p" || a.env("Path") != "p" || !a.settings.NoPrompt {
		t.Errorf("variables are %v", a.settings)
	}
	helper := a.settings.HelperEnviron(nil)
	if slices.ContainsFunc(helper, func(kv string) bool { return strings.Contains(kv, "secret") }) {
		t.Error("a helper gets the passphrase")
	}
	if !slices.Contains(helper, `=C:=C:\x`) {
		t.Errorf("a helper gets %q", helper)
	}
}
