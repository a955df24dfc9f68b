package keyfacts

import (
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ownfile"
)

func TestLearn(t *testing.T) {
	f := File{ownfile.Dir(filepath.Join(t.TempDir(), "awsexec"))}
	if got := f.Load(); len(got) != 0 {
		t.Fatal(got)
	}
	all := func(string) bool { return true }
	learn := func(id string, facts Facts, keep func(string) bool) {
		t.Helper()
		if err := f.Learn(t.Context(), id, facts, keep); err != nil {
			t.Fatal(err)
		}
	}
	made := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	learn("AKIA1", Facts{ARN: "arn:1"}, all)
	learn("AKIA1", Facts{Created: made}, all)
	learn("AKIA2", Facts{ARN: "arn:2"}, all)
	want := map[string]Facts{"AKIA1": {"arn:1", made}, "AKIA2": {ARN: "arn:2"}}
	if got := f.Load(); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	learn("AKIA2", Facts{}, func(id string) bool { return id != "AKIA1" })
	if got := f.Load(); !maps.Equal(got, map[string]Facts{"AKIA2": {ARN: "arn:2"}}) {
		t.Errorf("%v", got)
	}
	for _, damaged := range []string{"{", "null", "[]"} {
		if err := os.WriteFile(filepath.Join(string(f.Dir), name), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := f.Load(); got == nil || len(got) != 0 {
			t.Errorf("%s: %v", damaged, got)
		}
	}
}

// What a killed process left is removed, also if there is nothing new to learn.
func TestLearnTidies(t *testing.T) {
	f := File{ownfile.Dir(filepath.Join(t.TempDir(), "awsexec"))}
	left := filepath.Join(string(f.Dir), "."+name+".tmp-1")
	for _, facts := range []Facts{{ARN: "arn:1"}, {}} {
		if err := f.Learn(t.Context(), "AKIA1", facts, func(string) bool { return true }); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(left); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", left, err)
		}
		if err := os.WriteFile(left, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// What several learn at once is all there afterwards.
func TestLearnAtOnce(t *testing.T) {
	f := File{ownfile.Dir(filepath.Join(t.TempDir(), "awsexec"))}
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			if err := f.Learn(t.Context(), string(rune('a'+i)), Facts{ARN: "arn"}, func(string) bool { return true }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := f.Load(); len(got) != 10 {
		t.Error(got)
	}
}
