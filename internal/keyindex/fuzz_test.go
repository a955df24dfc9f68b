package keyindex

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/awsexec/awsexec/internal/backend"
)

// FuzzIndex checks that any index is either used correctly, or set aside
// unchanged before it is replaced, or left alone if it is a newer awsexec's.
func FuzzIndex(f *testing.F) {
	for _, text := range []string{
		`{"version":1,"keys":{"dev":{"access_key_id":"AKIA","added":"2026-01-02T03:04:05Z","rotating":true}}}`,
		`{"version":1,"keys":{}}`, `{"version":1}`, `{"version":2,"keys":{}}`, `{"version":1,"keys":{"":{}}}`, `{"version":1,"keys":{"a":{"added":"x"}}}`, "{", "", "null",
	} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		x := Index{Path: filepath.Join(dir, "index.json")}
		if err := os.WriteFile(x.Path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(x.Path + ".damaged"); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		before, damaged, err := x.Load()
		if errors.Is(err, backend.ErrNewer) {
			if err := x.Set("new", "AKIANEW"); !errors.Is(err, backend.ErrNewer) {
				t.Fatalf("set in the index of a newer awsexec: %v", err)
			}
			if after, err := os.ReadFile(x.Path); err != nil || !bytes.Equal(after, data) {
				t.Fatalf("the index of a newer awsexec was changed: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Set("new", "AKIANEW"); err != nil {
			t.Fatal(err)
		}
		if aside, err := os.ReadFile(x.Path + ".damaged"); damaged && (err != nil || !bytes.Equal(aside, data)) {
			t.Fatalf("a damaged index was not set aside: %v", err)
		}
		after, damaged, err := x.Load()
		if err != nil || damaged || after.Keys["new"].AccessKeyID != "AKIANEW" {
			t.Fatalf("cannot read the written index: damaged %v, %v", damaged, err)
		}
		for name, entry := range before.Keys {
			if name != "new" && after.Keys[name].AccessKeyID != entry.AccessKeyID {
				t.Fatalf("entry %q has changed from %q to %q", name, entry.AccessKeyID, after.Keys[name].AccessKeyID)
			}
		}
	})
}
