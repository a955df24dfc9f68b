package helper

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/backend/backendtest"
	"github.com/awsexec/awsexec/internal/helper/helpertest"
)

var dev = backend.Item{Service: "awsexec", Name: "dev"}

func TestContract(t *testing.T) {
	o := scripted(t, "")
	backendtest.Run(t, func() backend.Backend { return New(o) })
}

func TestFailures(t *testing.T) {
	for _, row := range []struct {
		name, script string
		want         error
		say          string // "" for no more than the kind
	}{
		{"missing item", "say:1:credentials not found in native keychain", backend.ErrNotFound, ""},
		{"missing item, of version 0.6.4", `say:0:{"ServerURL":"https://awsexec.invalid/awsexec/dev","Username":"","Secret":""}`, backend.ErrNotFound, ""},
		{"missing item, in 1Password", `stderr:[ERROR] "https://awsexec.invalid/awsexec/dev" isn't an item. Specify the item with its UUID, name, or domain.`, backend.ErrNotFound, ""},
		{"program behind a script missing", "stderr:docker-credential-x: 3: op: not found", backend.ErrUnavailable, "op: not found"},
		{"gpg-agent locked", "say:1:exit status 2: gpg: decryption failed: No secret key", backend.ErrLocked, "decryption failed: No secret key"},
		{"no terminal for pinentry", "stderr:gpg: public key decryption failed: Inappropriate ioctl for device", backend.ErrLocked, "Inappropriate ioctl"},
		{"keychain locked", "say:1:User interaction is not allowed.", backend.ErrLocked, "interaction is not allowed"},
		{"password manager locked", "stderr:Vault is locked.", backend.ErrLocked, "Vault is locked"},
		{"pinentry cancelled", "say:1:gpg: public key decryption failed: Operation cancelled", backend.ErrRefused, "Operation cancelled"},
		{"store not made", `say:1:pass not initialized: exit status 1: Error: password store is empty. Try "pass init".`, backend.ErrUnavailable, `Try "pass init"`},
		{"program behind it missing", `say:1:exec: "pass": executable file not found in $PATH`, backend.ErrUnavailable, "executable file not found"},
		{"another version", "say:1:Unknown credential action `get`", backend.ErrUnavailable, "Unknown credential action"},
		{"no JSON", "say:0:" + marker, backend.ErrUnavailable, "its answer is not that of a credential helper"},
		{"other JSON", `say:0:["` + marker + `"]`, backend.ErrUnavailable, "its answer is not that of a credential helper"},
		{"another item", `say:0:{"ServerURL":"https://awsexec.invalid/awsexec/prod","Secret":"` + marker + `"}`, backend.ErrUnavailable, "another item"},
		{"too much", "flood", backend.ErrUnavailable, "bytes of output"},
		{"quotes a secret", `say:1:{"Secret":"` + marker + `"}`, backend.ErrUnavailable, "exit status 1"},
		{"quotes a key", "say:1:bad value " + marker + "/K7MDENG+bPxRfiCYEXAMPLE00001", backend.ErrUnavailable, "bad value ***"},
		{"says nothing", "say:1:", backend.ErrUnavailable, "exit status 1"},
		{"hangs", "hang", backend.ErrUnavailable, "no answer in"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := scripted(t, row.script)
			o.NoPrompt = true
			if row.name == "hangs" {
				o.Timeout = 200 * time.Millisecond
			}
			op, end := New(o).Begin()
			defer end()
			began := time.Now()
			_, err := op.Get(t.Context(), dev)
			if !errors.Is(err, row.want) || !strings.Contains(err.Error(), row.say) || strings.Contains(err.Error(), marker) {
				t.Errorf("get: %v, want %v: %s", err, row.want, row.say)
			}
			for _, kind := range []error{backend.ErrNotFound, backend.ErrLocked, backend.ErrUnavailable, backend.ErrRefused} {
				if kind != row.want && errors.Is(err, kind) {
					t.Errorf("%v is of two kinds", err)
				}
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			if strings.HasPrefix(row.script, "say:0") { // nothing is read
				return
			}
			err = op.Set(t.Context(), dev, []byte(marker))
			if err == nil || strings.Contains(err.Error(), marker) {
				t.Errorf("set: %v", err)
			}
		})
	}
}

// TestLineEnd checks that the line end is cut off which scripts add to a secret.
func TestLineEnd(t *testing.T) {
	op, end := New(scripted(t, `say:0:{"ServerURL":"`+urlOf(dev)+`","Username":"awsexec","Secret":"`+marker+`\r\n"}`)).Begin()
	defer end()
	if got, err := op.Get(t.Context(), dev); err != nil || string(got) != marker {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	h := New(Options{Name: "pass", Debug: t.Logf})
	op, end := h.Begin()
	defer end()
	_, getErr := op.Get(t.Context(), dev)
	for _, err := range []error{h.Reachable(), getErr, op.Set(t.Context(), dev, nil), op.Delete(t.Context(), dev)} {
		if missing, ok := errors.AsType[*MissingError](err); !ok || missing.Program != "docker-credential-pass" || !errors.Is(err, backend.ErrUnavailable) {
			t.Error(err)
		}
	}
}

// TestPersonAnswers checks that a call which waits for a person goes on while
// Prepare waits for it, and that its result is used: asking again would ask the
// person again.
func TestPersonAnswers(t *testing.T) {
	answer := filepath.Join(t.TempDir(), "answer")
	o := scripted(t, "until:"+answer)
	o.Timeout = 50 * time.Millisecond
	op, end := New(o).Begin()
	defer end()
	if err := op.Prepare(t.Context(), backend.ToWrite); err != nil {
		t.Error(err)
	}
	if err := op.Set(t.Context(), dev, []byte(marker)); !errors.Is(err, backend.ErrUnprepared) {
		t.Errorf("set: %v", err)
	}
	if err := os.WriteFile(answer, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := op.Prepare(t.Context(), backend.ToWrite); err != nil {
		t.Error(err)
	}
	if err := os.Remove(answer); err != nil {
		t.Fatal(err)
	}
	if _, err := op.Get(t.Context(), dev); !errors.Is(err, backend.ErrUnprepared) { // another call, which asks again
		t.Errorf("get: %v", err)
	}
	if err := op.Set(t.Context(), dev, []byte(marker)); err != nil {
		t.Errorf("set after an answer: %v", err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	o := scripted(t, "hang")
	o.Timeout = 50 * time.Millisecond
	op, end := New(o).Begin()
	defer end()
	if _, err := op.Get(t.Context(), dev); !errors.Is(err, backend.ErrUnprepared) {
		t.Errorf("get: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := op.Prepare(ctx, backend.ToRead); !errors.Is(err, backend.ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("prepare: %v", err)
	}
	if err := op.Prepare(t.Context(), backend.ToRead); err != nil { // nothing waits any more
		t.Error(err)
	}
}

func TestEnvironWithoutPrompts(t *testing.T) {
	o := Options{Name: "pass", Environ: []string{"A=1", "GPG_TTY=/dev/pts/1", "PASSWORD_STORE_GPG_OPTS=--quiet"}}
	if got := New(o).environ(); !slices.Equal(got, o.Environ) {
		t.Errorf("with prompts: %q", got)
	}
	o.NoPrompt = true
	if got, want := New(o).environ(), []string{"A=1", "PASSWORD_STORE_GPG_OPTS=--quiet --pinentry-mode=error"}; !slices.Equal(got, want) {
		t.Errorf("without prompts: %q", got)
	}
}

func TestURLs(t *testing.T) {
	for _, row := range []struct{ name, want string }{
		{"dev-1_a.b", "https://awsexec.invalid/awsexec/dev-1_a.b"},
		{"Dev/é~", "https://awsexec.invalid/awsexec/%44ev%2f%c3%a9%7e"},
		{strings.Repeat("A", 128), "https://awsexec.invalid/awsexec/" + strings.Repeat("%41", 22) + "%4~"},
	} {
		got := urlOf(backend.Item{Service: "awsexec", Name: row.name})
		if !strings.HasPrefix(got, row.want) || len(row.name) < 20 && got != row.want || len(got) > 190 {
			t.Errorf("%q: %s, want %s", row.name, got, row.want)
		}
	}
}

func TestCheckName(t *testing.T) {
	for name, good := range map[string]bool{"pass": true, "gcr-2_x.y": true, "": false, "../x": false, "a/b": false, "-x": false, "PASS": false, ".x": false} {
		if err := CheckName(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestInstalled(t *testing.T) {
	helpertest.Environ(t, "")
	program, err := exec.LookPath(helpertest.Program)
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Dir(program)
	if got := Installed(bin + string(os.PathListSeparator) + bin + "none"); !slices.Equal(got, []string{"test"}) {
		t.Errorf("found %q", got)
	}
}
