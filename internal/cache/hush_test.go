package cache

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestHush(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := New(filepath.Join(t.TempDir(), "cache"), nil) // no sealing key is asked for
	hushed := func(question string, at time.Time, want time.Duration) {
		t.Helper()
		if got := c.Hushed(question, at); got != want {
			t.Errorf("%q is hushed for %v, want %v", question, got, want)
		}
	}
	hushed("a", now, 0)
	if err := c.Unhush("a"); err != nil {
		t.Error(err)
	}
	if err := c.Hush("a", now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	hushed("a", now, time.Minute)
	hushed("a", now.Add(59*time.Second), time.Second)
	hushed("a", now.Add(61*time.Second), 0)
	hushed("a", now.Add(-time.Hour), 0) // the clock was set back
	hushed("b", now, 0)
	if err := c.Hush("a", now.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	hushed("a", now, 2*time.Minute)
	if err := c.Unhush("a"); err != nil {
		t.Fatal(err)
	}
	hushed("a", now, 0)
	if err := os.WriteFile(filepath.Join(string(c.dir), hushFile("a")), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	hushed("a", now, 0)
}
