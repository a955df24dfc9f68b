package tokens

import (
	"context"
	"errors"
)

// Copy is a plain file with the tokens of a sign-in, which SDKs read and renew.
type Copy[T Token] interface {
	Store[T]
	// Put writes the file, whether there is one or not.
	Put(T) error
	// Remove removes the file, if there is one.
	Remove() error
	// Tidy removes what killed processes have left when they wrote the file.
	Tidy()
}

// Shared is sealed tokens with a copy of them where SDKs look. It implements Store.
type Shared[T Token] struct {
	Sealed[T]
	Copy Copy[T]
}

// Load implements Store. Of the sealed tokens and the copy it returns those that expire
// later: an SDK may have renewed the copy.
func (s Shared[T]) Load(ctx context.Context) (T, error) {
	own, err := s.Sealed.Load(ctx)
	if err != nil {
		return own, err
	}
	t, err := s.Copy.Load(ctx)
	if err != nil {
		return own, nil
	}
	return Later(own, t), nil
}

// Later returns the one of sealed tokens and those of a plain file for the same sign-in
// that expires later, with what plain files lack.
func Later[T Token](own, plain T) T {
	if !plain.State().Expires.After(own.State().Expires) {
		return own
	}
	if renewed, ok := any(plain).(interface{ renewedFrom(T) T }); ok {
		return renewed.renewedFrom(own)
	}
	return plain
}

// CheckSave implements Store.
func (s Shared[T]) CheckSave() error { return errors.Join(s.Sealed.CheckSave(), s.Copy.CheckSave()) }

// Save implements Store. A copy that somebody has removed is not made again.
func (s Shared[T]) Save(ctx context.Context, t T) error {
	if err := s.Sealed.Save(ctx, t); err != nil {
		return err
	}
	_, err := s.Copy.Load(ctx)
	if signIn, ok := errors.AsType[*SignInError](err); ok && signIn.Reason == Missing {
		return nil
	}
	return s.Copy.Put(t)
}
