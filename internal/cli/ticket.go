package cli

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/awsexec/awsexec/internal/fastpath"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// tickets leave what answers later calls.
type tickets struct {
	settings *session.Settings
	session  *session.Session
	out      *ui
	args     []string // of the whole command line
}

// begin is called before the work of a call begins. What it returns is called when that has succeeded, and leaves a ticket with which
// the next call of the same kind is answered by package fastpath, if what that demands holds.
func (a *tickets) begin() (leave func(context.Context, *profile.Profile, session.Given)) {
	none := func(context.Context, *profile.Profile, session.Given) {}
	if a.settings.Debug || a.settings.NoSession || a.settings.Refresh || a.settings.Hold == 0 || filepath.Base(a.settings.Self) != fastpath.Name {
		return none
	}
	call, ok := fastpath.Parse(a.args, a.settings.Environ)
	if !ok {
		return none
	}
	before, err := call.Fingerprint()
	if err != nil {
		return none
	}
	return func(ctx context.Context, p *profile.Profile, given session.Given) {
		t, ok := a.ticketOf(ctx, call, p, given)
		if !ok || !a.out.quiet() {
			return
		}
		if after, err := call.Fingerprint(); err == nil && after == before {
			if err := a.leave(ctx, call, after, t); err != nil { // the next call is as slow as this one
				a.out.Debug("ticket: %v", err)
			}
		}
	}
}

// leave seals t with the key of the session cache.
func (a *tickets) leave(ctx context.Context, call *fastpath.Call, f fastpath.Fingerprint, t fastpath.Ticket) error {
	sessions, err := a.session.Cache()
	if err != nil {
		return err
	}
	key, err := sessions.SealingKey(ctx)
	if err != nil {
		return err
	}
	return call.Leave(key, f, t)
}

// ticketOf is the ticket of the session that was just handed out, if it is one of a key in the keystore and nothing else than what is in
// the fingerprint of the call has led to it.
func (a *tickets) ticketOf(ctx context.Context, call *fastpath.Call, p *profile.Profile, given session.Given) (t fastpath.Ticket, ok bool) {
	key, name, ok := provider.SessionOf(given.From)
	if !ok {
		return t, false
	}
	data, dataErr := a.settings.DataDir()
	cache, cacheErr := a.settings.CacheDir()
	if dataErr != nil || cacheErr != nil || call.Data != data || call.Cache != cache || call.Config != a.settings.Files.Config || call.Credentials != a.settings.Files.Credentials {
		return t, false
	}
	keys, err := a.session.Keys()
	if err != nil {
		return t, false
	}
	// Which keystore it is must not depend on who answers on the bus: the only one that there is will be the same next time.
	kind := a.settings.Keystore
	if inFile := keys.Kind() == keystore.KindFile; kind == keystore.KindAuto && (inFile && call.HasBus || !inFile && keystore.FileExists(keystore.Options{Dir: data})) {
		return t, false
	}
	// The key's id is the index's, not one that the keystore itself was asked for.
	entries, err := keys.List(ctx)
	if err != nil || !slices.ContainsFunc(entries, func(e keystore.Entry) bool { return e.Name == name && e.AccessKeyID == key.Base }) {
		return t, false
	}
	index, ok := keys.Held(ctx)
	if !ok {
		return t, false
	}
	return fastpath.Ticket{
		Store:    string(keys.Kind()),
		MadeWith: key.Base,
		Index:    index,
		Session:  key.File(),
		Region:   a.session.Region(p),
		Profile:  p.Name,
	}, true
}
