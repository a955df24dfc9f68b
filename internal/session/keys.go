package session

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// lazyKeys opens the keystore when a key is needed, so that a machine without one
// can still use keys from elsewhere. It implements provider.Keys.
type lazyKeys struct{ s *Session }

func (l lazyKeys) List(ctx context.Context) map[string]bool {
	keys, err := l.s.Keys()
	if err != nil {
		return nil
	}
	entries, err := keys.List(ctx)
	if err != nil {
		return nil
	}
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		names[e.Name] = e.AccessKeyID != "" // else a change was interrupted
	}
	return names
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
