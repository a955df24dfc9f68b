// Package keystore keeps long-term AWS access keys at rest: in the keyring of the operating system, or in a file
// encrypted with a passphrase.
//
// A [Store] is the same over both. It keeps one short secret per name, and beside it an index of names and access key
// ids, which is not secret and spares keyring reads. The store is never enumerated: the keyrings of some systems cannot be.
package keystore

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/awsexec/awsexec/internal/agefile"
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/keyindex"
	"github.com/awsexec/awsexec/internal/keyring"
	"github.com/awsexec/awsexec/internal/sealingkey"
)

// The kinds of failure. Every error of this package that has one of these causes wraps it, whatever keeps the keys.
var (
	// ErrNotFound: the store can be read, and has no such key.
	ErrNotFound = backend.ErrNotFound
	// ErrLocked: the key may be there, but the store is locked and nobody unlocked it: no dialog could be shown, nobody
	// answered it in time, or no right passphrase was given.
	ErrLocked = backend.ErrLocked
	// ErrWrongPassphrase is the [ErrLocked] of an encrypted file whose passphrase is another one.
	ErrWrongPassphrase = backend.ErrWrongPassphrase
	// ErrUnavailable: there is no keyring that could be reached, or it does not answer.
	ErrUnavailable = backend.ErrUnavailable
	// ErrRefused: a human or the operating system said no.
	ErrRefused = backend.ErrRefused
	// ErrTooBig: the value is larger than the store takes.
	ErrTooBig = backend.ErrTooBig
	// ErrNotHeld: the kernel cannot or may not hold keys here.
	ErrNotHeld = kernelkey.ErrUnavailable
	// ErrCorrupt: the store is there but cannot be understood. It is left as it is, never overwritten.
	ErrCorrupt = backend.ErrCorrupt
)

// Kind says what keeps the keys.
type Kind string

const (
	KindAuto    Kind = "auto"    // the keyring if there is one, else the file if it has been made
	KindKeyring Kind = "keyring" // the keyring of the operating system
	KindFile    Kind = "file"    // the file encrypted with a passphrase
)

// Options say where a store is and how it may wait and ask. Dir and Env are required.
type Options struct {
	// Dir is the user's data directory for awsexec. The encrypted file, the index of names and the lock are in it. It is
	// created with mode 0700 by the first write.
	Dir string

	// Env looks up a variable of the process's own environment ("" if unset). It must be the real one, since the D-Bus
	// library below reads that.
	Env func(string) string

	// Passphrase asks for the passphrase of the encrypted file; create says that it is a new one, to be asked twice. It is
	// called only when the passphrase is needed, and once as long as that one fits. The store owns the bytes and
	// overwrites them when it is done with them. Without it, or when it fails, an encrypted file is [ErrLocked].
	Passphrase func(ctx context.Context, create bool) ([]byte, error)

	// NoPrompt has a locked keyring fail with [ErrLocked] where it would show a dialog. On macOS that cannot be known beforehand.
	// (The encrypted file asks through Passphrase alone.)
	NoPrompt bool

	// Timeout bounds a keyring's silence over a whole operation, whatever its service does meanwhile; 0 means 4 seconds. A
	// keyring that waits for a human is not silent: that wait is bounded by the context alone.
	Timeout time.Duration

	// Hold is how long the kernel may hold the sealing key of cached sessions, once it has been read from the store, so that the
	// calls that follow need not read it again; only Linux does. 0 means that the kernel is to hold nothing, so that [Store.Unlock]
	// fails, and what it holds is not used.
	Hold time.Duration

	// Debug, if not nil, is told of single steps, never of a secret.
	Debug func(format string, args ...any)

	// WorkFactor is the base-2 logarithm of the scrypt cost for writing the encrypted file; 0 means 18, about a second.
	WorkFactor int
}

const (
	fileName         = "keystore.age"
	unlockedName     = "keystore.unlocked"
	fileIndexName    = "keystore.index.json"
	keyringIndexName = "keyring.index.json"
	lockName         = "keystore.lock"
	sealingLockName  = "sealing.lock"
)

// Open opens the store of the given kind; "" means [KindAuto].
//
// [KindAuto] is the keyring if there is one; else the encrypted file if the user has made one; else [ErrUnavailable]. A
// keyring that is locked, refuses or does not answer is there: its errors are returned, never turned into a use of the
// file. Opening costs no more than one connect(2) to the session bus. Whether a bus has a keyring at all is found out by
// the first call on the store, and only when there is a file to choose instead.
func Open(kind Kind, o Options) (*Store, error) {
	switch kind {
	case KindKeyring:
		return OpenKeyring(o)
	case KindFile:
		return OpenFile(o)
	case KindAuto, "":
	default:
		return nil, fmt.Errorf("keystore %q: must be auto, keyring or file", kind)
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

// OpenKeyring opens the keyring of the operating system. The error is [ErrUnavailable] where none can be reached, which is
// found out without starting anything.
func OpenKeyring(o Options) (*Store, error) {
	k := keyring.New(keyring.Options{Env: o.Env, Timeout: o.Timeout, NoPrompt: o.NoPrompt, Probe: sealingItem})
	if err := k.Reachable(); err != nil {
		return nil, fmt.Errorf("%s: %w", k, err)
	}
	return &Store{
		dir: o.Dir,
		vault: &vault{
			kind: KindKeyring, backend: k, keyring: k, memory: new(memory), index: keyindex.Index{Path: filepath.Join(o.Dir, keyringIndexName)}, holder: newHolder(o, KindKeyring),
		},
	}, nil
}

// OpenFile opens the encrypted file, keystore.age in the data directory. It need not exist: the first write makes it.
func OpenFile(o Options) (*Store, error) {
	h := newHolder(o, KindFile)
	f, err := agefile.New(agefile.Options{
		Path: filePath(o), Passphrase: o.Passphrase, WorkFactor: o.WorkFactor, Debug: o.debug(), Copy: unlockedCopy(o),
		Initial: func() (backend.Item, []byte) { return sealingItem, sealingkey.Encode(sealingkey.New()) }, Forget: h.Forget,
	})
	if err != nil {
		return nil, err
	}
	return &Store{
		dir:   o.Dir,
		vault: &vault{kind: KindFile, backend: f, file: f, memory: new(memory), index: keyindex.Index{Path: filepath.Join(o.Dir, fileIndexName)}, holder: h},
	}, nil
}

func (o Options) debug() func(format string, args ...any) {
	if o.Debug == nil {
		return func(string, ...any) {}
	}
	return o.Debug
}

// FileExists reports whether the user has made an encrypted file. One that cannot be looked at counts as made.
func FileExists(o Options) bool { return agefile.Exists(filePath(o)) }

// unlockedCopy returns what the encrypted file is read from while it is unlocked.
func unlockedCopy(o Options) agefile.UnlockedCopy {
	return agefile.UnlockedCopy{
		Path: filepath.Join(o.Dir, unlockedName), Key: unlockName(KindFile, o.Dir), Off: o.Hold <= 0, Debug: o.debug(),
	}
}

func filePath(o Options) string { return filepath.Join(o.Dir, fileName) }
