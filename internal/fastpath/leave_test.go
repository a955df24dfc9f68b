package fastpath

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ownfile"
)

// TestOldTicketsGo: tidy removes a ticket when it is old, and not before.
func TestOldTicketsGo(t *testing.T) {
	dir := ownfile.Dir(t.TempDir())
	young, old := file(Fingerprint{1}), file(Fingerprint{2})
	for _, name := range []string{young, old} {
		if err := dir.Write(name, []byte("a ticket")); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-ticketLife - time.Hour)
	if err := os.Chtimes(filepath.Join(string(dir), filepath.FromSlash(old)), past, past); err != nil {
		t.Fatal(err)
	}
	tidy(dir)
	if _, err := dir.Read(young); err != nil {
		t.Errorf("the young one is gone: %v", err)
	}
	if _, err := dir.Read(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old one is left: %v", err)
	}
}
