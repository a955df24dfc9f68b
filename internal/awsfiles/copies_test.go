package awsfiles

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// ownFiles is a user's pair of files in a directory with a name that must be quoted.
func ownFiles(t *testing.T) profile.Files {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "it's \"mine\"\n")
	if runtime.GOOS == "windows" {
		dir = filepath.Join(t.TempDir(), "it's mine")
	}
	return profile.Files{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")}
}

func put(t *testing.T, dir string, files profile.Files, r Redirection, at time.Time) profile.Files {
	t.Helper()
	made, err := WriteCopies(t.Context(), dir, files, r, at)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestWriteAndOwn(t *testing.T) {
	dir, files := filepath.Join(t.TempDir(), "new", "refresh"), ownFiles(t)
	both := put(t, dir, files, Redirection{Config: []byte("[profile a]\n"), Credentials: []byte("[a]\n")}, now)
	one := put(t, dir, files, Redirection{Config: []byte("[profile a]\n")}, now)
	if one.Config != both.Config || one.Credentials != files.Credentials || both.Credentials == files.Credentials {
		t.Errorf("%+v and %+v", one, both)
	}
	for _, made := range []profile.Files{both, one, files} {
		if got, err := Own(made, now); err != nil || got != files {
			t.Errorf("the copies %+v were made of %+v, %v", made, got, err)
		}
	}
	for path, want := range map[string]string{both.Config: "[profile a]\n", both.Credentials: "[a]\n"} {
		data, err := os.ReadFile(path)
		first, rest, _ := strings.Cut(string(data), "\n")
		if err != nil || !strings.HasPrefix(first, "# ") || rest != want {
			t.Errorf("%s holds\n%s%v", path, data, err)
		}
	}
	none := put(t, dir, profile.Files{}, Redirection{Config: []byte("x = y\n")}, now)
	if got, err := Own(none, now); err != nil || got != (profile.Files{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A copy that somebody changed is written again.
func TestWriteRestoresCopy(t *testing.T) {
	dir, files := t.TempDir(), ownFiles(t)
	r := Redirection{Config: []byte("[profile a]\n")}
	made := put(t, dir, files, r, now)
	want, err := os.ReadFile(made.Config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(made.Config, []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, dir, files, r, now)
	if got, err := os.ReadFile(made.Config); err != nil || string(got) != string(want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestOwnRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "no path": mark + "\n", "cut": mark + `"/a`} {
		path := filepath.Join(dir, prefix+"x")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Own(profile.Files{Config: path}, now); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	path := filepath.Join(dir, prefix+"x")
	if err := os.WriteFile(path, []byte("[default]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Own(profile.Files{Config: path}, now); err != nil || got.Config != path {
		t.Errorf("somebody's own file of such a name: %+v, %v", got, err)
	}
	if _, err := Own(profile.Files{Credentials: filepath.Join(dir, prefix+"gone")}, now); err == nil || !strings.Contains(err.Error(), "start the program again") {
		t.Errorf("a copy that is gone: %v", err)
	}
}

// Copies that were unused for a month are removed, unfinished ones at once. Those
// that a program reads, however rarely, stay.
func TestTidy(t *testing.T) {
	dir, files := t.TempDir(), ownFiles(t)
	day := func(n int) time.Time { return now.Add(time.Duration(n) * 24 * time.Hour) }
	unused := put(t, dir, files, Redirection{Config: []byte("unused\n")}, now)
	used := put(t, dir, files, Redirection{Config: []byte("used\n")}, now)
	other := filepath.Join(dir, "of somebody else")
	left := filepath.Join(dir, "."+prefix+"x.config.tmp-1")
	for _, path := range []string{other, left} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, day(31), day(31)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Own(used, day(20)); err != nil {
		t.Fatal(err)
	}
	put(t, dir, files, Redirection{Config: []byte("new\n")}, day(31))
	for path, want := range map[string]bool{unused.Config: false, used.Config: true, other: true, left: false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestWriteAtOnce(t *testing.T) {
	dir, files := t.TempDir(), ownFiles(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			made, err := WriteCopies(t.Context(), dir, files, Redirection{Config: []byte("[profile a]\n")}, now)
			if err != nil {
				t.Error(err)
			} else if got, err := Own(made, now); err != nil || got != files {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	all.Wait()
}
