package cache

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A sealed file is a header in clear (magic, issued, expires), a nonce, and the sealed JSON. The header and the file's name are
// authenticated with it. Times are seconds since 1970, big-endian.
const (
	magic      = "awsexec\x01" // the last byte is the version of the format
	headerSize = len(magic) + 8 + 8
	nonceSize  = 12
)

var (
	errBad       = errors.New("not a sealed session")
	errNotOpened = errors.New("a session that this key does not open") // or that was damaged: nothing tells
)

// contents are the sealed part of a file.
type contents struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	AccountID       string `json:",omitempty"`
	Source          string `json:",omitempty"`
}

func seal(key *[32]byte, s Session, name string) ([]byte, error) {
	c := s.Credentials
	plain, err := json.Marshal(contents{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.AccountID, c.Source})
	if err != nil {
		return nil, errors.New("session not representable as JSON")
	}
	defer clear(plain)
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	out := []byte(magic)
	out = binary.BigEndian.AppendUint64(out, uint64(s.Issued.Unix()))
	out = binary.BigEndian.AppendUint64(out, uint64(c.Expires.Unix()))
	aad := append(out[:headerSize:headerSize], name...)
	out = append(out, make([]byte, nonceSize)...)
	nonce := out[headerSize:]
	rand.Read(nonce) // never fails
	return aead.Seal(out, nonce, plain, aad), nil
}

func open(key *[32]byte, data []byte, name string) (Session, error) {
	if len(data) < headerSize+nonceSize || string(data[:len(magic)]) != magic {
		return Session{}, errBad
	}
	aead, err := newAEAD(key)
	if err != nil {
		return Session{}, err
	}
	header, nonce, sealed := data[:headerSize], data[headerSize:headerSize+nonceSize], data[headerSize+nonceSize:]
	plain, err := aead.Open(nil, nonce, sealed, append(header[:headerSize:headerSize], name...))
	if err != nil {
		return Session{}, errNotOpened
	}
	defer clear(plain)
	var c contents
	if err := json.Unmarshal(plain, &c); err != nil {
		return Session{}, errBad
	}
	issued, expires := times(header)
	return Session{
		Issued: issued,
		Credentials: aws.Credentials{
			AccessKeyID:     c.AccessKeyID,
			SecretAccessKey: c.SecretAccessKey,
			SessionToken:    c.SessionToken,
			AccountID:       c.AccountID,
			Source:          c.Source,
			CanExpire:       true,
			Expires:         expires,
		},
	}, nil
}

// peekExpiry reads the time of expiry in the header of the file at path, unauthenticated.
func peekExpiry(path string) (time.Time, bool) {
	f, err := os.Open(path)
	if err != nil {
		return time.Time{}, false
	}
	defer f.Close()
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(f, header); err != nil || string(header[:len(magic)]) != magic {
		return time.Time{}, false
	}
	_, expires := times(header)
	return expires, true
}

func times(header []byte) (issued, expires time.Time) {
	at := func(i int) time.Time {
		return time.Unix(int64(binary.BigEndian.Uint64(header[len(magic)+i:])), 0).UTC()
	}
	return at(0), at(8)
}

func newAEAD(key *[32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
