//go:build linux

package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/agetest"
)

// A key in a TPM opens the file, with nobody there, and that of another TPM does
// not.
func TestTPM(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	delete(h.env, "AWSEXEC_PASSPHRASE")
	tpm := agetest.StartTPM(t)
	h.env["AWSEXEC_TPM"] = filepath.Join(t.TempDir(), "none")
	h.run("keystore", "init", "--tpm", "--no-recovery").fails(t, 125, "no TPM 2.0 that can be used")
	h.env["AWSEXEC_TPM"] = tpm
	h.run("keystore", "init", "--tpm").fails(t, 125, "awsexec keystore init --tpm --recovery")
	h.run("keystore", "init", "--tpm", "--pin", "--no-recovery").fails(t, 125, "or without a PIN: awsexec keystore init --tpm")
	r := h.run("keystore", "init", "--tpm", "--recovery-stdout")
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	paper := h.write(r.stdout, "paper.txt")
	h.addAlice()
	h.works(srv, "work", aliceKey)
	if out := h.succeeds("keystore", "status").stdout; !strings.Contains(out, "ready") || !strings.Contains(out, "hardware key  age1tag1") {
		t.Errorf("status:\n%s", out)
	}

	h.succeeds("clear")
	h.env["AWSEXEC_TPM"] = agetest.StartTPM(t)
	h.run("-p", "work").fails(t, 125, "the key is of another TPM, or the TPM was cleared since", "with a recovery identity: awsexec keystore init --identity FILE")
	h.succeeds("keystore", "init", "--identity", paper)
	h.works(srv, "work", aliceKey)
	h.succeeds("keystore", "init", "--tpm")
	h.succeeds("keystore", "recipients")
	h.works(srv, "work", aliceKey)
}
