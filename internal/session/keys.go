package session

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/keystore"
)

// lazyKeys opens the keystore when a key is asked for, so that a machine without
// one can still use keys from elsewhere. It implements provider.Keys.
type lazyKeys struct{ s *Session }

func (l lazyKeys) Listed(ctx context.Context, name string) bool {
	keys, err := l.s.Keys()
	if err != nil {
		return false
	}
	entries, err := keys.List(ctx)
	i := slices.IndexFunc(entries, func(e keystore.Entry) bool { return e.Name == name })
	if err != nil || i < 0 {
		return false
	}
	if entries[i].AccessKeyID == "" { // left by a change that was interrupted
		_, err = l.KeyID(ctx, name)
	}
	return !errors.Is(err, keystore.ErrNotFound)
}

func (l lazyKeys) KeyID(ctx context.Context, name string) (string, error) {
	keys, err := l.s.Keys()
	if err != nil {
		return "", err
	}
	defer l.s.WaitForKeys()()
	return keys.KeyID(ctx, name)
}

func (l lazyKeys) Get(ctx context.Context, name string) (aws.Credentials, error) {
	keys, err := l.s.Keys()
	if err != nil {
		return aws.Credentials{}, err
	}
	defer l.s.WaitForKeys()()
	return keys.Get(ctx, name)
}
