package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/keystore"
)

// KeyChangedError means that a key of the keystore was replaced or removed while a
// session was made of it. Nothing was stored.
type KeyChangedError struct {
	Name     string // of the key
	Was, Now string // access key ids; Now is "" for a key that is gone
}

func (e *KeyChangedError) Error() string {
	if e.Now == "" {
		return fmt.Sprintf("the key %q was %s when this began, and has been removed since", e.Name, e.Was)
	}
	return fmt.Sprintf("the key %q was %s when this began, and is %s now", e.Name, e.Was, e.Now)
}

// resolveTries is how often credentials are resolved while the key changes each
// time.
const resolveTries = 5

// current provides the credentials that a profile leads to now. It resolves the
// profile again if the key changes meanwhile.
type current struct {
	resolve func(ctx context.Context) (aws.CredentialsProvider, error)

	mu   sync.Mutex
	from aws.CredentialsProvider // what resolve returned last
}

// narrowed provides credentials with session policies.
type narrowed struct {
	aws.CredentialsProvider
	policies policy.Set
}

// unwrapped returns what resolve has returned to p last, without its policies.
func unwrapped(p aws.CredentialsProvider) (aws.CredentialsProvider, policy.Set) {
	if c, ok := p.(*current); ok {
		p = c.last()
	}
	if n, ok := p.(narrowed); ok {
		return n.CredentialsProvider, n.policies
	}
	return p, policy.Set{}
}

// PoliciesOf returns the session policies of the credentials that p provides.
func PoliciesOf(p aws.CredentialsProvider) policy.Set {
	_, policies := unwrapped(p)
	return policies
}

// newCurrent returns a provider that has resolved the profile once.
func newCurrent(ctx context.Context, resolve func(ctx context.Context) (aws.CredentialsProvider, error)) (aws.CredentialsProvider, error) {
	from, err := resolve(ctx)
	if err != nil {
		return nil, err
	}
	return &current{resolve: resolve, from: from}, nil
}

// Retrieve implements aws.CredentialsProvider.
func (c *current) Retrieve(ctx context.Context) (aws.Credentials, error) {
	for try := 1; ; try++ {
		creds, err := c.last().Retrieve(ctx)
		if !isChanged(err) || try == resolveTries || ctx.Err() != nil {
			return creds, err
		}
		from, err := c.resolve(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		c.mu.Lock()
		c.from = from
		c.mu.Unlock()
	}
}

func (c *current) last() aws.CredentialsProvider {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.from
}

// Source is where the cache has what a provider returned last.
type Source struct {
	Key     cache.Key // of the session that comes first
	AnyLife bool      // if that is not fresh, others are as good that differ from it only in their life
	Name    string    // of the key in the keystore that the session is made from; "" for one of a sign-in
	Tokens  string    // the file with the tokens of that sign-in: the session is not handed out without it; "" for one of a key
}

// SessionOf returns where the cache has what p returned last. Ok is false for
// credentials from elsewhere, and for those that may differ next time.
func SessionOf(ctx context.Context, p aws.CredentialsProvider) (s Source, ok bool) {
	p, _ = unwrapped(p)
	c, ok := p.(*cached)
	switch {
	case !ok:
		return Source{}, false
	case c.signIn != nil:
		file := c.signIn.file(ctx)
		return Source{c.key, c.anyLife, "", file}, file != ""
	}
	return Source{c.key, c.anyLife, c.name, ""}, c.name != ""
}

// AtHand returns until when the cache has the session with which p would provide
// credentials now: the session itself, or else the nearest of those that assume its
// role. It is the zero time if p would have to begin with a long-term key, or does
// not use the cache.
func AtHand(p aws.CredentialsProvider) (until time.Time) {
	p, _ = unwrapped(p)
	c, _ := p.(*cached)
	for ; c != nil && until.IsZero(); c = c.from {
		until = c.m.Cache.Until(c.key, c.anyLife, c.m.Now())
	}
	return until
}

// IsCurrent reports whether the keystore still has the key that p made its last
// credentials from, under the same name. For those of a sign-in it reports whether
// nobody has signed out. It is true of all other credentials. An error means that
// this is not known.
func IsCurrent(ctx context.Context, p aws.CredentialsProvider) (bool, error) {
	p, _ = unwrapped(p)
	c, isCached := p.(*cached)
	if !isCached {
		return true, nil
	}
	if c.signIn != nil {
		return c.signIn.file(ctx) != "", nil
	}
	err := c.unchanged(ctx)
	if isChanged(err) {
		return false, nil
	}
	return err == nil, err
}

func isChanged(err error) bool {
	_, ok := errors.AsType[*KeyChangedError](err)
	return ok
}

// unchanged returns a KeyChangedError unless the keystore still has the key that c
// is made from under its name.
func (c *cached) unchanged(ctx context.Context) error {
	if c.name == "" {
		return nil
	}
	id, err := c.m.Keys.KeyID(ctx, c.name)
	if err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return err
	}
	if id != c.key.Base {
		return &KeyChangedError{c.name, c.key.Base, id}
	}
	return nil
}

// retrieveNamed returns the long-term key, whose id must be base.
func retrieveNamed(ctx context.Context, key longTermKey, base string) (aws.Credentials, error) {
	c, err := key.Retrieve(ctx)
	name := nameOf(key)
	if errors.Is(err, keystore.ErrNotFound) && name != "" {
		return aws.Credentials{}, fmt.Errorf("%w: %w", &KeyChangedError{name, base, ""}, err)
	}
	if err == nil && c.AccessKeyID != base {
		return aws.Credentials{}, &KeyChangedError{name, base, c.AccessKeyID}
	}
	return c, err
}
