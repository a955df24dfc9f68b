// Package provider turns a resolved profile into credentials: it decides which way of getting them applies, and goes it.
//
// It never talks to a person and never prints. Whoever needs to is handed in through Options.
package provider

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
)

// Keys are the long-term keys at rest. KeyID and Get wrap keystore.ErrNotFound when there is no key of that name.
type Keys interface {
	// Listed says whether the index has a key of that name. It reads no keyring, unless the index itself is in doubt.
	Listed(ctx context.Context, name string) bool
	// KeyID returns the access key id alone, without reading the secret where that can be helped.
	KeyID(ctx context.Context, name string) (string, error)
	// Get returns the key.
	Get(ctx context.Context, name string) (aws.Credentials, error)
}

// Options are what a provider works with. All must be set but those that say what their zero value means.
type Options struct {
	Files  profile.Files
	Env    func(string) string
	Keys   Keys
	Cache  *cache.Cache
	Client awsapi.Client
	Now    func() time.Time
	Events Events

	TokenCode TokenCodeFunc

	// Self tells whether a credential_process is awsexec itself, and for which profile: "" for the one that has it.
	Self func(command string) (profile string, ok bool)
	// Resolve reads another profile.
	Resolve func(ctx context.Context, name string) (*profile.Profile, error)
	// Process runs a credential_process of another tool, while the profiles of path are being resolved.
	Process func(ctx context.Context, command string, path []string) (aws.Credentials, error)

	Explicit  bool          // the user has named the profile: keys in the environment do not count
	NoSession bool          // give long-term keys as they are
	Duration  time.Duration // how long credentials are to live; 0 leaves it to the profile and the defaults
	Chain     []string      // profiles that are being resolved already, by whoever started us; may be empty

	skew *sync.Once // the report of a clock that is wrong: one for all credentials on the way; set by New and KeySession
}

// Events is how a provider says what goes on. Its methods may be called from any goroutine.
type Events interface {
	// Warn reports something that went wrong without stopping the work: a
	// *PlaintextKeyError or a *SkewError, about which the user can do something,
	// or another error.
	Warn(err error)
	// Waiting is called before something that can take long; the function that it returns is called when that is over.
	Waiting(what string) (done func())
	// Debug tells of one step. It is never handed a secret.
	Debug(format string, args ...any)
}

// New returns the provider of the credentials that p leads to. It makes no network call and asks nobody; at the most it reads
// the keystore.
func New(ctx context.Context, p *profile.Profile, o Options) (aws.CredentialsProvider, error) {
	o.skew = new(sync.Once)
	return newCurrent(ctx, func(ctx context.Context) (aws.CredentialsProvider, error) {
		plan, err := Decide(ctx, p, o)
		if err != nil {
			return nil, err
		}
		if err := o.checkPartition(plan); err != nil {
			return nil, err
		}
		return o.build(ctx, plan)
	})
}
