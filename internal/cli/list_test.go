package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// A key is as old as AWS says or, if AWS was not asked, at least as old as its
// place in the keystore.
func TestAgeOfKeys(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	made := now.Add(-100 * 24 * time.Hour)
	rows := []listed{
		{Name: "old", Created: &made, Added: now},
		{Name: "moved", Added: now.Add(-91*24*time.Hour - time.Hour)},
		{Name: "new", Added: now.Add(-89 * 24 * time.Hour)},
	}
	var out bytes.Buffer
	u := &ui{out: &out, outLook: look{colour: true}}
	if err := u.print(tableOfKeys(u, rows, now, 90)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{"\x1b[33m100d\x1b[0m", "\x1b[33m91d+\x1b[0m", "89d+"} {
		if !strings.Contains(lines[i+1], want) {
			t.Errorf("%q has no %q", lines[i+1], want)
		}
	}
}
