package keystore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/helper"
	"github.com/awsexec/awsexec/internal/keyindex"
)

// Kind is a kind of store.
type Kind string

const (
	KindAuto    Kind = "auto"    // the one that was chosen, or the keyring if there is one, otherwise the file if it exists
	KindKeyring Kind = "keyring" // the keyring of the operating system
	KindFile    Kind = "file"    // the file encrypted with a passphrase or to age recipients
)

// Names of the indexes of the kinds of store.
const (
	fileIndexName    = "keystore.index.json"
	keyringIndexName = "keyring.index.json"
	helperIndexName  = "helper-%s.index.json"
)

// helperPrefix begins the kinds of store that use a credential helper.
const helperPrefix = "helper:"

// Helper returns the name of the credential helper that stores of this kind use,
// and false for all other kinds.
func (k Kind) Helper() (name string, ok bool) { return strings.CutPrefix(string(k), helperPrefix) }

// ParseKind returns the kind of store that s names; "" is [KindAuto].
func ParseKind(s string) (Kind, error) {
	kind := Kind(s)
	name, isHelper := kind.Helper()
	switch {
	case s == "":
		return KindAuto, nil
	case isHelper && helper.CheckName(name) == nil, kind == KindAuto, kind == KindKeyring, kind == KindFile:
		return kind, nil
	case isHelper:
		return "", fmt.Errorf("keystore %q: %w", s, helper.CheckName(name))
	}
	return "", fmt.Errorf("keystore %q: must be auto, keyring, file or helper:NAME", s)
}

// Helpers returns the kinds of store whose credential helpers are on the PATH.
func (o Options) Helpers() []Kind {
	var found []Kind
	for _, name := range helper.Installed(o.Env("PATH")) {
		found = append(found, Kind(helperPrefix+name))
	}
	return found
}

// kinds returns the kinds of store that there can be in a directory: those
// without a name, and the helpers that have an index.
func kinds(dir string) ([]Kind, error) {
	all := []Kind{KindKeyring, KindFile}
	before, after, _ := strings.Cut(helperIndexName, "%s")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	for _, e := range entries {
		name, isHelper := strings.CutPrefix(e.Name(), before)
		name, isIndex := strings.CutSuffix(name, after)
		if isHelper && isIndex && helper.CheckName(name) == nil {
			all = append(all, Kind(helperPrefix+name))
		}
	}
	return all, backend.Denied(err)
}

// indexAt returns the index of the store of this kind in a directory.
func indexAt(dir string, kind Kind) keyindex.Index {
	name := fileIndexName
	if of, ok := kind.Helper(); ok {
		name = fmt.Sprintf(helperIndexName, of)
	} else if kind == KindKeyring {
		name = keyringIndexName
	}
	return keyindex.Index{Path: filepath.Join(dir, name)}
}
