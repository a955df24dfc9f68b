package keystore

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/agetest"
)

// nativeKey returns an X25519 recipient and a file with its identity.
func nativeKey(t *testing.T) (agekeys.Recipient, string) {
	t.Helper()
	secret, r, err := agekeys.NewIdentity(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r, identityFile(t, []byte(secret))
}

func identityFile(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func recipient(t *testing.T, text string) agekeys.Recipient {
	t.Helper()
	r, err := agekeys.ParseRecipient(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// opening returns the access of r on a machine that has the identities in file.
func opening(file string, r ...agekeys.Recipient) Access {
	return Access{Recipients: r, Ways: Ways{Files: []string{file}}}
}

func fixed(a Access) func(context.Context, Access) (Access, error) {
	return func(context.Context, Access) (Access, error) { return a, nil }
}

func mustCreate(t *testing.T, dir string, a Access) {
	t.Helper()
	if err := openFile(t, testOptions(dir)).Create(t.Context(), fixed(a)); err != nil {
		t.Fatal(err)
	}
}

func TestFileOfX25519(t *testing.T) {
	contract(t, KindFile, func(*testing.T) {}, func(t *testing.T, dir string) {
		r, file := nativeKey(t)
		mustCreate(t, dir, opening(file, r))
	})
}

func TestFileOfSSH(t *testing.T) {
	contract(t, KindFile, func(*testing.T) {}, func(t *testing.T, dir string) {
		public, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		block, err := ssh.MarshalPrivateKey(key, "")
		if err != nil {
			t.Fatal(err)
		}
		line, err := ssh.NewPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		mustCreate(t, dir, opening(identityFile(t, pem.EncodeToMemory(block)), recipient(t, string(ssh.MarshalAuthorizedKey(line)))))
	})
}

// A plugin is a process for each time that the file is opened, so it runs some rows:
// to the others it makes no difference how the file is opened.
func TestFileOfPlugin(t *testing.T) {
	only := []string{"round trip", "overwrite", "delete", "processes", "sealing key", "rotation"}
	contractRows(t, only, KindFile, func(t *testing.T) { t.Setenv(pluginsVariable, agetest.Install(t)) }, func(t *testing.T, dir string) {
		r, identity := agetest.New(t, "testtouch")
		mustCreate(t, dir, opening(identityFile(t, []byte(identity)), recipient(t, r)))
	})
}

// Access goes from a passphrase to recipients and back, and nothing is lost.
func TestSetAccess(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "data"))
	s := openFile(t, o)
	mustPut(t, s, "dev", testKey(1))
	if looks, err := LookAtFile(o); err != nil || !looks.Passphrase {
		t.Errorf("looks %+v, %v", looks, err)
	}
	if _, err := s.SealingKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	stale := openFile(t, o) // a process that knows the passphrase
	wantKey(t, stale, "dev", testKey(1))

	first, firstFile := nativeKey(t)
	second, secondFile := nativeKey(t)
	if err := openFile(t, o).SetAccess(t.Context(), fixed(opening(firstFile, first))); err != nil {
		t.Fatal(err)
	}
	nobody := o
	nobody.Passphrase = nil
	s = openFile(t, nobody)
	wantKey(t, s, "dev", testKey(1))
	mustPut(t, s, "two", testKey(2))
	wantKey(t, stale, "two", testKey(2))
	mustPut(t, stale, "three", testKey(3)) // not with the passphrase that it remembers
	wantKey(t, openFile(t, nobody), "three", testKey(3))
	if err := stale.ChangePassphrase(t.Context(), giving(newPassphrase)); !errors.Is(err, ErrNoPassphrase) {
		t.Errorf("the passphrase of a file with recipients: %v", err)
	}

	if err := s.ChangeRecipients(t.Context(), func(now []agekeys.Recipient) ([]agekeys.Recipient, error) {
		return append(now, second), nil
	}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Recipients(t.Context())
	if err != nil || len(all) != 2 || all[1].Text != second.Text || all[1].Kind != agekeys.X25519 {
		t.Errorf("recipients %v, %v", all, err)
	}
	looks, err := LookAtFile(o)
	if err != nil || looks.Passphrase || !slices.Equal(looks.Recipients, []string{first.Text, second.Text}) || !slices.Equal(looks.Ways.Files, []string{firstFile}) {
		t.Errorf("looks %+v, %v", looks, err)
	}

	// Another machine, which has the other identity.
	if err := os.Remove(filepath.Join(o.Dir, waysName)); err != nil {
		t.Fatal(err)
	}
	if _, err := openFile(t, o).Get(t.Context(), "dev"); !errors.Is(err, ErrLocked) {
		t.Errorf("without an identity: %v", err)
	}
	third, thirdFile := nativeKey(t)
	if err := openFile(t, o).Adopt(t.Context(), Ways{Files: []string{thirdFile}}); !errors.Is(err, agekeys.ErrNoMatch) {
		t.Errorf("an identity that does not open it: %v", err)
	}
	if err := openFile(t, o).Adopt(t.Context(), Ways{Files: []string{secondFile}}); err != nil {
		t.Fatal(err)
	}
	wantKey(t, openFile(t, nobody), "dev", testKey(1))

	// It refuses to lock itself out.
	before := fileBytes(t, o)
	for _, a := range []Access{opening(secondFile, first, third), opening(filepath.Join(t.TempDir(), "none"), second)} {
		if err := openFile(t, o).SetAccess(t.Context(), fixed(a)); !errors.Is(err, ErrUntried) || !errors.Is(err, ErrLocked) {
			t.Errorf("an access that does not open it: %v", err)
		}
	}
	if !bytes.Equal(before, fileBytes(t, o)) {
		t.Error("the file has changed")
	}

	if err := openFile(t, o).SetAccess(t.Context(), fixed(Access{Passphrase: []byte(newPassphrase)})); err != nil {
		t.Fatal(err)
	}
	o.Passphrase = passphrase(newPassphrase)
	wantKey(t, openFile(t, o), "three", testKey(3))
	if _, err := os.Stat(filepath.Join(o.Dir, waysName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the ways are still there: %v", err)
	}
	if err := openFile(t, o).ChangeRecipients(t.Context(), nil); !errors.Is(err, ErrNoRecipients) {
		t.Error(err)
	}
	if err := openFile(t, o).Create(t.Context(), fixed(opening(firstFile, first))); !errors.Is(err, ErrExists) {
		t.Errorf("create it again: %v", err)
	}
	noSecretIn(t, o.Dir)
}

// Somebody who can write the file of ways, and not open the keystore, gets nothing:
// what is written next is not encrypted to the recipient that he adds.
func TestForeignRecipient(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "data"))
	mine, file := nativeKey(t)
	mustCreate(t, o.Dir, opening(file, mine))
	s := openFile(t, o)
	mustPut(t, s, "dev", testKey(1))
	foreign, foreignFile := nativeKey(t)
	path := filepath.Join(o.Dir, waysName)
	text, err := json.Marshal(map[string]any{"version": 1, "recipients": []string{mine.Text, foreign.Text}, "identity_files": []string{file, foreignFile}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Store{s, openFile(t, o)} {
		mustPut(t, s, "dev", testKey(2))
		all, err := s.Recipients(t.Context())
		if err != nil || len(all) != 1 || all[0].Text != mine.Text {
			t.Errorf("recipients %v, %v", all, err)
		}
	}
	secret, err := os.ReadFile(foreignFile)
	if err != nil {
		t.Fatal(err)
	}
	identities, err := agekeys.ParseIdentities(secret, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := agekeys.Decrypt(t.Context(), agekeys.Host{}, fileBytes(t, o), identities); !errors.Is(err, agekeys.ErrNoMatch) {
		t.Errorf("the foreign identity opens it: %v", err)
	}
	if looks, err := LookAtFile(o); err != nil || !slices.Equal(looks.Recipients, []string{mine.Text}) {
		t.Errorf("looks %+v, %v", looks, err)
	}
}

// What an identity lacks is an error of its kind, and nothing is written.
func TestIdentityFails(t *testing.T) {
	dir := agetest.Install(t)
	for _, row := range []struct {
		plugin  string
		answers []string
		want    error
		says    string
	}{
		{"testpin", []string{"0"}, ErrLocked, "wrong PIN"},
		{"testrefuse", nil, ErrLocked, "not plugged in"},
		{"testgarbage", nil, ErrUnavailable, "does not speak"},
		{"testmissing", nil, ErrUnavailable, "not installed"},
	} {
		t.Run(row.plugin, func(t *testing.T) {
			t.Parallel()
			o := testOptions(filepath.Join(t.TempDir(), "data"))
			o.Host = testHost(dir, row.answers...)
			mine, file := nativeKey(t)
			mustCreate(t, o.Dir, opening(file, mine))
			mustPut(t, openFile(t, o), "dev", testKey(1))
			r, identity := agetest.New(t, row.plugin)
			before := fileBytes(t, o)
			a := opening(identityFile(t, []byte(identity)), recipient(t, r))
			err := openFile(t, o).SetAccess(t.Context(), fixed(a))
			if !errors.Is(err, row.want) || !errors.Is(err, ErrUntried) || !strings.Contains(err.Error(), row.says) {
				t.Error(err)
			}
			if err := openFile(t, o).Create(t.Context(), fixed(a)); !errors.Is(err, ErrExists) {
				t.Error(err)
			}
			if !bytes.Equal(before, fileBytes(t, o)) {
				t.Error("the file has changed")
			}
		})
	}
}

func fileBytes(t *testing.T, o Options) []byte {
	t.Helper()
	b, err := os.ReadFile(filePath(o))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
