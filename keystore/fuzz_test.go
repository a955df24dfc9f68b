package keystore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/keyindex"
)

// fuzzOptions returns options for a store in dir whose passphrase is known and
// cheap.
func fuzzOptions(dir string) Options {
	return Options{
		Dir:        dir,
		Env:        func(string) string { return "" },
		Passphrase: func(context.Context, bool) ([]byte, error) { return []byte(marker), nil },
		WorkFactor: 1,
	}
}

// FuzzFileContent checks that a decrypted file with any content is either used
// correctly or left alone.
func FuzzFileContent(f *testing.F) {
	for _, plain := range []string{
		`{"version":1,"items":{"awsexec/dev":"eyJBY2Nlc3NLZXlJZCI6IkFLSUEiLCJTZWNyZXRBY2Nlc3NLZXkiOiJTM0NSM1RNQVJLRVIifQ==","awsexec-cache/sealing-key":"AAAA"}}`,
		`{"version":1,"items":{"awsexec/dev":"UzNDUjNUTUFSS0VS"}}`, `{"version":1,"items":{}}`, `{"version":2,"items":{}}`, `{"version":1}`,
		`{"version":1,"items":{"awsexec/dev":null}}`, `{"version":1,"items":{"awsexec/dev":"S3CR3TMARKER"}}`, "S3CR3TMARKER", "",
	} {
		f.Add([]byte(plain))
	}
	o := fuzzOptions(f.TempDir())
	f.Fuzz(func(t *testing.T, plain []byte) {
		useFile(t, o, encrypted(t, plain))
	})
}

// useFile uses a store whose encrypted file is sealed, and checks that an
// unreadable file is not overwritten.
func useFile(t *testing.T, o Options, sealed []byte) {
	t.Helper()
	path := filepath.Join(o.Dir, fileName)
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(o.Dir, fileIndexName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	s, err := OpenFile(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	key, getErr := s.Get(ctx, "dev")
	noSecret(t, getErr)
	if getErr == nil && (key.AccessKeyID == "" || key.SecretAccessKey == "") {
		t.Fatal("an incomplete key is returned")
	}
	_, rotationErr := s.Rotation(ctx, "dev")
	noSecret(t, rotationErr)
	want := aws.Credentials{AccessKeyID: "AKIANEW", SecretAccessKey: "S3CR3TMARKER new"}
	putErr := s.Put(ctx, "new", want)
	noSecret(t, putErr)
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if putErr != nil {
		if !errors.Is(putErr, ErrCorrupt) && !errors.Is(putErr, ErrLocked) && !errors.Is(putErr, ErrNewer) || !bytes.Equal(after, sealed) {
			t.Fatalf("the file was changed, or the error is a wrong one: %v", putErr)
		}
		return
	}
	if bytes.Contains(after, []byte("S3CR3TMARKER")) {
		t.Fatal("a secret is in plaintext")
	}
	again, err := OpenFile(o)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Get(ctx, "new"); err != nil || got.SecretAccessKey != want.SecretAccessKey {
		t.Fatalf("the stored key is missing: %v", err)
	}
	if got, err := again.Get(ctx, "dev"); (err == nil) != (getErr == nil) || got != key {
		t.Fatalf("another key has changed: %v, was %v", err, getErr)
	}
}

// encrypted returns an age file with the passphrase of fuzzOptions.
func encrypted(t *testing.T, plain []byte) []byte {
	t.Helper()
	recipient, err := age.NewScryptRecipient(marker)
	if err != nil {
		t.Fatal(err)
	}
	recipient.SetWorkFactor(1)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return sealed.Bytes()
}

// FuzzCheckName checks that a key can be stored under every valid name, and
// that List returns the name unchanged.
func FuzzCheckName(f *testing.F) {
	for _, name := range []string{"dev", "", " ", "a/b", "é", "\x00", "..", strings.Repeat("x", 300), "\u202e"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if CheckName(name) != nil {
			return
		}
		x := keyindex.Index{Path: filepath.Join(t.TempDir(), "index.json")}
		if err := x.Set(name, "AKIA"); err != nil {
			t.Fatal(err)
		}
		if listed, _, err := x.Load(); err != nil || len(listed.Keys) != 1 || listed.Keys[name].AccessKeyID != "AKIA" {
			t.Fatalf("%q is listed as %v, %v", name, listed.Keys, err)
		}
	})
}

func noSecret(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), "S3CR3TMARKER") {
		t.Fatalf("an error quotes a secret: %v", err)
	}
}
