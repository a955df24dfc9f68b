//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// identity returns the path of a file with an age identity, and its recipient.
func identity(t *testing.T) (path, recipient string) {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "key.txt")
	if err := os.WriteFile(path, []byte(i.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, i.Recipient().String()
}

// Wherever a change of what opens the file is killed, the file opens as before or
// as afterwards, and has its key.
func TestCrashAccess(t *testing.T) {
	t.Parallel()
	mine, recipient := identity(t)
	_, other := identity(t)
	init := []string{"keystore", "init", "--identity", mine, "--no-recovery", "--yes"}
	for _, row := range []struct {
		name  string
		args  []string
		env   []string
		setup func(h *home)
		adds  bool // the key afterwards
	}{
		{name: "keystore init", args: init, setup: func(*home) {}, adds: true},
		{name: "keystore init on a passphrase", args: init, setup: (*home).addAlice},
		{name: "keystore init --passphrase", args: []string{"keystore", "init", "--passphrase", "--yes"}, env: []string{"AWSEXEC_NEW_PASSPHRASE=" + passphrase}, setup: func(h *home) {
			h.succeeds(init...)
			h.addAlice()
		}},
		{name: "keystore recipients add", args: []string{"keystore", "recipients", "add", other}, setup: func(h *home) {
			h.succeeds(init...)
			h.addAlice()
		}},
		{name: "keystore recipients remove", args: []string{"keystore", "recipients", "remove", other}, setup: func(h *home) {
			h.succeeds(append(init, "--recipient", recipient, "--recipient", other)...)
			h.addAlice()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			srv := newSTS(t)
			h := newHome(t, srv.URL())
			crashMatrix(t, h, row.name, crash{
				command: command{args: row.args, env: row.env},
				setup:   row.setup,
				finish: func(h *home) {
					// A killed command is typed again.
					if r := h.start(command{args: row.args, env: row.env}).wait(); r.code != 0 && !strings.Contains(r.stderr, "already") && !strings.Contains(r.stderr, "not clear who") {
						h.t.Fatalf("exit code %d\n%s", r.code, r.stderr)
					}
					if row.adds {
						h.addAlice()
					}
					h.works(srv, "work", aliceKey)
				},
			})
		})
	}
}
