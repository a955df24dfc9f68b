package helper

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/backend/backendtest"
	"github.com/awsexec/awsexec/internal/bustest"
)

const gpgPassphrase = marker + "-gpg"

// pass is a password store with a key of its own, and an agent that asks with a
// pinentry of the test.
type pass struct{ home string }

// startPass makes a password store whose key has this passphrase.
func startPass(t *testing.T, passphrase string) pass {
	t.Helper()
	for _, program := range []string{"docker-credential-pass", "pass", "gpg", "gpgconf"} {
		if _, err := exec.LookPath(program); err != nil {
			bustest.Missing(t, program)
		}
	}
	home, err := os.MkdirTemp("", "gpg") // short: it holds sockets
	if err != nil {
		t.Fatal(err)
	}
	p := pass{home}
	t.Setenv("GNUPGHOME", home)
	t.Setenv("PASSWORD_STORE_DIR", filepath.Join(home, "store"))
	t.Cleanup(func() {
		p.run(t, "gpgconf", "--kill", "all")
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	p.pinentry(t, "ERR 83886179 Operation cancelled")
	p.run(t, "gpg", "--batch", "--quiet", "--pinentry-mode=loopback", "--passphrase", passphrase,
		"--quick-generate-key", "awsexec@example.invalid", "future-default", "-", "never")
	p.run(t, "pass", "init", "awsexec@example.invalid")
	return p
}

func (p pass) run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "GNUPGHOME="+p.home)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// pinentry makes the agent forget passphrases, and ask with a pinentry that
// answers as the shell commands in answer print.
func (p pass) pinentry(t *testing.T, answer string) {
	t.Helper()
	script := "#!/bin/sh\n: >" + p.home + "/asked\necho OK\nwhile read -r line; do case $line in\nGETPIN*) " +
		"echo '" + answer + "';;\nBYE*) echo OK; exit;;\n*) echo OK;; esac; done\n"
	if answer == "" {
		script = "#!/bin/sh\n: >" + p.home + "/asked\necho OK\nwhile read -r line; do case $line in\nGETPIN*) exec sleep 60;;\n*) echo OK;; esac; done\n"
	}
	program := filepath.Join(p.home, "pinentry")
	if err := errors.Join(os.WriteFile(program, []byte(script), 0o700), os.WriteFile(filepath.Join(p.home, "gpg-agent.conf"), []byte("pinentry-program "+program+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	p.run(t, "gpgconf", "--kill", "all")
}

// asked reports whether the agent has asked since the last call.
func (p pass) asked() bool { return os.Remove(filepath.Join(p.home, "asked")) == nil }

// untilAsked returns a context that ends soon after the agent has asked.
func (p pass) untilAsked(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for ctx.Err() == nil {
			if _, err := os.Stat(filepath.Join(p.home, "asked")); err == nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return ctx
}

func TestPass(t *testing.T) {
	p := startPass(t, "")
	backendtest.Run(t, func() backend.Backend {
		return New(Options{Name: "pass", Environ: os.Environ(), NoPrompt: true, Debug: t.Logf})
	})
	err := filepath.WalkDir(filepath.Join(p.home, "store"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), marker) {
			t.Errorf("%s holds a secret", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestPassAsks has gpg-agent ask a person for the passphrase of the key.
func TestPassAsks(t *testing.T) {
	p := startPass(t, gpgPassphrase)
	o := Options{Name: "pass", Environ: os.Environ(), Debug: t.Logf, Timeout: 30 * time.Second}
	op, end := New(o).Begin()
	defer end()
	if err := op.Set(t.Context(), dev, []byte(marker)); err != nil { // which takes the public key alone
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, answer string
		noPrompt     bool
		want         error
	}{
		{"answered", "D " + gpgPassphrase + "\nOK", false, nil},
		{"cancelled", "ERR 83886179 Operation cancelled", false, backend.ErrLocked}, // pass does not say that it was
		{"no prompts", "D " + gpgPassphrase + "\nOK", true, backend.ErrLocked},
		{"left alone", "", false, backend.ErrLocked},
	} {
		t.Run(row.name, func(t *testing.T) {
			p.pinentry(t, row.answer)
			p.asked()
			o := o
			o.NoPrompt = row.noPrompt
			ctx := t.Context()
			if row.answer == "" {
				o.Timeout = 100 * time.Millisecond
			}
			op, end := New(o).Begin()
			defer end()
			got, err := op.Get(ctx, dev)
			if errors.Is(err, backend.ErrUnprepared) {
				if row.answer == "" {
					ctx = p.untilAsked(t)
				}
				if err = op.Prepare(ctx, backend.ToRead); err == nil {
					got, err = op.Get(ctx, dev)
				}
			}
			if !errors.Is(err, row.want) || err == nil && string(got) != marker || err != nil && strings.Contains(err.Error(), marker) {
				t.Errorf("%v, want %v", err, row.want)
			}
			if p.asked() == row.noPrompt {
				t.Errorf("asked: %t", !row.noPrompt)
			}
		})
	}
}

func TestPassWithoutStore(t *testing.T) {
	startPass(t, "")
	o := Options{Name: "pass", Environ: append(os.Environ(), "PASSWORD_STORE_DIR="+t.TempDir()), Debug: t.Logf}
	op, end := New(o).Begin()
	defer end()
	if err := op.Set(t.Context(), dev, []byte(marker)); !errors.Is(err, backend.ErrUnavailable) || !strings.Contains(err.Error(), "pass init") {
		t.Error(err)
	}
}

func TestSecretService(t *testing.T) {
	if _, err := exec.LookPath("docker-credential-secretservice"); err != nil {
		bustest.Missing(t, "docker-credential-secretservice")
	}
	b := bustest.Start(t, bustest.NoServices)
	b.StartKeyring(t)
	o := Options{Name: "secretservice", Environ: os.Environ(), Debug: t.Logf}
	backendtest.Run(t, func() backend.Backend { return New(o) })
	b.Lock(t) // of which the helper says that there is no such item
	o.Stored = func() []backend.Item { return []backend.Item{dev} }
	op, end := New(o).Begin()
	defer end()
	if _, err := op.Get(t.Context(), dev); !errors.Is(err, backend.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
}
