// Package backup is about the file that awsexec backup writes and restore reads:
// JSON in an age file.
package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"filippo.io/age"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/keystore"
)

// Key is a stored key with its name and, if its rotation is not finished, the
// journal of that.
type Key struct {
	Name     string
	Key      aws.Credentials
	Rotation *keystore.Rotation // nil if there is none
	TOTP     []byte             // the secret of the user's MFA device; nil if there is none
}

const (
	format  = "awsexec backup"
	version = 1
)

// content is what the file holds. An awsexec that adds to it what an older one
// must not leave out raises the version.
type content struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Made    time.Time `json:"made"`
	Keys    []entry   `json:"keys"`
}

type entry struct {
	Name string `json:"name"`
	pair
	Rotation *rotation `json:"rotation,omitempty"`
	TOTP     []byte    `json:"totp,omitempty"`
}

type pair struct {
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
}

func pairOf(c aws.Credentials) pair { return pair{c.AccessKeyID, c.SecretAccessKey} }

func (p pair) credentials() aws.Credentials {
	return aws.Credentials{AccessKeyID: p.AccessKeyID, SecretAccessKey: p.SecretAccessKey}
}

type rotation struct {
	Old    pair      `json:"old"`
	New    *pair     `json:"new,omitempty"`
	Before []string  `json:"before,omitempty"`
	Began  time.Time `json:"began"`
}

// Encode returns what the file is to hold. The caller should overwrite it after
// use.
func Encode(keys []Key, made time.Time) ([]byte, error) {
	c := content{Format: format, Version: version, Made: made.UTC().Truncate(time.Second), Keys: []entry{}}
	for _, k := range keys {
		e := entry{Name: k.Name, pair: pairOf(k.Key), TOTP: k.TOTP}
		if r := k.Rotation; r != nil {
			e.Rotation = &rotation{Old: pairOf(r.Old), Before: r.Before, Began: r.Began}
			if r.New.AccessKeyID != "" {
				made := pairOf(r.New)
				e.Rotation.New = &made
			}
		}
		c.Keys = append(c.Keys, e)
	}
	return json.MarshalIndent(c, "", "  ")
}

// Decode is the reverse of Encode. The error wraps [keystore.ErrNewer] for what a
// newer awsexec has made, and [keystore.ErrCorrupt] for what no awsexec has. It
// quotes nothing.
func Decode(plain []byte) (keys []Key, made time.Time, err error) {
	var c content
	if err := json.Unmarshal(plain, &c); err != nil || c.Format != format {
		return nil, made, fmt.Errorf("%w: it is not a backup of awsexec", keystore.ErrCorrupt)
	}
	if c.Version > version {
		return nil, made, fmt.Errorf("%w: it has version %d, and this awsexec knows %d", keystore.ErrNewer, c.Version, version)
	}
	for _, e := range c.Keys {
		if err := keystore.CheckName(e.Name); err != nil {
			return nil, made, fmt.Errorf("%w: %w", keystore.ErrCorrupt, err)
		}
		if e.AccessKeyID == "" || e.SecretAccessKey == "" {
			return nil, made, fmt.Errorf("%w: key %q is not complete", keystore.ErrCorrupt, e.Name)
		}
		k := Key{Name: e.Name, Key: e.credentials(), TOTP: e.TOTP}
		if r := e.Rotation; r != nil {
			k.Rotation = &keystore.Rotation{Old: r.Old.credentials(), Before: r.Before, Began: r.Began}
			if r.New != nil {
				k.Rotation.New = r.New.credentials()
			}
		}
		keys = append(keys, k)
	}
	return keys, c.Made, nil
}

// Limits of scrypt: the cost of writing, about a second, and the highest one that
// is read.
const (
	workFactor    = 18
	maxWorkFactor = 22
)

// SealPassphrase encrypts plain with a passphrase. Factor is the cost; 0 is the
// usual one, less only in tests.
func SealPassphrase(plain, passphrase []byte, factor int) ([]byte, error) {
	to, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, err
	}
	if factor == 0 {
		factor = workFactor
	}
	to.SetWorkFactor(factor)
	return agekeys.Seal(plain, to)
}

// TakesPassphrase reports whether a file is opened with a passphrase.
func TakesPassphrase(sealed []byte) (bool, error) {
	stanzas, err := agekeys.Stanzas(sealed)
	return slices.Contains(stanzas, "scrypt"), err
}

// OpenPassphrase is the reverse of SealPassphrase. The error is
// [keystore.ErrWrongPassphrase] for another passphrase.
func OpenPassphrase(sealed, passphrase []byte) ([]byte, error) {
	with, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", keystore.ErrLocked, err)
	}
	with.SetMaxWorkFactor(maxWorkFactor)
	plain, err := agekeys.Open(sealed, with)
	if errors.As(err, new(*age.NoIdentityMatchError)) {
		return nil, keystore.ErrWrongPassphrase
	}
	return plain, err
}
