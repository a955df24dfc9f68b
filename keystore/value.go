package keystore

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/kernelkey"
)

// maxValue is what every store takes in one item, with room to spare: the Windows Credential Manager ends at 2560 bytes,
// macOS at about 3000 in base64.
const maxValue = 1024

// value is what an item holds for a long-term key.
type value struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
}

func encodeValue(c aws.Credentials) ([]byte, error) {
	switch {
	case c.SessionToken != "":
		return nil, errors.New("these are short-lived credentials: only long-term keys are kept")
	case c.AccessKeyID == "" || c.SecretAccessKey == "":
		return nil, errors.New("the access key id and the secret access key must both be given")
	case !utf8.ValidString(c.AccessKeyID) || !utf8.ValidString(c.SecretAccessKey):
		return nil, errors.New("the access key id and the secret access key must be valid UTF-8")
	}
	b, err := json.Marshal(value{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey})
	if err == nil && len(b) > maxValue {
		err = fmt.Errorf("%w: %d bytes, at most %d are kept", ErrTooBig, len(b), maxValue)
	}
	return b, err
}

// decodeValue never quotes what it could not read.
func decodeValue(b []byte) (aws.Credentials, error) {
	var v value
	if json.Unmarshal(b, &v) != nil || v.AccessKeyID == "" || v.SecretAccessKey == "" {
		return aws.Credentials{}, fmt.Errorf("%w: what is stored is not a key of awsexec", ErrCorrupt)
	}
	return aws.Credentials{AccessKeyID: v.AccessKeyID, SecretAccessKey: v.SecretAccessKey}, nil
}

// sealing is what the item of the sealing key holds.
type sealing = kernelkey.Sealing

// newSealing returns a fresh sealing key. Which index describes the store is not known yet.
func newSealing() (s sealing) {
	rand.Read(s.Key[:]) // never fails
	return s
}

// encodeSealing returns s as its item holds it, which is text, since some keyrings take nothing else: the key and, if it is known, the digest
// of the index.
func encodeSealing(s sealing) []byte {
	text := base64.StdEncoding.AppendEncode(nil, s.Key[:])
	if s.Index != [32]byte{} {
		text = base64.StdEncoding.AppendEncode(append(text, '.'), s.Index[:])
	}
	return text
}

// decodeSealing is the reverse of encodeSealing. An item of an older awsexec has no digest.
func decodeSealing(text []byte) (s sealing, ok bool) {
	key, index, _ := bytes.Cut(text, []byte("."))
	if !decode32(&s.Key, key) {
		return sealing{}, false
	}
	if !decode32(&s.Index, index) {
		s.Index = [32]byte{}
	}
	return s, true
}

func decode32(to *[32]byte, text []byte) bool {
	var raw [33]byte // one more, to see what is too long
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
