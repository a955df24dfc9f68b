package fastpath

import (
	"encoding/hex"
	"errors"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// Ticket says which session answers a call, and what else a child gets.
type Ticket struct {
	Store   string // the kind of the keystore, under which the kernel holds the sealing key
	Session string // its file below the cache's directory, with slashes

	MadeWith string   // the long-term key id that the session was made with
	Index    [32]byte // digest of the index that named this key

	Region  string // for the child
	Profile string // for the child
}

// magic begins the header of a ticket. Store and Session follow, each after a
// byte with its length. The header is plaintext: it says which key opens the
// ticket, and lets the reader find out whether the key is worth asking for.
const magic = "awsexec ticket\x03" // the last byte is the version of the format

var errBad = errors.New("not a ticket")

// Sealed is a ticket in its file, with its header read, which is not to be
// trusted yet.
type Sealed struct {
	Store   string
	Session string

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
	if len(data) < len(magic) || string(data[:len(magic)]) != magic {
		return s, errBad
	}
	s = Sealed{data: data, fingerprint: f}
	rest := data[len(magic):]
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
	t := Ticket{Store: s.Store, Session: s.Session}
	var index string
	err := cache.Open(key, s.data, s.headerSize, string(s.fingerprint[:]), &t.MadeWith, &index, &t.Region, &t.Profile)
	if err == nil && copy(t.Index[:], index) != len(t.Index) {
		err = errBad
	}
	return t, err
}

// Seal returns the file of t, which opens only for calls with the fingerprint f.
func (t Ticket) Seal(key *[32]byte, f Fingerprint) ([]byte, error) {
	header := []byte(magic)
	for _, field := range []string{t.Store, t.Session} {
		if len(field) > 255 {
			return nil, errBad
		}
		header = append(append(header, byte(len(field))), field...)
	}
	return cache.Seal(key, header, string(f[:]), t.MadeWith, string(t.Index[:]), t.Region, t.Profile)
}

// file returns the path of the ticket for calls with the fingerprint f, below the
// directory of the cache, with slashes.
func file(f Fingerprint) string { return cache.Tickets + "/" + hex.EncodeToString(f[:16]) }

// Read returns the file of the session that s names, still sealed.
func (c *Call) Read(s Sealed) ([]byte, error) { return ownfile.Dir(c.Cache).Read(s.Session) }
