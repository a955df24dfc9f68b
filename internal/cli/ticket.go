package cli

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/ticket"
	"github.com/awsexec/awsexec/keystore"
)

// ticket is called before the work of a call begins. What it returns is called when that has succeeded, and leaves a ticket with which
// the next call of the same kind is answered by package warm, if what package ticket demands holds.
func (a *app) ticket() (leave func(context.Context, *profile.Profile, session.Given)) {
	none := func(context.Context, *profile.Profile, session.Given) {}
	if a.Debug || a.NoSession || a.refresh || a.settings.Hold == 0 || filepath.Base(a.self) != ticket.Name {
		return none
	}
	call, ok := ticket.Parse(a.args, a.environ)
	if !ok {
		return none
	}
	before, err := call.Fingerprint()
	if err != nil {
		return none
	}
	return func(ctx context.Context, p *profile.Profile, given session.Given) {
		t, ok := a.ticketOf(ctx, call, p, given)
		if !ok || !a.ui.quiet() {
			return
		}
		if after, err := call.Fingerprint(); err == nil && after == before {
			sessions, err := a.session.Cache()
			if err == nil {
				err = sessions.LeaveTicket(ctx, call, after, t)
			}
			if err != nil { // the next call is as slow as this one
				a.ui.Debug("ticket: %v", err)
			}
		}
	}
}

// ticketOf is the ticket of the session that was just handed out, if it is one of a key in the keystore and nothing else than what is in
// the fingerprint of the call has led to it.
func (a *app) ticketOf(ctx context.Context, call *ticket.Call, p *profile.Profile, given session.Given) (t ticket.Ticket, ok bool) {
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
	return ticket.Ticket{
		Store:    string(keys.Kind()),
		MadeWith: key.Base,
		Index:    index,
		Session:  key.File(),
		Region:   a.session.Region(p),
		Profile:  p.Name,
	}, true
}
