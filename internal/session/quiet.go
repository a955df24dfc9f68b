package session

import (
	"context"
	"errors"
	"sync"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/keystore"
)

// QuietCache returns the session cache for credentials that can be had without it. It
// takes the key that the cache is sealed with from where that needs no person.
func (s *Session) QuietCache() (*cache.Cache, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.quiet != nil {
		return s.quiet, nil
	}
	dir, err := s.settings.CacheDir()
	if err != nil {
		return nil, err
	}
	open := sync.OnceValues(s.quietKeys)
	s.quiet = cache.New(dir, func(ctx context.Context, again bool) ([32]byte, error) {
		keys, err := open()
		if err != nil {
			return [32]byte{}, err
		}
		if again {
			return keys.KeptSealingKey(ctx)
		}
		return keys.SealingKey(ctx)
	})
	return s.quiet, nil
}

// quietKeys returns the keystore of [Session.Keys] for who asks nobody: the same one
// if nobody has to be asked, so that the encrypted file is read once.
func (s *Session) quietKeys() (*keystore.Store, error) {
	fixed := s.settings.Env("AWSEXEC_PASSPHRASE") != ""
	if keys, err := s.Keys(); err == nil && keys.Kind() == keystore.KindFile && fixed {
		return keys, nil
	}
	o, err := s.KeystoreOptions()
	if err != nil {
		return nil, err
	}
	o.NoPrompt = true
	if !fixed {
		o.Passphrase = func(context.Context, bool) ([]byte, error) { return nil, errNotAsked }
	}
	return keystore.Open(s.settings.Keystore, o)
}

var errNotAsked = errors.New("nobody is asked for a passphrase that can be done without")
