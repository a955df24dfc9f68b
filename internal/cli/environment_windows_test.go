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
	s, err := newSettings(d, &flags{}, false, false)
	if err != nil {
		t.Fatal(err)
	}
	if s.Env("AWS_PROFILE") != "work" || s.Env("PATH") != "p" || s.Env("Path") != "p" || !s.NoPrompt {
		t.Errorf("variables are %v", s)
	}
	helper := s.HelperEnviron(nil)
	if slices.ContainsFunc(helper, func(kv string) bool { return strings.Contains(kv, "secret") }) {
		t.Error("a helper gets the passphrase")
	}
	if !slices.Contains(helper, `=C:=C:\x`) {
		t.Errorf("a helper gets %q", helper)
	}
}
