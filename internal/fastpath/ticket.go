package fastpath

import (
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// Ticket says which session answers a call, and what else a child gets.
type Ticket struct {
	Store   string // the kind of the keystore, under which the kernel holds the sealing key
	Session string // its file below the cache's directory, with slashes
	AnyLife bool   // if that is not fresh, one that differs from it only in its life is as good

	MadeWith string   // the id of the long-term key that the session was made with, or what names the sign-in
	Index    [32]byte // digest of the index that named this key
	Tokens   string   // the file that the tokens of the sign-in were in, "" for a key

	Account  string // the id that the answer has, which the session need not have
	Region   string // for the child
	Profile  string // for the child
	Settings string // for the child, in the form of JoinSettings

	Narrowing string // the same, of the session policies that the session has

	Facts string // for the log, in the form of logbook.Facts.Members
}

// JoinSettings returns variables, pairs of a name and a value, as a Ticket holds
// them: each NAME=value with a zero byte behind it.
func JoinSettings(variables [][2]string) string {
	var b strings.Builder
	for _, kv := range variables {
		b.WriteString(kv[0] + "=" + kv[1] + "\x00")
	}
	return b.String()
}

// magic begins the header of a ticket. AnyLife follows, as 0 or 1, and then Store
// and Session, each after a byte with its length. The header is plaintext: it says
// which key opens the ticket, and lets the reader find out whether the key is worth
// asking for.
const magic = "awsexec ticket\x09" // the last byte is the version of the format

var (
	errBad   = errors.New("not a ticket")
	errStale = errors.New("no fresh session")
)

// Sealed is a ticket in its file, with its header read, which is not to be
// trusted yet.
type Sealed struct {
	Store   string
	Session string
	AnyLife bool

	data        []byte
	headerSize  int
	fingerprint Fingerprint
}

// Find returns the ticket that was left for calls with the fingerprint f.
func (c *Call) Find(f Fingerprint) (s Sealed, err error) {
	data, err := ownfile.Dir(c.Cache).Read(file(f))
	if err != nil {
		return s, err
	}
	if len(data) <= len(magic) || string(data[:len(magic)]) != magic || data[len(magic)] > 1 {
		return s, errBad
	}
	s = Sealed{AnyLife: data[len(magic)] == 1, data: data, fingerprint: f}
	rest := data[len(magic)+1:]
	for _, field := range []*string{&s.Store, &s.Session} {
		if len(rest) < 1 || len(rest) < 1+int(rest[0]) {
			return Sealed{}, errBad
		}
		*field, rest = string(rest[1:1+int(rest[0])]), rest[1+int(rest[0]):]
	}
	s.headerSize = len(data) - len(rest)
	return s, nil
}

// Open opens a ticket with the key of the sessions.
func (s Sealed) Open(key *[32]byte) (Ticket, error) {
	t := Ticket{Store: s.Store, Session: s.Session, AnyLife: s.AnyLife}
	var index string
	err := cache.Open(key, s.data, s.headerSize, string(s.fingerprint[:]), &t.MadeWith, &index, &t.Tokens, &t.Account, &t.Region, &t.Profile, &t.Settings, &t.Narrowing, &t.Facts)
	if err == nil && copy(t.Index[:], index) != len(t.Index) {
		err = errBad
	}
	return t, err
}

// Seal returns the file of t, which opens only for calls with the fingerprint f.
func (t Ticket) Seal(key *[32]byte, f Fingerprint) ([]byte, error) {
	header := append([]byte(magic), 0)
	if t.AnyLife {
		header[len(magic)] = 1
	}
	for _, field := range []string{t.Store, t.Session} {
		if len(field) > 255 {
			return nil, errBad
		}
		header = append(append(header, byte(len(field))), field...)
	}
	return cache.Seal(key, header, string(f[:]), t.MadeWith, string(t.Index[:]), t.Tokens, t.Account, t.Region, t.Profile, t.Settings, t.Narrowing, t.Facts)
}

// file returns the path of the ticket for calls with the fingerprint f, below the
// directory of the cache, with slashes.
func file(f Fingerprint) string { return cache.Tickets + "/" + hex.EncodeToString(f[:16]) }

// Read returns a session that s allows and that seems to be fresh, still sealed,
// and its file. It prefers them as the whole program does; see cache.LoadAny.
func (c *Call) Read(s Sealed, now time.Time) (data []byte, file string, err error) {
	data, err = c.readFresh(s.Session, now)
	if err == nil || !s.AnyLife {
		return data, s.Session, err
	}
	others := cache.OtherLives(ownfile.Dir(c.Cache), s.Session, now)
	if len(others) == 0 {
		return nil, "", err
	}
	data, err = c.readFresh(others[0], now)
	return data, others[0], err
}

// readFresh returns the file of a session whose header says that it is fresh.
func (c *Call) readFresh(file string, now time.Time) ([]byte, error) {
	data, err := ownfile.Dir(c.Cache).Read(file)
	if err != nil {
		return nil, err
	}
	if s, err := cache.Peek(data); err != nil || !s.Fresh(now) {
		return nil, errStale
	}
	return data, nil
}
