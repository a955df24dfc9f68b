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

// The header of a ticket is in clear, since it says where the sealing key is and whether it is worth asking for: magic, keyring or not, hold
// in seconds (big-endian), length and text of the session's file.
const (
	magic     = "awsexec ticket\x01" // the last byte is the version of the format
	fixedSize = len(magic) + 1 + 8 + 1
)

var errBad = errors.New("not a ticket")

// Sealed is a ticket as it is kept, with its header read and not yet to be trusted.
type Sealed struct {
	Keyring bool
	Hold    time.Duration
	Session string

	data        []byte
	headerSize  int
	fingerprint Fingerprint
}

// Find returns the ticket that was left for calls with the fingerprint f.
func (c *Call) Find(f Fingerprint) (s Sealed, err error) {
	data, err := readFile(c.Path(f))
	if err != nil {
		return s, err
	}
	if len(data) < fixedSize || string(data[:len(magic)]) != magic {
		return s, errBad
	}
	seconds := binary.BigEndian.Uint64(data[len(magic)+1:])
	size := fixedSize + int(data[fixedSize-1])
	if len(data) < size {
		return s, errBad
	}
	return Sealed{data[len(magic)] == 1, time.Duration(seconds) * time.Second, string(data[fixedSize:size]), data, size, f}, nil
}

// Open opens a ticket with the key of the sessions.
func (s Sealed) Open(key *[32]byte) (Ticket, error) {
	t := Ticket{Keyring: s.Keyring, Hold: s.Hold, Session: s.Session}
	err := sealed.Open(key, s.data, s.headerSize, string(s.fingerprint[:]), &t.Region, &t.Profile)
	return t, err
}

// Seal makes the file of t, which opens for calls with the fingerprint f only.
func (t Ticket) Seal(key *[32]byte, f Fingerprint) ([]byte, error) {
	header := []byte(magic)
	if t.Keyring {
		header = append(header, 1)
	} else {
		header = append(header, 0)
	}
	header = binary.BigEndian.AppendUint64(header, uint64(t.Hold/time.Second))
	if len(t.Session) > 255 {
		return nil, errBad
	}
	header = append(append(header, byte(len(t.Session))), t.Session...)
	return sealed.Seal(key, header, string(f[:]), t.Region, t.Profile)
}

// Path is where the ticket for calls with the fingerprint f is kept.
func (c *Call) Path(f Fingerprint) string {
	return c.Cache + "/tickets/" + hex.EncodeToString(f[:16])
}

// Read reads the session that s names, still sealed.
func (c *Call) Read(s Sealed) ([]byte, error) { return readFile(c.Cache + "/" + s.Session) }
