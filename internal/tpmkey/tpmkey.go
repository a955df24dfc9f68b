// Package tpmkey makes P-256 keys that a TPM 2.0 holds, and uses them for ECDH.
// The private half never leaves the TPM in a form that another one could use, nor
// this one after it was cleared.
//
// Every command has a deadline, and what goes over the bus is encrypted.
package tpmkey

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"

	"github.com/awsexec/awsexec/internal/backend"
)

// The ways in which a TPM fails.
var (
	// ErrMissing means that there is no TPM, or that this user may not use it.
	ErrMissing = fmt.Errorf("%w: no TPM 2.0 that can be used", backend.ErrUnavailable)
	// ErrSilent means that the TPM did not answer in time.
	ErrSilent = fmt.Errorf("%w: the TPM does not answer", backend.ErrUnavailable)
	// ErrWrongPIN means that the PIN of the key is another one.
	ErrWrongPIN = fmt.Errorf("%w: wrong PIN", backend.ErrLocked)
	// ErrLockout means that the TPM takes no PIN for some time, because there were
	// too many wrong ones.
	ErrLockout = fmt.Errorf("%w: the TPM takes no PIN for now, after too many wrong ones", backend.ErrLocked)
	// ErrForeign means that the key is of another TPM, or of this one before it was
	// cleared.
	ErrForeign = fmt.Errorf("%w: the key is of another TPM, or the TPM was cleared since", backend.ErrLocked)
)

// Key is a key that a TPM holds. Nothing in it is secret to others than the TPM.
type Key struct {
	Public, Private []byte // as the TPM gave them
	PIN             bool   // it has a PIN
}

// limit bounds one command. The slowest TPMs take seconds to make a key.
const limit = 15 * time.Second

// Create makes a key in the TPM at path, "" for that of the system. It has a PIN
// unless pin is empty. A TPM counts wrong PINs, and takes no more after some.
func Create(ctx context.Context, path string, pin []byte) (Key, error) {
	var key Key
	err := with(ctx, path, func(t *session) error {
		created, err := tpm2.Create{
			ParentHandle: t.parentAuth(),
			InSensitive: tpm2.TPM2BSensitiveCreate{Sensitive: &tpm2.TPMSSensitiveCreate{
				UserAuth: tpm2.TPM2BAuth{Buffer: authOf(pin)},
			}},
			InPublic: tpm2.New2B(template(len(pin) > 0)),
		}.Execute(t)
		if err != nil {
			return err
		}
		key = Key{Public: tpm2.Marshal(created.OutPublic), Private: tpm2.Marshal(created.OutPrivate), PIN: len(pin) > 0}
		return nil
	})
	return key, err
}

// template returns what a key is. Wrong PINs count only where there is one: a key
// without a PIN works while the TPM takes none.
func template(pin bool) tpm2.TPMTPublic {
	return tpm2.TPMTPublic{
		Type:    tpm2.TPMAlgECC,
		NameAlg: tpm2.TPMAlgSHA256,
		ObjectAttributes: tpm2.TPMAObject{
			FixedTPM: true, FixedParent: true, SensitiveDataOrigin: true, UserWithAuth: true, Decrypt: true, NoDA: !pin,
		},
		Parameters: tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{
			CurveID: tpm2.TPMECCNistP256,
			Scheme:  tpm2.TPMTECCScheme{Scheme: tpm2.TPMAlgECDH, Details: tpm2.NewTPMUAsymScheme(tpm2.TPMAlgECDH, &tpm2.TPMSKeySchemeECDH{HashAlg: tpm2.TPMAlgSHA256})},
		}),
	}
}

// authOf returns the value that the TPM compares for a PIN. A TPM takes 32 bytes at
// most, and ignores zeros at the end.
func authOf(pin []byte) []byte {
	if len(pin) == 0 {
		return nil
	}
	sum := sha256.Sum256(append([]byte("awsexec TPM PIN "), pin...))
	return hex.AppendEncode(nil, sum[:16])
}

// PublicKey returns the public half of the key.
func (k Key) PublicKey() (*ecdh.PublicKey, error) {
	public, err := tpm2.Unmarshal[tpm2.TPM2BPublic](k.Public)
	if err != nil {
		return nil, errors.New("not a key of a TPM")
	}
	contents, err := public.Contents()
	if err != nil {
		return nil, errors.New("not a key of a TPM")
	}
	point, err := contents.Unique.ECC()
	if err != nil {
		return nil, errors.New("not an elliptic curve key of a TPM")
	}
	return pointOf(*point)
}

func pointOf(p tpm2.TPMSECCPoint) (*ecdh.PublicKey, error) {
	const size = 32
	if len(p.X.Buffer) > size || len(p.Y.Buffer) > size {
		return nil, errors.New("not a point of P-256")
	}
	raw := make([]byte, 1+2*size)
	raw[0] = 4 // uncompressed
	copy(raw[1+size-len(p.X.Buffer):], p.X.Buffer)
	copy(raw[1+2*size-len(p.Y.Buffer):], p.Y.Buffer)
	return ecdh.P256().NewPublicKey(raw)
}

// ECDH returns the secret that the key and peer share, from the TPM at path.
func (k Key) ECDH(ctx context.Context, path string, pin []byte, peer *ecdh.PublicKey) ([]byte, error) {
	var secret []byte
	err := with(ctx, path, func(t *session) error {
		public, err := tpm2.Unmarshal[tpm2.TPM2BPublic](k.Public)
		if err != nil {
			return ErrForeign
		}
		private, err := tpm2.Unmarshal[tpm2.TPM2BPrivate](k.Private)
		if err != nil {
			return ErrForeign
		}
		loaded, err := tpm2.Load{ParentHandle: t.parentAuth(), InPrivate: *private, InPublic: *public}.Execute(t)
		if err != nil {
			return err
		}
		defer t.flush(loaded.ObjectHandle)
		raw := peer.Bytes()
		shared, err := tpm2.ECDHZGen{
			KeyHandle: tpm2.AuthHandle{Handle: loaded.ObjectHandle, Name: loaded.Name, Auth: t.auth(authOf(pin))},
			InPoint: tpm2.New2B(tpm2.TPMSECCPoint{
				X: tpm2.TPM2BECCParameter{Buffer: raw[1:33]}, Y: tpm2.TPM2BECCParameter{Buffer: raw[33:65]},
			}),
		}.Execute(t)
		if err != nil {
			return err
		}
		point, err := shared.OutPoint.Contents()
		if err != nil {
			return err
		}
		secret = make([]byte, 32) // the x coordinate
		copy(secret[32-min(32, len(point.X.Buffer)):], point.X.Buffer)
		clear(point.X.Buffer)
		return nil
	})
	return secret, err
}

// session is a connection with a TPM in which the parent of all keys is loaded.
type session struct {
	ctx    context.Context
	conn   transport.TPM
	parent *tpm2.CreatePrimaryResponse
	public tpm2.TPMTPublic
}

// with opens the TPM at path and calls f.
func with(ctx context.Context, path string, f func(*session) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	conn, err := patientOpen(ctx, path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	t := &session{ctx: ctx, conn: conn}
	err = t.run(f)
	if !errors.Is(err, ErrSilent) { // it would wait for the command
		_ = conn.Close()
	}
	return explain(err)
}

func (t *session) run(f func(*session) error) error {
	var err error
	// The storage root key is the same each time, until the TPM is cleared.
	t.parent, err = tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(tpm2.ECCSRKTemplate)}.Execute(t)
	if err != nil {
		return err
	}
	defer t.flush(t.parent.ObjectHandle)
	public, err := t.parent.OutPublic.Contents()
	if err != nil {
		return err
	}
	t.public = *public
	return f(t)
}

func (t *session) flush(h tpm2.TPMHandle) { _, _ = tpm2.FlushContext{FlushHandle: h}.Execute(t) }

func (t *session) parentAuth() tpm2.AuthHandle {
	return tpm2.AuthHandle{Handle: t.parent.ObjectHandle, Name: t.parent.Name, Auth: t.auth(nil)}
}

// auth returns the authorization of one command. It is bound to the storage root
// key, so that who listens on the bus learns neither the PIN nor the answer.
func (t *session) auth(value []byte) tpm2.Session {
	return tpm2.HMAC(tpm2.TPMAlgSHA256, 16, tpm2.Auth(value), tpm2.Salted(t.parent.ObjectHandle, t.public), tpm2.AESEncryption(128, tpm2.EncryptInOut))
}

// explain returns the errors of this package for those of a TPM.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, tpm2.TPMRCAuthFail), errors.Is(err, tpm2.TPMRCBadAuth):
		return ErrWrongPIN
	case errors.Is(err, tpm2.TPMRCLockout):
		return ErrLockout
	case errors.Is(err, tpm2.TPMRCIntegrity):
		return ErrForeign
	case errors.Is(err, backend.ErrLocked), errors.Is(err, backend.ErrUnavailable):
		return err
	}
	return fmt.Errorf("%w: the TPM: %w", backend.ErrUnavailable, err)
}

// busy reports whether a TPM asks for the same command again.
func busy(response []byte) bool {
	const codeAt = 6
	if len(response) < codeAt+4 {
		return false
	}
	for _, rc := range []tpm2.TPMRC{tpm2.TPMRCRetry, tpm2.TPMRCYielded, tpm2.TPMRCTesting} {
		if binary.BigEndian.Uint32(response[codeAt:]) == uint32(rc) {
			return true
		}
	}
	return false
}
