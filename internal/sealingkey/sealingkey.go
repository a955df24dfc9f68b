// Package sealingkey is about the random key that cached sessions are sealed
// with: how a store keeps it in an item, and how the kernel holds it so that
// the store need not be read each time.
package sealingkey

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"

	"github.com/awsexec/awsexec/internal/kernelkey"
)

// New returns a random sealing key, without the digest of an index.
func New() (s kernelkey.Sealing) {
	rand.Read(s.Key[:]) // never fails
	return s
}

// Encode returns s as its item holds it: the key and, if it is known, the
// digest of the index. It is text, since some keyrings take nothing else.
func Encode(s kernelkey.Sealing) []byte {
	text := base64.StdEncoding.AppendEncode(nil, s.Key[:])
	if s.Index != [32]byte{} {
		text = base64.StdEncoding.AppendEncode(append(text, '.'), s.Index[:])
	}
	return text
}

// Decode is the reverse of Encode. An item of an older awsexec has no digest.
func Decode(text []byte) (s kernelkey.Sealing, ok bool) {
	key, index, _ := bytes.Cut(text, []byte("."))
	if !decode32(&s.Key, key) || s.Key == [32]byte{} { // zeros are no secret
		return kernelkey.Sealing{}, false
	}
	if !decode32(&s.Index, index) {
		s.Index = [32]byte{}
	}
	return s, true
}

func decode32(to *[32]byte, text []byte) bool {
	var raw [33]byte // one more, to notice what is too long
	defer clear(raw[:])
	if base64.StdEncoding.DecodedLen(len(text)) > len(raw) {
		return false
	}
	n, err := base64.StdEncoding.Decode(raw[:], text)
	if err != nil || n != len(to) {
		return false
	}
	copy(to[:], raw[:])
	return true
}
