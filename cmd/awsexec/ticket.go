package main

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/ticket"
	"github.com/awsexec/awsexec/keystore"
)

// ticket is called before the work of a call begins. What it returns is called when that has succeeded, and leaves a ticket with which
// the next call of the same kind is answered by package warm, if what package ticket demands holds.
func (a *app) ticket() (leave func(context.Context, *profile.Profile)) {
	none := func(context.Context, *profile.Profile) {}
	if a.Debug || a.NoSession || a.refresh || a.hold == 0 || filepath.Base(a.self) != ticket.Name {
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
	return func(ctx context.Context, p *profile.Profile) {
		t, ok := a.ticketOf(ctx, call, p)
		if !ok || !a.ui.quiet() {
			return
		}
		if after, err := call.Fingerprint(); err == nil && after == before {
			if err := a.cached.LeaveTicket(ctx, call, after, t); err != nil { // the next call is as slow as this one
				a.ui.Debug("ticket: %v", err)
			}
		}
	}
}

// ticketOf is the ticket of the session that was just handed out, if it is one of a key in the keystore and nothing else than what is in
// the fingerprint of the call has led to it.
func (a *app) ticketOf(ctx context.Context, call *ticket.Call, p *profile.Profile) (t ticket.Ticket, ok bool) {
	session, name, ok := provider.SessionOf(a.given)
	if !ok {
		return t, false
	}
	data, dataErr := a.dataDir()
	cache, cacheErr := a.cacheDir()
	if dataErr != nil || cacheErr != nil || call.Data != data || call.Cache != cache || call.Config != a.files.Config || call.Credentials != a.files.Credentials {
		return t, false
	}
	keys, err := a.keys()
	if err != nil {
		return t, false
	}
	// Which keystore it is must not depend on who answers on the bus: the only one that there is will be the same next time.
	kind, err := a.keystoreKind()
	if err != nil {
		return t, false
	}
	if inFile := keys.Kind() == keystore.KindFile; kind == keystore.KindAuto && (inFile && call.HasBus || !inFile && keystore.FileExists(keystore.Options{Dir: data})) {
		return t, false
	}
	// The key's id is the index's, not one that the keystore itself was asked for.
	entries, err := keys.List(ctx)
	if err != nil || !slices.ContainsFunc(entries, func(e keystore.Entry) bool { return e.Name == name && e.AccessKeyID == session.Base }) {
		return t, false
	}
	return ticket.Ticket{
		Store:   string(keys.Kind()),
		Session: session.File(),
		Region:  profile.Region(a.Region, a.env, p),
		Profile: p.Name,
	}, true
}
