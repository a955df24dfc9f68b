package awsfiles

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/awsexec/awsexec/internal/flock"
)

func newTestEditor(t *testing.T) *Editor {
	return NewEditor(t.TempDir(), func() func() { return func() {} })
}

func TestEdit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "credentials")
	to := func(data string) EditFunc {
		return func([]byte) ([]byte, bool, error) { return []byte(data), true, nil }
	}
	no := errors.New("no")
	const secret, redacted = "aws_secret_access_key = S3CR3TMARKER\n", "aws_secret_access_key = (left out by awsexec)\n"
	first, second := newTestEditor(t), newTestEditor(t)
	for _, s := range []struct {
		what         string
		editor       *Editor
		edit         EditFunc
		changed      bool
		err          error
		file, backup string // what is there afterwards
	}{
		{"a new file", first, to("one"), true, nil, "one", ""},
		{"a file that it has made", first, to(secret), true, nil, secret, ""},
		{"a file that was there", second, to("two"), true, nil, "two", redacted},
		{"a file that has a backup", second, to("three"), true, nil, "three", redacted},
		{"nothing to change", newTestEditor(t), func(old []byte) ([]byte, bool, error) { return old, false, nil }, false, nil, "three", redacted},
		{"an error", newTestEditor(t), func([]byte) ([]byte, bool, error) { return nil, true, no }, false, no, "three", redacted},
	} {
		changed, err := s.editor.Edit(t.Context(), path, s.edit)
		if changed != s.changed || !errors.Is(err, s.err) {
			t.Errorf("%s: %t, %v", s.what, changed, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != s.file {
			t.Errorf("%s: %q, %v", s.what, got, err)
		}
		if got, _ := os.ReadFile(path + backupSuffix); string(got) != s.backup {
			t.Errorf("%s: the backup is %q", s.what, got)
		}
	}
	if first.Backups() != nil || !slices.Equal(second.Backups(), []Backup{{path, path + backupSuffix}}) {
		t.Errorf("backups: %q, %q", first.Backups(), second.Backups())
	}
	for what, path := range map[string]string{"no path": "", "a directory": filepath.Dir(path)} {
		if _, err := first.Edit(t.Context(), path, to("x")); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// Each edit keeps the backups of those before it, and adds none that is there
// already.
func TestBackupsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte("0"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct{ edit, backup string }{{"1", ""}, {"2", "-2"}, {"0", "-3"}, {"1", ""}, {"5", "-2"}} {
		e := newTestEditor(t)
		old, _ := os.ReadFile(path)
		if _, err := e.Edit(t.Context(), path, func([]byte) ([]byte, bool, error) { return []byte(s.edit), true, nil }); err != nil {
			t.Fatal(err)
		}
		want := path + backupSuffix + s.backup
		if got, err := os.ReadFile(want); err != nil || string(got) != string(old) || !slices.Equal(e.Backups(), []Backup{{path, want}}) {
			t.Errorf("%+v: %q, %v, %v", s, got, err, e.Backups())
		}
	}
}

// An edit waits for the one of another process, until its context ends.
func TestEditWaits(t *testing.T) {
	dir := t.TempDir()
	release, err := flock.Lock(t.Context(), filepath.Join(dir, "aws-files.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithCancelCause(t.Context())
	tooLong, waited := errors.New("too long"), false
	e := NewEditor(dir, func() func() {
		cancel(tooLong)
		return func() { waited = true }
	})
	path := filepath.Join(t.TempDir(), "config")
	_, err = e.Edit(ctx, path, func([]byte) ([]byte, bool, error) { return []byte("x"), true, nil })
	if !errors.Is(err, tooLong) || !waited {
		t.Errorf("%v, waited: %t", err, waited)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file was written")
	}
}
