package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// AtHand returns until when the cache has the session with which a call for p would
// get its credentials; the zero time if there is none. It asks nobody, and reads the
// index of the keystore but no key.
func (s *Session) AtHand(ctx context.Context, p *profile.Profile, f provider.Flags) (time.Time, error) {
	parts, _, err := s.parts(p)
	if err != nil {
		return time.Time{}, err
	}
	parts.Keys, parts.Events, parts.Signer = indexKeys{lazyKeys{s}}, silent{}, nil
	from, err := provider.New(ctx, p, parts, f)
	if err != nil {
		return time.Time{}, err
	}
	return provider.AtHand(from), nil
}

// indexKeys are the keys that the keystore's index knows of. It implements
// provider.Keys.
type indexKeys struct{ lazyKeys }

func (k indexKeys) KeyID(ctx context.Context, name string) (string, error) {
	keys, err := k.s.Keys()
	if err != nil {
		return "", err
	}
	entries, err := keys.List(ctx)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if e.Name == name {
			return e.AccessKeyID, nil
		}
	}
	return "", fmt.Errorf("key %q: %w", name, keystore.ErrNotFound)
}

func (k indexKeys) Get(context.Context, string) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("the index holds no keys")
}

// silent drops all reports. It implements provider.Events.
type silent struct{}

func (silent) Warn(error)           {}
func (silent) Debug(string, ...any) {}

func (silent) Waiting(string) func()          { return func() {} }
func (silent) WaitingForPerson(string) func() { return func() {} }
