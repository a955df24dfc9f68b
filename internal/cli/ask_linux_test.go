package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/agetest"
	"github.com/awsexec/awsexec/internal/ststest"
)

// What is secret in our own environment is not passed on to helpers.
func TestHelpersGetNoSecrets(t *testing.T) {
	w := newWorld(t)
	w.env["PATH"] = "/usr/bin:/bin"
	w.env["KEPT"] = "kept"
	for _, name := range []string{"AWSEXEC_PASSPHRASE", "AWSEXEC_NEW_PASSPHRASE", "AWSEXEC_MFA_CODE"} {
		w.env[name] = ststest.Marker
	}
	w.write(".aws/config", "[profile x]\ncredential_process = sh -c \"env >"+filepath.Join(w.home, "seen")+"; exit 1\"\n")
	if r := w.run("", "-p", "x"); r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	seen := w.read("seen")
	if !strings.Contains(seen, "KEPT=kept\n") || strings.Contains(seen, ststest.Marker) {
		t.Errorf("a helper sees\n%s", seen)
	}
}

// An age plugin gets the environment without what belongs to AWS and awsexec.
func TestPluginsGetNoSecrets(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	plugin := "#!/bin/sh\nenv >" + filepath.Join(w.home, "seen") + "\n"
	if err := os.WriteFile(filepath.Join(dir, "age-plugin-seen"), []byte(plugin), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	w.env["KEPT"] = "kept"
	for _, name := range []string{"AWSEXEC_PASSPHRASE", "AWS_SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY"} {
		w.env[name] = ststest.Marker
	}
	recipient, _ := agetest.New(t, "seen")
	if r := w.run("", "keystore", "init", "--recipient", recipient, "--no-recovery"); r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	seen := w.read("seen")
	if !strings.Contains(seen, "KEPT=kept\n") || strings.Contains(seen, ststest.Marker) || strings.Contains(seen, "AWSEXEC_") {
		t.Errorf("a plugin sees\n%s", seen)
	}
}
