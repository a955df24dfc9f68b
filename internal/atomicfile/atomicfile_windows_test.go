package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Write waits for a program that reads the file without sharing its deletion.
func TestWriteWaitsForReaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".moved"); err == nil {
		t.Fatal("Windows allowed to rename an open file, so this test proves nothing")
	}
	closed := make(chan struct{})
	time.AfterFunc(50*time.Millisecond, func() {
		reader.Close()
		close(closed)
	})
	if err := Write(path, []byte("new"), 0o600); err != nil {
		t.Error(err)
	}
	<-closed
	check(t, path, "new", 0o600)
}
