// Package provider turns a resolved profile into credentials: it decides which
// way of getting them applies, and takes it.
//
// It never asks a person and never prints. What does is handed in with Parts.
package provider

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
)

// Parts are what providers work with. All but Home and Signer must be set.
type Parts struct {
	Env    func(string) string
	Home   string // of the user, where the AWS CLI leaves tokens; "" if it is not known
	Now    func() time.Time
	Client awsapi.Client
	Cache  *cache.Cache
	Keys   Keys
	Helper Helper
	Events Events

	Signer Signer // nil if nobody is to be asked to sign in

	// QuietCache is Cache for whoever can do without: to open it asks nobody.
	QuietCache *cache.Cache
}

// Helper gets what only a person or another program has. Its methods return
// when ctx ends, and may be called at once.
type Helper interface {
	// TokenCode returns a one-time code of an MFA device. The error wraps
	// ErrNoHuman if a person would be needed and cannot be reached.
	TokenCode(ctx context.Context, r TokenRequest) (TokenCode, error)
	// Process runs a credential_process of another tool, while the profiles of
	// path are being resolved, and returns the credentials that it prints.
	Process(ctx context.Context, command string, path []string) (aws.Credentials, error)
}

// Events are reports of what goes on. The methods may be called from any
// goroutine.
type Events interface {
	// Warn reports something that went wrong without stopping the work: a
	// *PlaintextKeyError or a *SkewError, about which the user can do something,
	// or another error.
	Warn(err error)
	// Waiting is called before something that can take long; the function that it
	// returns is called when that is over.
	Waiting(what string) (done func())
	// WaitingForPerson is like Waiting, for what a person may have to do something
	// about: the user is told wherever that is possible.
	WaitingForPerson(what string) (done func())
	// Debug reports one step. It is never handed a secret.
	Debug(format string, args ...any)
}

// maker makes the providers of one profile's credentials.
type maker struct {
	Parts
	Flags
	forRole  bool               // the credentials are to assume a role, and are not handed out
	selected *profile.Profile   // whose settings say how the machine's own service is asked
	way      []*profile.Profile // see Plan.Way
	policies policy.Set         // of the credentials that are handed out
	skew     *sync.Once         // the report of a wrong clock: one for all credentials on the way
}

func newMaker(parts Parts, f Flags) *maker {
	return &maker{Parts: parts, Flags: f, skew: new(sync.Once)}
}

// New returns the provider of the credentials that p leads to. It makes no
// network call and asks nobody; at the most it reads the keystore.
func New(ctx context.Context, p *profile.Profile, parts Parts, f Flags) (aws.CredentialsProvider, error) {
	m := newMaker(parts, f)
	m.selected = p
	return newCurrent(ctx, func(ctx context.Context) (aws.CredentialsProvider, error) {
		plan, err := Find(ctx, p, m.Env, m.Keys, f)
		if err != nil {
			return nil, err
		}
		if err := m.checkPartition(plan); err != nil {
			return nil, err
		}
		policies, err := Narrowing(plan, m.Client.Region, m.Home, f)
		if err != nil {
			return nil, err
		}
		m.warnOfEnvironment(plan)
		own := *m // an earlier provider may still use m
		own.policies, own.way = policies, plan.Way(p)
		from, err := own.build(ctx, plan)
		if err != nil || policies.IsZero() {
			return from, err
		}
		return narrowed{from, policies}, nil
	})
}
