package awsfiles

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestEdit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "credentials")
	to := func(data string) func([]byte) ([]byte, bool, error) {
		return func([]byte) ([]byte, bool, error) { return []byte(data), true, nil }
	}
	steps := []struct {
		what          string
		backup        bool
		edit          func([]byte) ([]byte, bool, error)
		changed, kept bool
		file, copy    string // what is there afterwards
	}{
		{"a new file", true, to("aws_secret_access_key = S3CR3TMARKER\n"), true, false, "aws_secret_access_key = S3CR3TMARKER\n", ""},
		{"with a backup", true, to("two"), true, true, "two", "aws_secret_access_key = (left out by awsexec)\n"},
		{"nothing to change", true, func(old []byte) ([]byte, bool, error) { return old, false, nil }, false, false, "two", "aws_secret_access_key = (left out by awsexec)\n"},
		{"without a backup", false, to("three"), true, false, "three", "aws_secret_access_key = (left out by awsexec)\n"},
	}
	for _, s := range steps {
		changed, kept, err := Edit(path, s.backup, s.edit)
		if err != nil || changed != s.changed || kept != s.kept {
			t.Errorf("%s: %t, %t, %v", s.what, changed, kept, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != s.file {
			t.Errorf("%s: %q, %v", s.what, got, err)
		}
		if got, _ := os.ReadFile(path + BackupSuffix); string(got) != s.copy {
			t.Errorf("%s: the backup is %q", s.what, got)
		}
	}
	no := errors.New("no")
	if changed, _, err := Edit(path, true, func([]byte) ([]byte, bool, error) { return nil, true, no }); changed || !errors.Is(err, no) {
		t.Errorf("%t, %v", changed, err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "three" {
		t.Errorf("%q, %v", got, err)
	}
	if _, _, err := Edit("", true, to("x")); err == nil {
		t.Error("a file without a name was written")
	}
	if _, _, err := Edit(filepath.Dir(path), true, to("x")); err == nil {
		t.Error("a directory was read as a file")
	}
}
