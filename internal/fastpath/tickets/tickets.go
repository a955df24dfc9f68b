// Package tickets leaves the tickets with which package fastpath answers later
// calls. It knows the whole program, which fastpath must not: whatever fastpath
// imports is initialised before it.
package tickets

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/awsexec/awsexec/internal/fastpath"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// FastPath is package fastpath as the command line sees it. It implements
// cli.Early.
type FastPath struct{}

// Failure returns why this call's answer could not be written; nil if there was
// none.
func (FastPath) Failure() error { return fastpath.WriteError }

// Recorded returns the id of the key that the log has this call with; "" for none.
func (FastPath) Recorded() string { return fastpath.Recorded }

// Begin returns a function that leaves a ticket for calls with these arguments,
// if what package fastpath demands holds before and after this call.
func (FastPath) Begin(args []string, s *session.Settings, sess *session.Session) (leave func(context.Context, session.Given)) {
	none := func(context.Context, session.Given) {}
	if s.Debug || s.NoSession || s.Refresh || s.Hold == 0 || filepath.Base(s.Self) != fastpath.Name {
		return none
	}
	call, ok := fastpath.Parse(args, s.Environ)
	if !ok || !sameFiles(call, s) {
		return none
	}
	before, err := call.Fingerprint()
	if err != nil {
		return none
	}
	return func(ctx context.Context, given session.Given) {
		t, ok := ticketFor(ctx, call, s, sess, given)
		if !ok {
			return
		}
		sessions, err := sess.Cache()
		if err != nil {
			return
		}
		key, err := sessions.SealingKey(ctx)
		if err != nil {
			return
		}
		if after, err := call.Fingerprint(); err == nil && after == before {
			_ = call.Leave(key, after, t) // without it the next call is as slow as this one
		}
	}
}

// sameFiles reports whether the files and directories of call are those that the
// whole program uses.
func sameFiles(call *fastpath.Call, s *session.Settings) bool {
	if state, err := s.StateDir(); !s.NoLog && (err != nil || call.State != state) {
		return false
	}
	data, dataErr := s.DataDir()
	cache, cacheErr := s.CacheDir()
	return dataErr == nil && cacheErr == nil && call.Data == data && call.Cache == cache &&
		call.Config == s.Files.Config && call.Credentials == s.Files.Credentials
}

// ticketFor returns the ticket for credentials that were just handed out. It is
// false unless they are a session of a key in the keystore, or of a sign-in, and
// nothing but what is in the fingerprint of the call has led to it.
func ticketFor(ctx context.Context, call *fastpath.Call, s *session.Settings, sess *session.Session, given session.Given) (t fastpath.Ticket, ok bool) {
	from, ok := provider.SessionOf(ctx, given.From)
	if !ok || from.Key.Policy != "" { // which may be in a file that is not in the fingerprint
		return t, false
	}
	if rules, err := sess.Rules(ctx, given.Profile); err != nil || rules.Any() { // whose answer depends on the program
		return t, false
	}
	keys, err := sess.Keys()
	if err != nil || !foreseeable(keys.Kind(), call, s.Keystore) {
		return t, false
	}
	// The key id must be the index's, not one that the keystore itself was asked
	// for. A sign-in has none.
	entries, err := keys.List(ctx)
	isKey := func(e keystore.Entry) bool { return e.Name == from.Name && e.AccessKeyID == from.Key.Base }
	if err != nil || from.Tokens == "" && !slices.ContainsFunc(entries, isKey) {
		return t, false
	}
	index, ok := keys.Held(ctx)
	if !ok {
		return t, false
	}
	region, variables := sess.Variables(given.Profile)
	return fastpath.Ticket{
		Store:    string(keys.Kind()),
		MadeWith: from.Key.Base,
		Index:    index,
		Session:  from.Key.File(),
		AnyLife:  from.AnyLife,
		Tokens:   from.Tokens,
		Account:  given.AccountID,
		Region:   region,
		Profile:  given.Profile.Name,
		Settings: fastpath.JoinSettings(variables),
		Facts:    given.Facts().Members(),

		Narrowing: fastpath.JoinSettings(session.NarrowingVariables(policy.Set{ARNs: from.Key.PolicyARNs})),
	}, true
}

// foreseeable reports whether calls like this one use the same kind of keystore
// whoever is on the bus at the time: the user named or chose it, or there is no
// other.
func foreseeable(kind keystore.Kind, call *fastpath.Call, named keystore.Kind) bool {
	if named != keystore.KindAuto {
		return true
	}
	chosen, err := keystore.Options{Dir: call.Data}.Chosen()
	switch {
	case err != nil:
		return false
	case chosen.Kind != "":
		return true
	case kind == keystore.KindFile:
		return !call.HasBus
	default:
		return !keystore.FileExists(keystore.Options{Dir: call.Data})
	}
}
