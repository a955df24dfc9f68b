package provider

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/tokens"
	"github.com/awsexec/awsexec/keystore"
)

// lastResort is the least remaining life of a session that is handed out because
// it cannot be renewed.
const lastResort = time.Minute

// cached provides a session from the cache, or a new one. One process at a time
// makes it.
type cached struct {
	m       *maker
	key     cache.Key
	anyLife bool                                               // a session that was made for another life than that of key is as good
	account string                                             // the id that the credentials get if they have none
	from    *cached                                            // provides the session that assumes the role; nil if there is none
	name    string                                             // of the key in the keystore that the session is made from; "" for another key
	lock    string                                             // the same for all renewals that must take turns
	issue   func(ctx context.Context) (aws.Credentials, error) // makes new credentials that expire, with the long-term key or the sign-in key.Base alone
	made    atomic.Bool                                        // what was returned last is new

	signIn *signIn // that the session is made with; nil for one of a key
}

// Retrieve implements aws.CredentialsProvider. The error wraps KeyChangedError if
// the keystore now has another key under the name.
func (c *cached) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := c.retrieve(ctx)
	if err == nil && creds.AccountID == "" {
		creds.AccountID = c.account
	}
	return creds, err
}

func (c *cached) retrieve(ctx context.Context) (aws.Credentials, error) {
	c.made.Store(false)
	s, ok, err := c.load(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	if ok && s.Fresh(c.m.Now()) {
		return c.found(ctx, s, "from the cache")
	}
	for tried := false; ; tried = true {
		done := c.m.Events.WaitingForPerson("for another awsexec to finish renewing the session")
		release, err := c.m.Cache.Lock(ctx, c.lock)
		done()
		switch {
		case err != nil && ctx.Err() != nil:
			return c.fallBack(ctx, s, ok, fmt.Errorf("another awsexec is renewing this session and has not finished: %w", context.Cause(ctx)))
		case err != nil:
			c.m.Events.Warn(fmt.Errorf("the session cache cannot be used: %w", err))
			return c.make(ctx)
		case tried || c.sessions().Until(c.key, c.anyLife, c.m.Now()).IsZero():
			defer release()
			return c.renew(ctx)
		}
		// Another awsexec seems to have made it meanwhile. To open it can take a second
		// of scrypt, for which nobody has to wait who comes after this one.
		release()
		if s, ok, err = c.load(ctx); err != nil {
			return aws.Credentials{}, err
		}
		if ok && s.Fresh(c.m.Now()) {
			return c.found(ctx, s, "was made by another awsexec")
		}
	}
}

// found returns a fresh session of the cache.
func (c *cached) found(ctx context.Context, s cache.Session, how string) (aws.Credentials, error) {
	if err := c.unchanged(ctx); err != nil {
		return aws.Credentials{}, err
	}
	c.m.Events.Debug("session %s %s, good until %s", s.Credentials.AccessKeyID, how, s.Credentials.Expires.Format(time.RFC3339))
	return s.Credentials, nil
}

// renew makes the session, unless it is in the cache by now. The caller holds its
// lock.
func (c *cached) renew(ctx context.Context) (aws.Credentials, error) {
	s, ok, err := c.load(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	if ok && s.Fresh(c.m.Now()) {
		return c.found(ctx, s, "was made by another awsexec")
	}
	if err := c.unchanged(ctx); err != nil {
		return aws.Credentials{}, err
	}
	issued := c.m.Now()
	creds, err := c.make(ctx)
	if err != nil {
		return c.fallBack(ctx, s, ok, err)
	}
	if err := c.sessions().Store(ctx, c.key, cache.Session{Credentials: creds, Issued: issued, MadeWith: c.key.Base}, issued); err != nil {
		c.notCached(err)
	}
	if err := c.unchanged(ctx); isChanged(err) { // the keystore has another key now
		return aws.Credentials{}, err
	}
	return creds, nil
}

// make makes new credentials.
func (c *cached) make(ctx context.Context) (aws.Credentials, error) {
	creds, err := c.issue(ctx)
	c.made.Store(err == nil)
	return creds, err
}

// load reads the cache. A cache that cannot be opened counts as empty, unless its
// key is locked: the long-term key then is locked too, and going on would ask for
// the same passphrase again.
func (c *cached) load(ctx context.Context) (cache.Session, bool, error) {
	s, ok, err := c.lookUp(ctx)
	if c.signIn == nil && (errors.Is(err, keystore.ErrLocked) || errors.Is(err, keystore.ErrRefused)) {
		return s, false, err
	}
	if ok && c.signIn != nil && c.signIn.file(ctx) == "" { // somebody has signed out, perhaps with the AWS CLI
		return s, false, nil
	}
	if err != nil {
		c.m.Events.Debug("the session cache cannot be read: %v", err)
	}
	return s, ok, nil
}

func (c *cached) lookUp(ctx context.Context) (cache.Session, bool, error) {
	if c.anyLife {
		return c.sessions().LoadAny(ctx, c.key, c.m.Now())
	}
	return c.sessions().Load(ctx, c.key)
}

// fallBack returns a session that is about to expire, if it failed to renew for a
// reason that does not make it invalid.
func (c *cached) fallBack(ctx context.Context, s cache.Session, ok bool, err error) (aws.Credentials, error) {
	left := s.Left(c.m.Now())
	_, signIn := errors.AsType[*tokens.SignInError](err) // its end is not that of what was made with it
	if !ok || left <= lastResort || errors.Is(ctx.Err(), context.Canceled) || awsapi.Refused(err) && !signIn {
		return aws.Credentials{}, err
	}
	if changed := c.unchanged(ctx); changed != nil {
		return aws.Credentials{}, fmt.Errorf("%w; %w", err, changed)
	}
	c.m.Events.Warn(fmt.Errorf("the session ends in %s and could not be renewed: %w", left.Round(time.Second), err))
	return s.Credentials, nil
}
