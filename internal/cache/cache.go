// Package cache keeps session credentials at rest, sealed, and makes processes take turns at renewing them.
//
// A session is one small file, encrypted and authenticated with AES-256-GCM under a key that lives in the keystore. A file that cannot be
// opened for any reason (garbage, truncated, sealed under another key, moved to another name) is a miss, and is removed.
package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/sealed"
)

const (
	suffix   = ".session"
	tidyMost = 64 // how many files Store looks at for expired ones: a renewal must not get slower with the cache's size
)

// Cache is a directory of sealed sessions. Its methods may be called from several goroutines, and several processes may share the directory.
type Cache struct {
	dir     string
	keyFrom SealingKey

	mu  sync.Mutex
	key *[32]byte // the sealing key, once it has been asked for
}

// SealingKey gives the key that sessions are sealed with. It may come from where it is remembered; again says that the key given before
// does not open a session, so that it is to be looked up where it is kept.
type SealingKey func(ctx context.Context, again bool) ([32]byte, error)

// New returns the cache in dir, which is made when it is first written to. sealingKey is asked once, and only when a file has to be
// opened or sealed: a miss costs no keyring read. It is asked again for a session that its key does not open.
func New(dir string, sealingKey SealingKey) *Cache {
	return &Cache{dir: dir, keyFrom: sealingKey}
}

// Key names one session by everything that shapes it, so that no profile ever gets another's.
type Key struct {
	Base      string // access key id of the long-term key that all was made from
	Operation string // name of the STS operation
	Region    string
	Endpoint  string `json:",omitempty"` // where not AWS's own
	MFASerial string `json:",omitempty"`
	Duration  time.Duration

	// Of AssumeRole alone.
	From              string      `json:",omitempty"` // ID of the key of the session that assumes the role, if one does
	RoleARN           string      `json:",omitempty"`
	ExternalID        string      `json:",omitempty"`
	RoleSessionName   string      `json:",omitempty"`
	SourceIdentity    string      `json:",omitempty"`
	Tags              [][2]string `json:",omitempty"`
	TransitiveTagKeys []string    `json:",omitempty"`
}

// ID is a short text that no other key has.
func (k Key) ID() string {
	text, err := json.Marshal(k)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return digest(string(text))
}

// File is the path of the session's file below the cache's directory, with slashes. What it holds is sealed under its last two elements.
func (k Key) File() string { return "sessions/" + digest(k.Base) + "/" + k.ID() + suffix }

// Session is what the cache keeps.
type Session = sealed.Session

// Load returns the session kept under k. The boolean is false when there is none, whatever the reason. The error is that
// of the sealing key: a session may be there, but nothing can open it.
func (c *Cache) Load(ctx context.Context, k Key) (Session, bool, error) {
	path := c.path(k)
	data, err := atomicfile.Read(path)
	if err != nil {
		return Session{}, false, nil
	}
	key, err := c.SealingKey(ctx)
	if err != nil {
		return Session{}, false, err
	}
	s, err := sealed.OpenSession(key, data, sealed.Name(filepath.ToSlash(path)))
	if errors.Is(err, sealed.ErrNotOpened) {
		// The fault is the session's only if the key is still the right one: the keystore may have been made anew meanwhile.
		if key, err = c.ask(ctx, true); err != nil {
			return Session{}, false, err
		}
		s, err = sealed.OpenSession(key, data, sealed.Name(filepath.ToSlash(path)))
	}
	if err != nil {
		_ = os.Remove(path) // if it stays, it is overwritten or found bad again
		return Session{}, false, nil
	}
	return s, true, nil
}

// Store keeps s under k, in a file that only the user can read, and removes some sessions of the same key that have expired.
func (c *Cache) Store(ctx context.Context, k Key, s Session, now time.Time) error {
	key, err := c.SealingKey(ctx)
	if err != nil {
		return err
	}
	path := c.path(k)
	data, err := sealed.SealSession(key, s, sealed.Name(filepath.ToSlash(path)))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := atomicfile.WriteLazily(path, data, 0o600); err != nil {
		return err
	}
	c.tidy(filepath.Dir(path), now)
	return nil
}

// Expiry returns when the longest-lived session made from the long-term key base expires; the zero time if there is none. It opens
// nothing and needs no key, so it is for showing to people, not for deciding.
func (c *Cache) Expiry(base string) time.Time {
	var last time.Time
	entries, _ := os.ReadDir(c.baseDir(base))
	for _, e := range entries {
		if filepath.Ext(e.Name()) != suffix {
			continue
		}
		if t, ok := peekExpiry(filepath.Join(c.baseDir(base), e.Name())); ok && t.After(last) {
			last = t
		}
	}
	return last
}

// Forget removes all sessions made from the long-term key base.
func (c *Cache) Forget(base string) error {
	return removeSessions(c.baseDir(base))
}

// ForgetAll removes all sessions, and what leads to them.
func (c *Cache) ForgetAll() error {
	_ = os.RemoveAll(filepath.Join(c.dir, "tickets")) // they are worth nothing without their sessions
	dirs, err := os.ReadDir(filepath.Join(c.dir, "sessions"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, d := range dirs {
		err = errors.Join(err, removeSessions(filepath.Join(c.dir, "sessions", d.Name())))
	}
	return err
}

// Lock makes those who lock the same name take turns, between processes too. See flock.Lock for what it promises.
func (c *Cache) Lock(ctx context.Context, name string) (release func(), err error) {
	return flock.Lock(ctx, filepath.Join(c.dir, "locks", digest(name)))
}

// SealingKey is the key that opened or sealed the last session, for what is sealed beside it.
func (c *Cache) SealingKey(ctx context.Context) (*[32]byte, error) { return c.ask(ctx, false) }

// ask gets the sealing key, in place of the one that is known if again says so.
func (c *Cache) ask(ctx context.Context, again bool) (*[32]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.key == nil || again {
		key, err := c.keyFrom(ctx, again)
		if err != nil {
			return nil, fmt.Errorf("key of the session cache: %w", err)
		}
		c.key = &key
	}
	return c.key, nil
}

// baseDir is where everything made from one long-term key is, so that it can be forgotten without opening anything.
func (c *Cache) baseDir(base string) string {
	return filepath.Join(c.dir, "sessions", digest(base))
}

func (c *Cache) path(k Key) string {
	return filepath.Join(c.dir, filepath.FromSlash(k.File()))
}

// peekExpiry reads the time of expiry in the header of the file at path, unauthenticated.
func peekExpiry(path string) (time.Time, bool) {
	f, err := os.Open(path)
	if err != nil {
		return time.Time{}, false
	}
	defer f.Close()
	header := make([]byte, sealed.SessionHeader)
	if _, err := io.ReadFull(f, header); err != nil {
		return time.Time{}, false
	}
	s, err := sealed.Peek(header)
	return s.Credentials.Expires, err == nil
}

// tidy removes expired sessions from dir, and what killed processes left in it.
func (c *Cache) tidy(dir string, now time.Time) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	names, _ := d.Readdirnames(tidyMost)
	for _, n := range names {
		path := filepath.Join(dir, n)
		if filepath.Ext(n) != suffix { // left by a process that was killed while it wrote
			if fi, err := os.Stat(path); err == nil && now.Sub(fi.ModTime()) > time.Hour {
				_ = os.Remove(path)
			}
		} else if t, ok := peekExpiry(path); ok && t.Before(now) {
			_ = os.Remove(path)
		}
	}
}

func removeSessions(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	for _, e := range entries { // what killed processes have left of a session is no better than one
		if rmErr := os.Remove(filepath.Join(dir, e.Name())); rmErr != nil && !errors.Is(rmErr, fs.ErrNotExist) {
			err = errors.Join(err, rmErr)
		}
	}
	return err
}

// digest makes a file name of s.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}
