package agefile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/backend"
)

// FuzzFile checks that a file with any bytes is either used correctly, or left
// alone.
func FuzzFile(f *testing.F) {
	good, err := encrypt([]byte(`{"version":1,"items":{"test/dev":"UzNDUjNUTUFSS0VS"}}`), []byte(testPassphrase), 1)
	if err != nil {
		f.Fatal(err)
	}
	for _, sealed := range [][]byte{good, good[:len(good)-1], good[:40], nil, []byte("age-encryption.org/v1\n-> X25519 x\ny\n--- z\n"), []byte(marker)} {
		f.Add(sealed)
	}
	o := testOptions(filepath.Join(f.TempDir(), "file"))
	o.WorkFactor = 1
	stanza := regexp.MustCompile(`(?m)^-> scrypt \S+ (\d+)`)
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if m := stanza.FindSubmatch(sealed); m != nil {
			if factor, err := strconv.Atoi(string(m[1])); err != nil || factor > 8 {
				return // correct, but slow
			}
		}
		if err := os.WriteFile(o.Path, sealed, 0o600); err != nil {
			t.Fatal(err)
		}
		file := newFile(t, o)
		before, getErr := get(t, file, keyItem)
		setErr := set(t, file, backend.Item{Service: "test", Name: "new"}, marker+"new")
		for _, err := range []error{getErr, setErr} {
			if err != nil && strings.Contains(err.Error(), marker) {
				t.Fatalf("an error quotes a secret: %v", err)
			}
		}
		after, err := os.ReadFile(o.Path)
		if err != nil {
			t.Fatal(err)
		}
		if setErr != nil {
			if !errors.Is(setErr, backend.ErrCorrupt) && !errors.Is(setErr, backend.ErrLocked) || !bytes.Equal(after, sealed) {
				t.Fatalf("the file was changed, or the error is a wrong one: %v", setErr)
			}
			return
		}
		if bytes.Contains(after, []byte(marker)) {
			t.Fatal("a secret is in plaintext")
		}
		again := newFile(t, o)
		wantItem(t, again, backend.Item{Service: "test", Name: "new"}, marker+"new")
		if got, err := get(t, again, keyItem); (err == nil) != (getErr == nil) || !bytes.Equal(got, before) {
			t.Fatalf("another item has changed: %v, was %v", err, getErr)
		}
	})
}
