// Package keyitem is about the items of a key store: their names in a backend,
// and what each of them holds.
//
// No error of this package quotes an item.
package keyitem

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/backend"
)

// MaxSize is the size that every store takes in one item, with some room: the
// limit of the Windows Credential Manager is 2560 bytes, that of macOS about
// 3000 in base64.
const MaxSize = 1024

// Sealing is the item of the key that cached sessions are sealed with.
var Sealing = backend.Item{Service: "awsexec-cache", Name: "sealing-key"}

// OfKey returns the item of the long-term key with this name.
func OfKey(name string) backend.Item { return backend.Item{Service: "awsexec", Name: name} }

// OfJournal returns the item of the rotation journal of the key with this name.
func OfJournal(name string) backend.Item { return backend.Item{Service: "awsexec-next", Name: name} }

// OfTOTP returns the item of the TOTP secret that is kept beside the key with this
// name.
func OfTOTP(name string) backend.Item { return backend.Item{Service: "awsexec-totp", Name: name} }

// key is the content of the item of a long-term key.
type key struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
}

func (k key) credentials() aws.Credentials {
	return aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey}
}

// EncodeKey returns the content of the item of a long-term key. Credentials that
// are not a long-term key are an error.
func EncodeKey(c aws.Credentials) ([]byte, error) {
	switch {
	case c.SessionToken != "":
		return nil, errors.New("these are temporary credentials: only long-term keys are stored")
	case c.AccessKeyID == "" || c.SecretAccessKey == "":
		return nil, errors.New("the access key ID and the secret access key are both required")
	case !utf8.ValidString(c.AccessKeyID) || !utf8.ValidString(c.SecretAccessKey):
		return nil, errors.New("the access key ID and the secret access key must be valid UTF-8")
	}
	return encode(key{c.AccessKeyID, c.SecretAccessKey})
}

// DecodeKey is the reverse of EncodeKey.
func DecodeKey(b []byte) (aws.Credentials, error) {
	var k key
	if json.Unmarshal(b, &k) != nil || k.AccessKeyID == "" || k.SecretAccessKey == "" {
		return aws.Credentials{}, fmt.Errorf("%w: the stored value is not a key of awsexec", backend.ErrCorrupt)
	}
	return k.credentials(), nil
}

// Journal is what a rotation journal says; see keystore.Rotation.
type Journal struct {
	Old    aws.Credentials
	New    aws.Credentials // may be the zero value
	Before []string
	Began  time.Time
}

// journal is the content of the item of a rotation journal.
type journal struct {
	Old    key
	New    *key     `json:",omitempty"`
	Before []string `json:",omitempty"`
	Began  time.Time
}

// EncodeJournal returns the content of the item of a rotation journal.
func EncodeJournal(j Journal) ([]byte, error) {
	out := journal{Old: key{j.Old.AccessKeyID, j.Old.SecretAccessKey}, Before: j.Before, Began: j.Began}
	if j.New.AccessKeyID != "" {
		out.New = &key{j.New.AccessKeyID, j.New.SecretAccessKey}
	}
	return encode(out)
}

// DecodeJournal is the reverse of EncodeJournal.
func DecodeJournal(b []byte) (Journal, error) {
	var in journal
	if json.Unmarshal(b, &in) != nil || in.Old.AccessKeyID == "" {
		return Journal{}, fmt.Errorf("%w: the stored value is not a journal of awsexec", backend.ErrCorrupt)
	}
	j := Journal{Old: in.Old.credentials(), Before: in.Before, Began: in.Began}
	if in.New != nil {
		j.New = in.New.credentials()
	}
	return j, nil
}

// totp is the content of the item of a TOTP secret.
type totp struct{ Secret []byte }

// EncodeTOTP returns the content of the item of a TOTP secret.
func EncodeTOTP(secret []byte) ([]byte, error) {
	if len(secret) == 0 {
		return nil, errors.New("the TOTP secret is empty")
	}
	return encode(totp{secret})
}

// DecodeTOTP is the reverse of EncodeTOTP.
func DecodeTOTP(b []byte) ([]byte, error) {
	var in totp
	if json.Unmarshal(b, &in) != nil || len(in.Secret) == 0 {
		return nil, fmt.Errorf("%w: the stored value is not a TOTP secret of awsexec", backend.ErrCorrupt)
	}
	return in.Secret, nil
}

// encode returns v as JSON, or an error if it is larger than every store takes.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err == nil && len(b) > MaxSize {
		err = fmt.Errorf("%w: %d bytes, the limit is %d", backend.ErrTooBig, len(b), MaxSize)
	}
	return b, err
}
