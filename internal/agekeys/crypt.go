package agekeys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"

	"github.com/awsexec/awsexec/internal/backend"
)

// ErrNoMatch means that the file is encrypted to nobody whose identity is known
// here.
var ErrNoMatch = fmt.Errorf("%w: no identity here opens it", backend.ErrLocked)

// ErrNoIdentity means that no identity is known here.
var ErrNoIdentity = fmt.Errorf("%w: no identity is known here", backend.ErrLocked)

// Encrypt encrypts plain to all of these recipients.
func Encrypt(ctx context.Context, h Host, plain []byte, to []Recipient) ([]byte, error) {
	recipients := make([]age.Recipient, len(to))
	for i, r := range to {
		recipients[i] = r.with(ctx, h)
	}
	sealed, err := Seal(plain, recipients...)
	if failed, ok := errors.AsType[*PluginError](err); ok {
		return nil, failed // age adds which one it is, by a number
	}
	return sealed, err
}

// Decrypt decrypts what Encrypt has made, with the first of these identities that
// can. Those that need a person come last. The error wraps ErrNoMatch if none can,
// and backend.ErrCorrupt if sealed is damaged. The caller should overwrite the
// content after use.
func Decrypt(ctx context.Context, h Host, sealed []byte, with []Identity) ([]byte, error) {
	if _, err := Stanzas(sealed); err != nil {
		return nil, err
	}
	with = slices.Clone(with)
	slices.SortStableFunc(with, func(a, b Identity) int {
		rank := map[bool]int{true: 1}
		return rank[a.NeedsPerson()] - rank[b.NeedsPerson()]
	})
	identities := make([]age.Identity, len(with))
	for n, i := range with {
		identities[n] = i.with(ctx, h)
	}
	if len(identities) == 0 {
		return nil, ErrNoMatch // age would say that none were given
	}
	plain, err := Open(sealed, identities...)
	if errors.As(err, new(*age.NoIdentityMatchError)) {
		return nil, ErrNoMatch
	}
	return plain, err
}

// Seal encrypts plain.
func Seal(plain []byte, to ...age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}

// Open decrypts sealed with the first of these identities that can: one that fails
// is not in the way of the others. The error is a *age.NoIdentityMatchError, the
// first that an identity has returned, or one that wraps backend.ErrCorrupt.
func Open(sealed []byte, with ...age.Identity) ([]byte, error) {
	watched := make([]age.Identity, len(with))
	var failed error // the first one of an identity
	for n, i := range with {
		watched[n] = unwrapper(func(stanzas []*age.Stanza) ([]byte, error) {
			key, err := i.Unwrap(stanzas)
			if err == nil {
				return key, nil
			}
			if !errors.Is(err, age.ErrIncorrectIdentity) && failed == nil {
				failed = err
			}
			return nil, age.ErrIncorrectIdentity // age would take a key that comes with an error
		})
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), watched...)
	switch {
	case err == nil:
	case errors.As(err, new(*age.NoIdentityMatchError)) && failed == nil:
		return nil, err
	case isKind(failed):
		return nil, failed
	case failed != nil: // of age itself, about a stanza that is damaged
		return nil, fmt.Errorf("%w: %w", backend.ErrCorrupt, failed)
	default:
		return nil, fmt.Errorf("%w: %w", backend.ErrCorrupt, err)
	}
	plain := bytes.NewBuffer(make([]byte, 0, len(sealed)+bytes.MinRead)) // it never grows, so that all of it can be overwritten
	if _, err := plain.ReadFrom(r); err != nil {
		clear(plain.Bytes())
		return nil, fmt.Errorf("%w: %w", backend.ErrCorrupt, err)
	}
	return plain.Bytes(), nil
}

// isKind reports whether err, of an identity, is of a kind. Others are about
// damage: age's own identities return such errors.
func isKind(err error) bool {
	return errors.Is(err, backend.ErrCorrupt) || errors.Is(err, backend.ErrLocked) || errors.Is(err, backend.ErrUnavailable) || errors.Is(err, backend.ErrRefused)
}

type unwrapper func([]*age.Stanza) ([]byte, error)

func (u unwrapper) Unwrap(stanzas []*age.Stanza) ([]byte, error) { return u(stanzas) }

// Stanzas returns the types of the stanzas in the header of an age file, one for
// each of its recipients.
func Stanzas(sealed []byte) ([]string, error) {
	header, err := age.ExtractHeader(bytes.NewReader(sealed))
	if err != nil {
		// The error of age would quote the file, which could be the decrypted
		// content.
		return nil, fmt.Errorf("%w: not an age file", backend.ErrCorrupt)
	}
	_, err = age.DecryptHeader(header, unwrapper(func([]*age.Stanza) ([]byte, error) { return nil, age.ErrIncorrectIdentity }))
	noMatch, ok := errors.AsType[*age.NoIdentityMatchError](err)
	if !ok {
		return nil, fmt.Errorf("%w: not an age file", backend.ErrCorrupt)
	}
	return noMatch.StanzaTypes, nil
}
