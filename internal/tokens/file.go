package tokens

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// file is a JSON file that other programs read and write. What it has besides the
// fields that are known here is kept.
type file string

// ID implements Store.
func (f file) ID() string {
	if real, err := filepath.EvalSymlinks(string(f)); err == nil {
		return real
	}
	return string(f)
}

// read decodes the file into each of v.
func (f file) read(v ...any) error {
	data, err := atomicfile.Read(string(f), readfile.MaxOwn)
	defer clear(data)
	if errors.Is(err, fs.ErrNotExist) {
		return &SignInError{Reason: Missing, Path: string(f)}
	}
	if err != nil {
		return err
	}
	for _, to := range v {
		if json.Unmarshal(data, to) != nil { // whose error may quote a token
			return f.unreadable("it is not a token in JSON form")
		}
	}
	return nil
}

func (f file) unreadable(format string, args ...any) error {
	return &SignInError{Reason: Unreadable, Path: string(f), Why: fmt.Errorf(format, args...)}
}

// CheckSave implements Store.
func (f file) CheckSave() error {
	probe, err := os.CreateTemp(filepath.Dir(f.ID()), ".awsexec-*")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// members are the fields of a JSON object.
type members map[string]json.RawMessage

// set sets a field to a value that always has a JSON form. It makes the object if
// the file has none, or null.
func (m *members) set(name string, v any) {
	if *m == nil {
		*m = members{}
	}
	(*m)[name], _ = json.Marshal(v)
}

// Tidy removes what killed processes have left when they wrote the file: it holds
// tokens. The caller must ensure that no awsexec writes it meanwhile.
func (f file) Tidy() { atomicfile.Tidy(f.ID()) }

// write replaces the file. A file that was readable for others stays so.
func (f file) write(m members) error {
	f.Tidy()
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	defer clear(data)
	return atomicfile.Write(string(f), data, 0o600)
}

// create writes a new file, which only the user can read, and its directory.
func (f file) create(m members) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	defer clear(data)
	f.Tidy()
	path := f.ID()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return atomicfile.WriteIn(dir, filepath.Base(path), data, true)
}

// Remove removes the file, if there is one.
func (f file) Remove() error {
	f.Tidy()
	if err := os.Remove(f.ID()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// PlainFiles returns the files of the AWS CLI below a user's home, and in dir if that is
// not "", that hold tokens of a sign-in.
func PlainFiles(home, dir string) (found []string) {
	dirs := []string{dir}
	if home != "" {
		dirs = []string{filepath.Join(home, ".aws", "sso", "cache"), cmp.Or(dir, filepath.Join(home, ".aws", "login", "cache"))}
	}
	for _, dir := range dirs {
		files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
		for _, path := range files {
			var in struct{ AccessToken json.RawMessage }
			if file(path).read(&in) == nil && len(in.AccessToken) > 0 {
				found = append(found, path)
			}
		}
	}
	return found
}

// parseTime returns a time as botocore or an SDK writes it. Older versions of botocore
// end it with UTC.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05UTC", s)
	}
	return t.UTC(), err
}

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
