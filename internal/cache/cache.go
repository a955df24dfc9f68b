// Package cache keeps session credentials at rest, sealed, and makes processes
// take turns at renewing them.
//
// A session is one small file, encrypted and authenticated with AES-256-GCM,
// with a key that is in the keystore. A file that cannot be opened for any reason
// (garbage, truncated, sealed with another key, renamed) is a miss, and is
// removed.
//
// # The identity of a session
//
// A session is handed out under a profile's name only if the long-term key that
// it was made with is the one that the name has in the keystore now. Therefore
//   - the id of the long-term key that STS was really called with, at the end of
//     the chain of roles, is sealed into each session, and Load returns a session
//     only for a Key with that Base;
//   - a caller of Store has compared the key that was used with the Base that was
//     asked for, and stores nothing if they differ;
//   - a caller that hands out what Load returned asks the keystore again, after
//     Load, which key the name has: an answer from before a wait does not count.
//     The keystore returns no id that its store contradicts (see package
//     keystore);
//   - a caller that keeps a session in memory asks the keystore again before it
//     hands the session out, unless it asked within the last second (see package
//     server).
//
// # Lives
//
// Sessions that differ only in the life that STS was asked for have one identity
// and a file each. Who asked for a certain life gets that session alone. For all
// others OtherLives puts them in order; package fastpath goes by the same order.
package cache

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"time"

	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/readfile"
)

const (
	suffix   = ".session"
	lifeMark = "-" // in the name of a session's file, between identity and life
	// Tickets is the directory, below that of the cache, of files that lead to
	// sessions (see package fastpath).
	Tickets = "tickets"

	// tidyMost is how many files Store examines for expired ones: a renewal must
	// not get slower as the cache grows.
	tidyMost = 64
)

// Cache is a directory of sealed sessions. Its methods may be called from several
// goroutines, and several processes may share the directory.
type Cache struct {
	dir     ownfile.Dir
	keyFrom SealingKey
}

// SealingKey returns the key that sessions are sealed with. The key may be a
// remembered one. Again means that the last key did not open a session: the key
// must then be read from where it is kept.
type SealingKey func(ctx context.Context, again bool) ([32]byte, error)

// New returns the cache in dir, which is made when it is first written to.
// SealingKey is called whenever a file has to be opened or sealed, and only then:
// a miss costs no keyring read. It is called once more for a session that its key
// does not open.
func New(dir string, sealingKey SealingKey) *Cache {
	return &Cache{dir: ownfile.Dir(dir), keyFrom: sealingKey}
}

// Key names one session by everything that changes what it is good for, so that no
// profile ever gets another's. The region in which STS made it does not.
type Key struct {
	Base      string // access key id of the long-term key at the end of the chain, or what names the sign-in there
	Operation string // name of the operation
	Partition string
	Endpoint  string        `json:",omitempty"` // if it is the user's own
	Region    string        `json:",omitempty"` // only if the session may hold in no other
	MFASerial string        `json:",omitempty"`
	Duration  time.Duration `json:"-"` // the life that STS was asked for, to the second

	// The session policies: JSON without spaces, and the ARNs of managed ones, sorted.
	Policy     string   `json:",omitempty"`
	PolicyARNs []string `json:",omitempty"`

	// For AssumeRole only.
	From              string      `json:",omitempty"` // Identity of the session that assumes the role, if one does
	RoleARN           string      `json:",omitempty"`
	ExternalID        string      `json:",omitempty"`
	RoleSessionName   string      `json:",omitempty"`
	SourceIdentity    string      `json:",omitempty"`
	Tags              [][2]string `json:",omitempty"`
	TransitiveTagKeys []string    `json:",omitempty"`

	// For GetRoleCredentials of IAM Identity Center only.
	AccountID string `json:",omitempty"`
	RoleName  string `json:",omitempty"`
}

// Identity returns a short text that only keys have that differ in nothing but
// their life. Their sessions are good for the same.
func (k Key) Identity() string {
	text, err := json.Marshal(k)
	if err != nil {
		panic(err) // strings only
	}
	return digest(string(text))
}

// ID returns a short text that no other key has.
func (k Key) ID() string {
	return k.Identity() + lifeMark + strconv.FormatInt(int64(k.Duration/time.Second), 10)
}

// File returns the path of the session's file below the cache's directory, with
// slashes. The session is sealed under the last two elements.
func (k Key) File() string { return baseDir(k.Base) + "/" + k.ID() + suffix }

// Load returns the session of k, which was made with the long-term key k.Base.
// The boolean is false if there is none, whatever the reason. The error is that
// of the sealing key, without which nothing opens a session that may exist, or an
// [*ownfile.RefusedError].
func (c *Cache) Load(ctx context.Context, k Key) (Session, bool, error) {
	return c.load(ctx, k.File(), k.Base)
}

// LoadAny is Load for a caller to whom any life is right: the session of k if that
// is fresh, else the first of [OtherLives] that opens, else the session of k.
func (c *Cache) LoadAny(ctx context.Context, k Key, now time.Time) (Session, bool, error) {
	own, ok, err := c.Load(ctx, k)
	if err != nil || ok && own.Fresh(now) {
		return own, ok, err
	}
	for _, file := range OtherLives(c.dir, k.File(), now) {
		s, found, err := c.load(ctx, file, k.Base)
		if err != nil {
			return Session{}, false, err
		}
		if found && (!ok || s.Fresh(now) || s.Left(now) > own.Left(now)) {
			return s, true, nil
		}
	}
	return own, ok, nil
}

// load returns the session in a file, which was made with the long-term key base.
func (c *Cache) load(ctx context.Context, file, base string) (Session, bool, error) {
	data, err := c.dir.Read(file)
	if _, refused := errors.AsType[*ownfile.RefusedError](err); refused {
		return Session{}, false, err
	}
	if err != nil {
		c.dropOdd(file, err)
		return Session{}, false, nil
	}
	key, err := c.SealingKey(ctx)
	if err != nil {
		return Session{}, false, err
	}
	s, err := OpenSession(key, data, Name(file))
	if errors.Is(err, ErrNotOpened) {
		// The session is damaged only if the key is still the right one: the
		// keystore may have been made anew meanwhile.
		if key, err = c.ask(ctx, true); err != nil {
			return Session{}, false, err
		}
		s, err = OpenSession(key, data, Name(file))
	}
	if err != nil || s.MadeWith != base {
		_ = c.dir.Remove(file) // a file that stays is overwritten, or removed by the next Load
		return Session{}, false, nil
	}
	return s, true, nil
}

// Store writes s as the session of k, to a file that only the user can read, and
// removes some expired sessions of the same long-term key. A session that was
// made with another long-term key than k.Base is an error.
func (c *Cache) Store(ctx context.Context, k Key, s Session, now time.Time) error {
	if s.MadeWith != k.Base {
		return fmt.Errorf("a session made with %q is not one of %q", s.MadeWith, k.Base)
	}
	key, err := c.SealingKey(ctx)
	if err != nil {
		return err
	}
	data, err := SealSession(key, s, Name(k.File()))
	if err != nil {
		return err
	}
	if err := c.dir.WriteLazily(k.File(), data); err != nil {
		return err
	}
	c.tidy(path.Dir(k.File()), now)
	return nil
}

// Until returns when the session of k expires, or with anyLife that which LoadAny
// prefers, and the zero time if there is none that is fresh. It opens nothing and
// needs no key, so it is for people to read, not for decisions.
func (c *Cache) Until(k Key, anyLife bool, now time.Time) time.Time {
	files := []string{k.File()}
	if anyLife {
		files = append(files, OtherLives(c.dir, k.File(), now)...)
	}
	dir, err := c.dir.Open(baseDir(k.Base))
	if err != nil {
		return time.Time{}
	}
	defer dir.Close()
	for _, file := range files {
		if s, ok := peekIn(dir, path.Base(file)); ok && s.Fresh(now) {
			return s.Credentials.Expires
		}
	}
	return time.Time{}
}

// Forget removes all sessions made from the long-term key base.
func (c *Cache) Forget(base string) error {
	return c.removeAll(baseDir(base))
}

// ForgetTickets removes all tickets, so that the next calls go the whole way.
func (c *Cache) ForgetTickets() error { return c.removeAll(Tickets) }

// ForgetAll removes all sessions and the tickets that lead to them. It goes on
// after an error, and returns the first one.
func (c *Cache) ForgetAll() error {
	err := c.ForgetTickets() // useless without their sessions
	bases, namesErr := c.dir.Names("sessions", -1)
	if !errors.Is(namesErr, fs.ErrNotExist) {
		err = cmp.Or(err, namesErr)
	}
	for _, base := range bases {
		err = cmp.Or(err, c.removeAll("sessions/"+base))
	}
	return err
}

// Lock makes callers with the same name take turns, in other processes too. See
// flock.Lock for what it promises.
func (c *Cache) Lock(ctx context.Context, name string) (release func(), err error) {
	return flock.Lock(ctx, filepath.Join(string(c.dir), "locks", digest(name)))
}

// SealingKey returns the key that sessions are sealed with, for other files that
// are sealed with it.
func (c *Cache) SealingKey(ctx context.Context) (*[32]byte, error) { return c.ask(ctx, false) }

// ask returns the sealing key, read from where it is kept if again is true.
func (c *Cache) ask(ctx context.Context, again bool) (*[32]byte, error) {
	key, err := c.keyFrom(ctx, again)
	if err != nil {
		return nil, fmt.Errorf("key of the session cache: %w", err)
	}
	return &key, nil
}

// dropOdd removes a file that cannot be a session: one that is far too large, or
// a named pipe.
func (c *Cache) dropOdd(name string, err error) {
	_, large := errors.AsType[*readfile.TooLargeError](err)
	_, odd := errors.AsType[*readfile.NotRegularError](err)
	if large || odd {
		_ = c.dir.Remove(name)
	}
}

// baseDir returns the directory of all sessions made from one long-term key, which
// can be removed without opening one.
func baseDir(base string) string { return "sessions/" + digest(base) }

// peekExpiry returns the time of expiry in the header of a file, unauthenticated.
func peekExpiry(dir *os.Root, name string) (time.Time, bool) {
	s, ok := peekIn(dir, name)
	return s.Credentials.Expires, ok
}

// tidy removes expired sessions from dir, and what killed processes left there.
func (c *Cache) tidy(below string, now time.Time) {
	dir, err := c.dir.Open(below)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := c.dir.Names(below, tidyMost)
	for _, n := range names {
		if path.Ext(n) != suffix { // left by a process that was killed while it wrote
			if fi, err := dir.Lstat(n); err == nil && now.Sub(fi.ModTime()) > time.Hour {
				_ = c.dir.Remove(below + "/" + n)
			}
		} else if t, ok := peekExpiry(dir, n); !ok || t.Before(now) { // not ok: of another version of the format
			_ = c.dir.Remove(below + "/" + n)
		}
	}
}

// removeAll empties a directory, of the leftovers of killed processes too. It
// returns the first error.
func (c *Cache) removeAll(below string) error {
	names, err := c.dir.Names(below, -1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, n := range names {
		err = cmp.Or(err, c.dir.Remove(below+"/"+n))
	}
	return err
}

// digest returns a file name for s.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}
