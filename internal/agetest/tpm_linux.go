package agetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// StartTPM starts a TPM in software (swtpm), and returns its socket. It ends with
// the test.
func StartTPM(t *testing.T) (path string) {
	t.Helper()
	program, err := exec.LookPath("swtpm")
	if err != nil {
		if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
			t.Fatal(err)
		}
		t.Skip("missing: swtpm")
	}
	dir, err := os.MkdirTemp("", "tpm") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path = filepath.Join(dir, "socket")
	cmd := exec.Command(program, "socket", "--tpm2", "--tpmstate", "dir="+dir, "--server", "type=unixio,path="+path, "--flags", "not-need-init,startup-clear")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) { // it says nothing when it is ready
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if time.Now().After(deadline) {
			t.Fatal("swtpm does not start")
		}
	}
}
