package cli

import (
	"path/filepath"
	"strings"
	"testing"

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
