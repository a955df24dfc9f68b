package cache

import (
	"encoding/binary"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/credentials"
)

// The header of a session is magic, then when it was issued and when it expires,
// in seconds since 1970, big-endian.
const (
	sessionMagic = "awsexec\x04" // the last byte is the version of the format

	// SessionHeader is how many bytes of a session's file Peek needs.
	SessionHeader = len(sessionMagic) + 8 + 8
)

// freshness is how much life a session must have left to be handed out without
// renewal. Once less than 15 minutes are left, botocore runs a credential_process
// again on every use. It is a minute more than that, because SDKs are given a time
// of expiry that is a minute early.
const freshness = 16 * time.Minute

// Session is credentials that expire.
type Session struct {
	Credentials credentials.Plain // expire always
	Issued      time.Time         // when they were made, by this machine's clock
	MadeWith    string            // id of the long-term key that they were made with, at the end of any chain of roles
}

// maxSetBack is how far a clock may be set back before it no longer shows how old
// a session is. Synchronisation sets clocks back a little all the time.
const maxSetBack = 5 * time.Minute

// Fresh reports whether s can be handed out without renewal. A session with a
// short life is fresh for half of it.
func (s *Session) Fresh(now time.Time) bool {
	life := s.Credentials.Expires.Sub(s.Issued)
	return s.Left(now) > min(freshness, life/2)
}

// Left returns how long s still lives. It is 0 for a session that was issued in
// the future: the clock has been set back, but AWS's has not.
func (s *Session) Left(now time.Time) time.Duration {
	if s.Issued.Sub(now) > maxSetBack {
		return 0
	}
	return s.Credentials.Expires.Sub(now)
}

// Name returns the name that the session in the file at path, written with slashes,
// is sealed under: a file with another name does not open.
func Name(path string) string {
	i := strings.LastIndexByte(path, '/')
	return path[strings.LastIndexByte(path[:max(i, 0)], '/')+1:]
}

// SealSession returns the file of s, which opens only under this name.
func SealSession(key *[32]byte, s Session, name string) ([]byte, error) {
	c := s.Credentials
	header := []byte(sessionMagic)
	header = binary.BigEndian.AppendUint64(header, uint64(s.Issued.Unix()))
	header = binary.BigEndian.AppendUint64(header, uint64(c.Expires.Unix()))
	return Seal(key, header, name, c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.AccountID, c.Source, s.MadeWith)
}

// OpenSession returns the session in a file.
func OpenSession(key *[32]byte, data []byte, name string) (s Session, err error) {
	if s, err = Peek(data); err != nil {
		return Session{}, err
	}
	c := &s.Credentials
	if err := Open(key, data, SessionHeader, name, &c.AccessKeyID, &c.SecretAccessKey, &c.SessionToken, &c.AccountID, &c.Source, &s.MadeWith); err != nil {
		return Session{}, err
	}
	return s, nil
}

// Peek returns what the first bytes of a session's file say without a key,
// unauthenticated: when it was issued and when it expires.
func Peek(data []byte) (s Session, err error) {
	if len(data) < SessionHeader || string(data[:len(sessionMagic)]) != sessionMagic {
		return s, errBad
	}
	s.Issued = seconds(data[len(sessionMagic):])
	s.Credentials.CanExpire, s.Credentials.Expires = true, seconds(data[len(sessionMagic)+8:])
	return s, nil
}

func seconds(b []byte) time.Time {
	return time.Unix(int64(binary.BigEndian.Uint64(b)), 0).UTC()
}
