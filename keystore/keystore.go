// Package keystore keeps long-term AWS access keys at rest: in the keyring of
// the operating system, in an encrypted file, or with a credential helper.
//
// A [Store] behaves the same over all of them. It keeps one short secret per
// name, and beside the store an index of names and access key ids, which is not
// secret and saves reads. A store is never enumerated: some keyrings cannot be.
//
// The backends are internal/keyring, agefile and helper, behind the contract in
// internal/backend. Here are the rules that hold over all of them: what a name
// is (name.go), how the index stays true (agree.go), and how a key is replaced
// (rotation.go). Internal/keyitem has what is stored.
package keystore

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/awsexec/awsexec/internal/agefile"
	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/helper"
	"github.com/awsexec/awsexec/internal/keyindex"
	"github.com/awsexec/awsexec/internal/keyitem"
	"github.com/awsexec/awsexec/internal/keyring"
	"github.com/awsexec/awsexec/internal/sealingkey"
)

// Options configure a store. Dir and Env are required.
type Options struct {
	// Dir is the user's data directory for awsexec. It holds the encrypted
	// file, the index of names and the lock. The first write creates it with
	// mode 0700.
	Dir string

	// Env looks up a variable of the process's own environment ("" if unset).
	// It must be the real environment, since the D-Bus library reads that.
	Env func(string) string

	// Environ is the environment of a credential helper.
	Environ []string

	// Passphrase asks for the passphrase of the encrypted file; with create it
	// is a new one, to be asked for twice. It is called only when the
	// passphrase is needed, and not again while the passphrase stays right. The
	// store owns the bytes and overwrites them after use. Without Passphrase,
	// or if it fails, an encrypted file is [ErrLocked].
	Passphrase func(ctx context.Context, create bool) ([]byte, error)

	// Host is what the identities of an encrypted file with recipients need of
	// the user and of the system.
	Host agekeys.Host

	// NoPrompt makes a locked keyring fail with [ErrLocked] where it would show
	// a dialog. On macOS a dialog cannot be foreseen, nor can that of a credential
	// helper. The encrypted file asks through Passphrase alone.
	NoPrompt bool

	// Timeout is how long a keyring may be silent in one operation; 0 means 4
	// seconds. A keyring that waits for a person is not silent: only the
	// context bounds that wait. A credential helper has as long for each call; 0
	// means 10 seconds.
	Timeout time.Duration

	// Hold is how long the kernel holds the sealing key of cached sessions
	// after it has been read from the store, so that the next calls need not
	// read it again. Only Linux does that. 0 means that the kernel must hold
	// nothing: [Store.Unlock] fails, and what the kernel holds is not used.
	Hold time.Duration

	// Debug, if not nil, receives single steps, never a secret. It may be
	// called by several goroutines at once.
	Debug func(format string, args ...any)

	// WorkFactor is the base-2 logarithm of the scrypt cost of writing the
	// encrypted file; 0 means 18, about a second.
	WorkFactor int
}

const (
	fileName        = "keystore.age"
	waysName        = "keystore.identities.json"
	unlockedName    = "keystore.unlocked"
	lockName        = "keystore.lock"
	sealingLockName = "sealing.lock"
)

// Open opens the store of the given kind; "" means [KindAuto].
//
// [KindAuto] is the store that the user has moved the keys to; see [Options.Chosen].
// Else it is the keyring if there is one; else the encrypted file if the user
// has made one; else [ErrUnavailable]. A keyring that is locked, refuses
// or does not answer is there: its errors are returned, and the file is not
// used instead. Opening costs at most one connect(2) to the session bus. Only
// the first call on the store finds out whether the bus has a keyring at all,
// and only if there is a file to use instead.
func Open(kind Kind, o Options) (*Store, error) {
	kind, err := ParseKind(string(kind))
	if err != nil {
		return nil, err
	}
	switch kind {
	case KindKeyring:
		return OpenKeyring(o)
	case KindFile:
		return OpenFile(o)
	case KindAuto:
		return openAuto(o)
	}
	return openHelper(kind, o)
}

func openAuto(o Options) (*Store, error) {
	switch chosen, err := o.Chosen(); {
	case err != nil:
		return nil, err
	case chosen.Kind != "":
		return Open(chosen.Kind, o)
	}
	s, err := OpenKeyring(o)
	if !FileExists(o) {
		return s, err
	}
	file, fileErr := OpenFile(o)
	if err != nil {
		return file, fileErr
	}
	s.fallback = file.vault
	return s, nil
}

// OpenKeyring opens the keyring of the operating system. The error is
// [ErrUnavailable] if none can be reached; to find out it starts nothing.
func OpenKeyring(o Options) (*Store, error) {
	index := indexAt(o.Dir, KindKeyring)
	k := keyring.New(keyring.Options{Env: o.Env, Timeout: o.Timeout, NoPrompt: o.NoPrompt, Listed: listed(index), Probe: keyitem.Sealing})
	if err := k.Reachable(); err != nil {
		return nil, fmt.Errorf("%s: %w", k, err)
	}
	return &Store{
		dir: o.Dir,
		vault: &vault{
			kind: KindKeyring, backend: k, keyring: k, memory: new(memory), index: index, holder: newHolder(o, KindKeyring),
		},
	}, nil
}

// openHelper opens a store whose items a credential helper keeps. The error is a
// [*NoHelperError] if the helper is not installed.
func openHelper(kind Kind, o Options) (*Store, error) {
	name, _ := kind.Helper()
	index := indexAt(o.Dir, kind)
	h := helper.New(helper.Options{
		Name: name, Environ: o.Environ, Timeout: o.Timeout, NoPrompt: o.NoPrompt, Debug: o.debug(),
		Stored: func() []backend.Item { return stored(index) },
	})
	if err := h.Reachable(); err != nil {
		return nil, err
	}
	return &Store{
		dir:   o.Dir,
		vault: &vault{kind: kind, backend: h, memory: new(memory), index: index, holder: newHolder(o, kind)},
	}, nil
}

// stored returns the items that should be in the store that index describes: the
// sealing key, which every store has beside its first key, and the keys.
func stored(index keyindex.Index) []backend.Item {
	f, _, err := index.Load()
	if err != nil || len(f.Keys) == 0 {
		return nil
	}
	items := []backend.Item{keyitem.Sealing}
	for name := range f.Keys {
		items = append(items, keyitem.OfKey(name))
	}
	return items
}

// listed returns the function that reports whether an item should be in the
// keyring that index describes.
func listed(index keyindex.Index) func(backend.Item) bool {
	return func(it backend.Item) bool {
		f, _, err := index.Load()
		key, ok := f.Keys[it.Name]
		switch {
		case err != nil:
			return true
		case it == keyitem.Sealing:
			return len(f.Keys) > 0
		case it == keyitem.OfJournal(it.Name):
			return key.Rotating
		}
		return ok // a TOTP secret is where its key is, if there is one
	}
}

// OpenFile opens the encrypted file, keystore.age in the data directory. The
// file may be missing: the first write creates it.
func OpenFile(o Options) (*Store, error) {
	h := newHolder(o, KindFile)
	f, err := newFile(o, h)
	if err != nil {
		return nil, err
	}
	return &Store{
		dir:   o.Dir,
		vault: &vault{kind: KindFile, backend: f, file: f, memory: new(memory), index: indexAt(o.Dir, KindFile), holder: h},
	}, nil
}

func newFile(o Options, h sealingkey.Holder) (*agefile.File, error) {
	return agefile.New(agefile.Options{
		Path: filePath(o), Ways: filepath.Join(o.Dir, waysName), Passphrase: o.Passphrase, Host: o.Host, WorkFactor: o.WorkFactor, Debug: o.debug(), Copy: unlockedCopy(o),
		Initial: func() (backend.Item, []byte) { return keyitem.Sealing, sealingkey.Encode(sealingkey.New()) }, Forget: h.Forget,
	})
}

func (o Options) debug() func(format string, args ...any) {
	if o.Debug == nil {
		return func(string, ...any) {}
	}
	return o.Debug
}

// FileExists reports whether the encrypted file exists. It returns true if that
// cannot be determined.
func FileExists(o Options) bool { return agefile.Exists(filePath(o)) }

// unlockedCopy describes the copy that is read while the encrypted file is
// unlocked.
func unlockedCopy(o Options) agefile.UnlockedCopy {
	return agefile.UnlockedCopy{
		Path: filepath.Join(o.Dir, unlockedName), Key: unlockName(KindFile, o.Dir), Off: o.Hold <= 0, Debug: o.debug(),
	}
}

func filePath(o Options) string { return filepath.Join(o.Dir, fileName) }
