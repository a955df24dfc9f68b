package cache

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
)

// A box is a plaintext header, a nonce, and fields encrypted with AES-256-GCM.
// The header and the name of the box are authenticated with the fields: a box
// with another name or header does not open.

// ErrNotOpened means that a box has another key, or that it is damaged: the two
// cannot be told apart.
var ErrNotOpened = errors.New("a sealed file that this key does not open")

var errBad = errors.New("not a sealed file of this kind")

// Seal returns a box of fields with this header and name.
func Seal(key *[32]byte, header []byte, name string, fields ...string) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	size := 0
	for _, f := range fields {
		size += binary.MaxVarintLen64 + len(f)
	}
	plain := make([]byte, 0, size)
	for _, f := range fields {
		plain = binary.AppendUvarint(plain, uint64(len(f)))
		plain = append(plain, f...)
	}
	defer clear(plain)
	out := append(make([]byte, 0, len(header)+len(plain)+aead.Overhead()), header...)
	return aead.Seal(out, nil, plain, associated(header, name)), nil
}

// Open fills in the fields of a box whose header has headerSize bytes. The error
// is ErrNotOpened, or another one if the box has not that many fields.
func Open(key *[32]byte, data []byte, headerSize int, name string, fields ...*string) error {
	aead, err := newAEAD(key)
	if err != nil {
		return err
	}
	if len(data) < headerSize+aead.Overhead() {
		return errBad
	}
	header := data[:headerSize]
	plain, err := aead.Open(nil, nil, data[headerSize:], associated(header, name))
	if err != nil {
		return ErrNotOpened
	}
	defer clear(plain)
	rest := plain
	for _, f := range fields {
		n, width := binary.Uvarint(rest)
		if width <= 0 || n > uint64(len(rest)-width) {
			return errBad
		}
		rest = rest[width:]
		*f, rest = string(rest[:n]), rest[n:]
	}
	if len(rest) > 0 {
		return errBad
	}
	return nil
}

func associated(header []byte, name string) []byte {
	return append(header[:len(header):len(header)], name...)
}

func newAEAD(key *[32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
