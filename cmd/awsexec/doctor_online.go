package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// skewLimit is how far a clock may be off before it is worth a word. AWS refuses requests from 5 minutes on.
const skewLimit = time.Minute

// errWouldAsk says that an identity is not to be had without asking a person, or without a new session.
var errWouldAsk = errors.New("there is no session in the cache, and doctor makes none")

// checkOnline asks AWS for the time and for the identity.
func (d *diagnosis) checkOnline(ctx context.Context) {
	if d.profile == nil {
		return
	}
	client, err := d.session.Client(d.profile)
	if err != nil {
		d.found(broken, "online", "", hint(err, d.app), err.Error())
		return
	}
	before := d.now()
	server, err := client.ServerTime(ctx)
	if err != nil {
		d.found(broken, "online", "", hint(err, d.app), err.Error())
		return
	}
	between := before.Add(d.now().Sub(before) / 2)
	switch skew := between.Sub(server).Round(time.Second); {
	case skew.Abs() >= 5*time.Minute:
		d.found(broken, "clock", "", "set the clock, or switch on its synchronisation", fmt.Sprintf("this machine's clock is off by %s: AWS refuses its requests", skew))
	case skew.Abs() >= skewLimit:
		d.found(suspect, "clock", "", "set the clock, or switch on its synchronisation", fmt.Sprintf("this machine's clock is off by %s", skew))
	default:
		d.found(notice, "clock", "", "", "this machine's clock agrees with that of AWS")
	}
	who, err := d.identity(ctx, client)
	switch {
	case errors.Is(err, errWouldAsk), errors.Is(err, errNotRead):
		d.found(notice, "identity", "", "awsexec whoami", fmt.Sprintf("AWS was not asked whose credentials these are: %v", err))
	case err != nil:
		d.found(broken, "identity", "", hint(err, d.app), err.Error())
	default:
		d.found(notice, "identity", "", "", fmt.Sprintf("AWS takes these credentials for %s", maskARN(who.ARN)))
	}
}

// identity asks AWS who the profile's credentials belong to, if that takes no more than the cache. Opening it takes the keystore, which is
// left alone where that would ask.
func (d *diagnosis) identity(ctx context.Context, client awsapi.Client) (awsapi.Identity, error) {
	if d.plan == nil {
		return awsapi.Identity{}, d.planErr
	}
	end := last(d.plan)
	switch {
	case end.Kind == provider.Process:
		return awsapi.Identity{}, fmt.Errorf("%w: a credential_process may ask for something", errWouldAsk)
	case !end.LongTerm():
	case d.condition != keystore.ConditionOpen && d.env("AWSEXEC_PASSPHRASE") == "":
		return awsapi.Identity{}, fmt.Errorf("%w: the keystore is %s", errWouldAsk, d.condition)
	}
	sessions, err := d.session.Cache()
	if err != nil {
		return awsapi.Identity{}, err
	}
	if end.LongTerm() && !sessions.Expiry(d.keyIDOf(end)).After(d.now()) {
		return awsapi.Identity{}, errWouldAsk
	}
	o := d.options(client)
	o.Cache, o.NoSession = sessions, false
	o.TokenCode = func(context.Context, provider.TokenRequest) (provider.TokenCode, error) {
		return provider.TokenCode{}, fmt.Errorf("%w: %w", errWouldAsk, provider.ErrNoHuman)
	}
	from, err := provider.New(ctx, d.profile, o)
	if err != nil {
		return awsapi.Identity{}, err
	}
	credentials, err := from.Retrieve(ctx)
	if err != nil {
		return awsapi.Identity{}, err
	}
	return client.WhoAmI(ctx, credentials)
}
