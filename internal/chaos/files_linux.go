package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"filippo.io/age"

	"github.com/awsexec/awsexec/internal/ststest"
)

// kept is a copy of awsexec's files, like a backup.
type kept struct {
	dir    string
	values map[string]string // the accounts in keystore.age, by name
}

// keptMost is the largest number of copies.
const keptMost = 6

// The files to copy, relative to the home.
var (
	storeFile = map[string]string{inFile: "data/awsexec/keystore.age"}
	indexFile = map[string]string{inFile: "data/awsexec/keystore.index.json",
		inKeyring: "data/awsexec/keyring.index.json"}
)

const sessionsDir = "cache/awsexec"

// copyFiles copies all files. No keystore may change meanwhile.
func (w *world) copyFiles(number int) error {
	k := kept{dir: w.path("kept", fmt.Sprint(number))}
	for _, file := range []string{storeFile[inFile], indexFile[inFile], indexFile[inKeyring]} {
		if err := copyFile(w.path(file), filepath.Join(k.dir, file)); err != nil &&
			!errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	copyTree(w.path(sessionsDir), filepath.Join(k.dir, sessionsDir))
	var err error
	if k.values, err = w.contentOf(filepath.Join(k.dir, storeFile[inFile])); err != nil {
		return err
	}
	w.kept = append(w.kept, k)
	if len(w.kept) > keptMost {
		w.kept = w.kept[1:]
	}
	return nil
}

// contentOf decrypts an encrypted file, as age(1) can, and returns the account
// of each name's key.
func (w *world) contentOf(path string) (map[string]string, error) {
	sealed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var content struct {
		Items map[string][]byte
	}
	if err := json.Unmarshal(plain, &content); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for item, value := range content.Items {
		var key struct {
			AccessKeyID string `json:"AccessKeyId"`
		}
		if name, ok := strings.CutPrefix(item, "awsexec/"); ok && json.Unmarshal(value, &key) == nil {
			values[name] = w.owner(key.AccessKeyID)
			w.mu.Lock()
			w.owners[key.AccessKeyID] = values[name] // the key may be deleted at AWS when the file is restored
			w.mu.Unlock()
		}
	}
	return values, nil
}

// owner returns the account of a long-term key, even of one that awsexec
// created.
func (w *world) owner(keyID string) string {
	if account := w.accountOf(keyID); account != "" {
		return account
	}
	account := ""
	_ = w.eachUser(func(u *user) error {
		if _, ok := w.aws.AccessKeys(u.arn)[keyID]; ok {
			account = u.account
		}
		return nil
	})
	return account
}

// copyFile replaces the file to with a copy of from, in one step.
func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	temp := to + ".copy"
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, to)
}

// copyTree copies a directory. It ignores errors, because files come and go.
func copyTree(from, to string) {
	_ = filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			below, _ := filepath.Rel(from, path)
			_ = copyFile(path, filepath.Join(to, below))
		}
		return nil
	})
}

// restoreTree replaces the directory to with a copy.
func restoreTree(from, to string) error {
	old := to + ".old"
	if err := os.Rename(to, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	copyTree(from, to)
	for {
		// A process that opened it before may still write to it.
		if err := os.RemoveAll(old); !errors.Is(err, syscall.ENOTEMPTY) {
			return err
		}
	}
}

// writeCredentials writes a credentials file with only the keys of plaintext.
func (w *world) writeCredentials() error {
	var text strings.Builder
	for name, id := range w.plaintext {
		fmt.Fprintf(&text, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", name, id, w.secrets[id])
	}
	return os.WriteFile(w.path(".aws", "credentials"), []byte(text.String()), 0o600)
}

// checkFiles searches for secrets where they must not be, and for unfinished
// files if halfDone is true.
func (w *world) checkFiles(halfDone bool) error {
	return filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path == w.path("bin") || path == w.path("kept") {
			return filepath.SkipDir
		}
		if halfDone && strings.Contains(d.Name(), ".tmp-") {
			w.report.violated(nil, "unfinished file left: %s", path)
		}
		if !d.Type().IsRegular() || strings.HasPrefix(path, w.path(".aws")) {
			return nil
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), ststest.Marker) {
			w.report.violated(nil, "a secret is in plaintext in %s", path)
		}
		return err
	})
}
