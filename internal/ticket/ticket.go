package ticket

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/awsexec/awsexec/internal/sealed"
)

// Ticket says which session answers a call, and how that is handed on.
type Ticket struct {
	Keyring bool          // the sealing key is kept in the keyring, not in the encrypted file
	Hold    time.Duration // how long the kernel may hold it

	Session string // its file below the cache's directory, with slashes
	Region  string // for the child
	Profile string // for the child
}

// The header of a ticket, in clear since it says where the sealing key is: magic, keyring or not, and hold in seconds.
const (
	magic      = "awsexec ticket\x01" // the last byte is the version of the format
	headerSize = len(magic) + 1 + 8
)

var errBad = errors.New("not a ticket")

// Sealed is a ticket as it is kept, with its header read and not yet to be trusted.
type Sealed struct {
	Keyring bool
	Hold    time.Duration

	data        []byte
	fingerprint Fingerprint
}

// Find returns the ticket that was left for calls with the fingerprint f.
func (c *Call) Find(f Fingerprint) (s Sealed, err error) {
	data, err := readFile(c.path(f))
	if err != nil {
		return s, err
	}
	if len(data) < headerSize || string(data[:len(magic)]) != magic {
		return s, errBad
	}
	seconds := binary.BigEndian.Uint64(data[len(magic)+1:])
	return Sealed{data[len(magic)] == 1, time.Duration(seconds) * time.Second, data, f}, nil
}

// Open opens a ticket with the key of the sessions.
func (s Sealed) Open(key *[32]byte) (Ticket, error) {
	t := Ticket{Keyring: s.Keyring, Hold: s.Hold}
	err := sealed.Open(key, s.data, headerSize, string(s.fingerprint[:]), &t.Session, &t.Region, &t.Profile)
	return t, err
}

func (t Ticket) seal(key *[32]byte, f Fingerprint) ([]byte, error) {
	header := []byte(magic)
	if t.Keyring {
		header = append(header, 1)
	} else {
		header = append(header, 0)
	}
	header = binary.BigEndian.AppendUint64(header, uint64(t.Hold/time.Second))
	return sealed.Seal(key, header, string(f[:]), t.Session, t.Region, t.Profile)
}

func (c *Call) directoryOfTickets() string { return c.Cache + "/tickets" }

func (c *Call) path(f Fingerprint) string {
	return c.directoryOfTickets() + "/" + hex.EncodeToString(f[:16])
}

// Session reads the session that t names.
func (c *Call) Session(t Ticket, key *[32]byte) (sealed.Session, error) {
	data, err := readFile(c.Cache + "/" + t.Session)
	if err != nil {
		return sealed.Session{}, err
	}
	return sealed.OpenSession(key, data, sealed.Name(t.Session))
}
