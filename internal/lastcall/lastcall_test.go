package lastcall

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func said(text string, at time.Time) *Said {
	return &Said{At: at, Text: text, Hint: "do this\nor that"}
}

func TestFailureUntilSuccess(t *testing.T) {
	c := Calls(t.TempDir())
	for _, want := range []bool{true, false} {
		if first, err := c.End("work", noon, said("no key", noon), nil); err != nil || first != want {
			t.Fatalf("first %v, want %v, %v", first, want, err)
		}
	}
	if _, err := c.End("other", noon, said("no code", noon.Add(time.Second)), nil); err != nil {
		t.Fatal(err)
	}
	all := c.All(noon)
	if len(all) != 2 || all[0].Profile != "other" || all[1].Failure == nil || *all[1].Failure != *said("no key", noon) {
		t.Fatalf("got %+v", all)
	}
	if _, err := c.End("work", noon, nil, nil); err != nil {
		t.Fatal(err)
	}
	if all := c.All(noon); len(all) != 1 || all[0].Profile != "other" {
		t.Errorf("after a success: %+v", all)
	}
}

// Warnings outlive calls that had no reason to warn, for a day.
func TestWarnings(t *testing.T) {
	c := Calls(t.TempDir())
	if _, err := c.End("work", noon, said("x", noon), []Said{*said("clock", noon), *said("cache", noon)}); err != nil {
		t.Fatal(err)
	}
	later := noon.Add(time.Hour)
	if _, err := c.End("work", later, nil, []Said{*said("clock", later)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.End("work", later, nil, nil); err != nil {
		t.Fatal(err)
	}
	all := c.All(later)
	if len(all) != 1 || all[0].Failure != nil || len(all[0].Warnings) != 2 || all[0].Warnings[0] != *said("clock", later) {
		t.Fatalf("got %+v", all)
	}
	if all := c.All(noon.Add(26 * time.Hour)); len(all) != 0 {
		t.Errorf("after a day: %+v", all)
	}
}

// The memory stays small, is closed to others, and survives what cannot be read.
func TestBounds(t *testing.T) {
	dir := t.TempDir()
	c := Calls(dir)
	long := strings.Repeat("é", 4000)
	var at sync.WaitGroup
	for i := range 3 * most {
		at.Go(func() {
			_, _ = c.End(fmt.Sprint(long, i%most, "p"), noon, said(long, noon), nil)
			_, _ = c.End(fmt.Sprint("p", i), noon, said(long, noon.Add(time.Duration(i)*time.Second)), nil)
		})
	}
	at.Wait()
	if _, err := c.End("last", noon, said(long, noon.Add(time.Hour)), nil); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Join(dir, below))
	if err != nil || len(files) > most {
		t.Fatalf("%d files, %v", len(files), err)
	}
	size := int64(0)
	for _, f := range files {
		info, err := f.Info()
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", f.Name(), info, err)
		}
		size += info.Size()
	}
	if size > most*10_000 {
		t.Errorf("%d bytes", size)
	}
	if err := os.WriteFile(filepath.Join(dir, below, "odd"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all := c.All(noon); len(all) == 0 || all[0].Profile != "last" {
		t.Errorf("got %d records", len(all))
	}
}
