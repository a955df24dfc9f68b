package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// skewLimit is how far a clock may be off without a finding. AWS refuses requests
// that are off by some minutes, and not every program then signs them again by
// the clock of AWS.
const skewLimit = time.Minute

// errWouldAsk says that it takes a person or a new session to get the identity.
var errWouldAsk = errors.New("there is no session in the cache, and doctor makes none")

// Connection is how to ask AWS.
type Connection struct {
	Client awsapi.Client
	Err    error        // why it cannot be asked
	Home   string       // of the user; "" if it is not known
	Cache  *cache.Cache // of sessions; nil if there can be none
	// QuietCache is the same, for whoever can do without it.
	QuietCache *cache.Cache
	Events     provider.Events
}

// Online asks AWS for the time and for the identity, and adds what it finds to
// a report of Examine. It makes no session.
func Online(ctx context.Context, in Input, r *Report, c Connection) {
	if r.Profile == nil {
		return
	}
	d := &diagnosis{in: in, report: *r}
	if len(r.Steps) > 0 {
		d.plan = r.Steps[0].Plan
	}
	d.checkOnline(ctx, c)
	d.report.sort()
	*r = d.report
}

func (d *diagnosis) checkOnline(ctx context.Context, c Connection) {
	if c.Err != nil {
		d.found(Broken, Unreachable, Place{}, c.Err.Error(), AfterError{c.Err})
		return
	}
	before := d.in.Now()
	server, err := c.Client.ServerTime(ctx)
	if err != nil {
		d.found(Broken, Unreachable, Place{}, err.Error(), AfterError{err})
		return
	}
	d.checkClock(before.Add(d.in.Now().Sub(before) / 2).Sub(server))
	who, err := d.identity(ctx, c)
	switch {
	case errors.Is(err, errWouldAsk), errors.Is(err, errNotRead):
		d.found(Notice, Identity, Place{}, fmt.Sprintf("AWS was not asked whose credentials these are: %v", err), d.whoami())
	case err != nil:
		d.found(Broken, Identity, Place{}, err.Error(), AfterError{err})
	default:
		d.found(Notice, Identity, Place{}, "AWS takes these credentials for "+visible.ARN(who.ARN))
	}
}

// whoami returns the command that asks AWS.
func (d *diagnosis) whoami() Remedy {
	if d.in.Profile == "" {
		return awsexec("whoami")
	}
	return awsexec("whoami", d.in.Profile)
}

func (d *diagnosis) checkClock(skew time.Duration) {
	skew = skew.Round(time.Second)
	set := Advice{"set the clock, or switch on its synchronisation"}
	switch {
	case skew.Abs() >= 5*time.Minute:
		d.found(Broken, Clock, Place{}, fmt.Sprintf("this machine's clock is off by %s: AWS refuses what is signed by it", skew), set)
	case skew.Abs() >= skewLimit:
		d.found(Suspect, Clock, Place{}, fmt.Sprintf("this machine's clock is off by %s", skew), set)
	default:
		d.found(Notice, Clock, Place{}, "this machine's clock agrees with that of AWS")
	}
}

// identity asks AWS whose credentials the profile has, if the cache has a
// session. It does not open a keystore that would ask a person.
func (d *diagnosis) identity(ctx context.Context, c Connection) (awsapi.Identity, error) {
	if d.plan == nil {
		return awsapi.Identity{}, d.report.Err
	}
	end, state := last(d.plan), d.in.Keystore.Condition
	switch {
	case end.Kind == provider.Process:
		return awsapi.Identity{}, fmt.Errorf("%w: a credential_process may ask for something", errWouldAsk)
	case !end.LongTerm():
	case state != keystore.ConditionOpen && !d.isSet("AWSEXEC_PASSPHRASE"):
		return awsapi.Identity{}, fmt.Errorf("%w: the keystore is %s", errWouldAsk, state)
	}
	if c.Cache == nil {
		return awsapi.Identity{}, d.in.SessionsErr
	}
	flags := d.in.flags(d.in.Profile != "")
	flags.NoSession = false
	if end.LongTerm() {
		until, err := d.in.Sessions.AtHand(ctx, d.report.Profile, flags)
		if err == nil && until.IsZero() {
			err = errWouldAsk
		}
		if err != nil {
			return awsapi.Identity{}, err
		}
	}
	from, err := provider.New(ctx, d.report.Profile, provider.Parts{
		Env: d.in.env, Home: c.Home, Now: d.in.Now, Client: c.Client, Cache: c.Cache, QuietCache: c.QuietCache, Keys: indexed{d.in.Keystore}, Helper: nobody{}, Events: c.Events,
	}, flags)
	if err != nil {
		return awsapi.Identity{}, err
	}
	credentials, err := from.Retrieve(ctx)
	if err != nil {
		return awsapi.Identity{}, err
	}
	return c.Client.WhoAmI(ctx, credentials)
}

// nobody helps doctor, which asks no person and runs no program. It implements
// provider.Helper.
type nobody struct{}

func (nobody) TokenCode(context.Context, provider.TokenRequest) (provider.TokenCode, error) {
	return provider.TokenCode{}, fmt.Errorf("%w: %w", errWouldAsk, provider.ErrNoHuman)
}

func (nobody) Process(context.Context, string, []string) (aws.Credentials, error) {
	return aws.Credentials{}, errWouldAsk
}
