package session

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// ErrTooLong is the cause of a context that timed out.
var ErrTooLong = errors.New("no answer in time")

// Session resolves profiles to credentials. Its methods may be called from
// several goroutines.
type Session struct {
	Person *Person

	settings *Settings
	events   provider.Events
	watch    Watch
	signIn   SignIn // nil if nobody is to sign in

	opening sync.Mutex // guards what is below
	config  *profile.Config
	store   *keystore.Store
	cached  *cache.Cache
	quiet   *cache.Cache
}

// Watch is called when a helper program starts: mfa_process, or the
// credential_process of another tool. It returns where the program writes its
// standard error, and the function to call at its end. That returns what the
// program said, without secrets; "" if the user has seen it.
type Watch func(what string) (stderr io.Writer, end func() (said string))

// New returns the session of a run. It opens nothing yet.
func New(s *Settings, e provider.Events, watch Watch) *Session {
	session := &Session{settings: s, events: e, watch: watch}
	session.Person = newPerson(s, e, session.Cache)
	return session
}

// Keys returns the keystore that the user chose.
func (s *Session) Keys() (*keystore.Store, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.store != nil {
		return s.store, nil
	}
	o, err := s.KeystoreOptions()
	if err != nil {
		return nil, err
	}
	s.store, err = keystore.Open(s.settings.Keystore, o)
	return s.store, err
}

// KeystoreOptions returns the options that the keystore is opened with.
func (s *Session) KeystoreOptions() (keystore.Options, error) {
	dir, err := s.settings.DataDir()
	return keystore.Options{
		Dir: dir, Env: s.settings.Env, Environ: s.settings.HelperEnviron(s.settings.Chain()), Passphrase: s.Person.Passphrase, Host: s.KeyHost(), NoPrompt: s.settings.NoPrompt, Hold: s.settings.Hold,
		Debug: s.events.Debug, WorkFactor: s.settings.WorkFactor,
	}, err
}

// UseFile makes the encrypted file the keystore of this run, and returns it.
func (s *Session) UseFile() (*keystore.Store, error) {
	o, err := s.KeystoreOptions()
	if err != nil {
		return nil, err
	}
	store, err := keystore.OpenFile(o)
	if err != nil {
		return nil, err
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	s.store = store
	return store, nil
}

// Cache returns the session cache, sealed by a key of the keystore.
func (s *Session) Cache() (*cache.Cache, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.cached != nil {
		return s.cached, nil
	}
	dir, err := s.settings.CacheDir()
	if err != nil {
		return nil, err
	}
	s.cached = cache.New(dir, func(ctx context.Context, again bool) ([32]byte, error) {
		keys, err := s.Keys()
		if err != nil {
			return [32]byte{}, err
		}
		defer s.WaitForKeys()()
		if again {
			return keys.KeptSealingKey(ctx)
		}
		return keys.SealingKey(ctx)
	})
	return s.cached, nil
}

// Config returns the user's own AWS files.
func (s *Session) Config() (*profile.Config, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.config == nil {
		config, err := profile.ReadFiles(s.settings.Files)
		if err != nil {
			return nil, err
		}
		s.config = config.RunBy(s.settings.Self)
	}
	return s.config, nil
}

// Opened returns the keystore if it has been opened, else nil.
func (s *Session) Opened() *keystore.Store {
	s.opening.Lock()
	defer s.opening.Unlock()
	return s.store
}

// WaitForKeys reports that awsexec waits for the open keystore, perhaps for a person
// in front of its dialog.
func (s *Session) WaitForKeys() (done func()) {
	return s.Person.WaitingForPerson("for " + s.Opened().String())
}

// Selected returns the profile that the command line and the environment select. It
// may be absent only if it is the default profile and nobody named it.
func (s *Session) Selected(ctx context.Context) (*profile.Profile, error) {
	config, err := s.Config()
	if err != nil {
		return nil, err
	}
	if !profile.IsNamed(s.settings.Profile, s.settings.Env) {
		config = config.With(profile.DefaultName)
	}
	return s.resolve(ctx, s.settings.SelectedName(), config)
}

// Profile returns the profile called name. A profile that is not in the AWS files
// exists if the keystore has a key of that name, also as a source profile. The
// error wraps profile.NotFoundError, which has the nearest names, including those
// that only the keystore has.
func (s *Session) Profile(ctx context.Context, name string) (*profile.Profile, error) {
	config, err := s.Config()
	if err != nil {
		return nil, err
	}
	return s.resolve(ctx, name, config)
}

// resolve is [Session.Profile] for the profiles of config.
func (s *Session) resolve(ctx context.Context, name string, config *profile.Config) (*profile.Profile, error) {
	for {
		p, err := config.Profile(name)
		var missing *profile.NotFoundError
		if !errors.As(err, &missing) {
			return p, err
		}
		keys, keysErr := s.Keys()
		missingHelper := errors.As(keysErr, new(*keystore.NoHelperError))
		if errors.Is(keysErr, keystore.ErrUnavailable) && !missingHelper {
			s.events.Debug("keystore: %v", keysErr)
			return nil, err
		}
		if keysErr != nil { // it may have the key
			return nil, keysErr
		}
		switch _, keyErr := keys.KeyID(ctx, missing.Name); {
		case keyErr == nil:
			config = config.With(missing.Name)
		case errors.Is(keyErr, keystore.ErrNotFound):
			return nil, s.nearest(ctx, name, config, keys)
		case errors.Is(keyErr, keystore.ErrUnavailable) && missing.Name != name: // the files alone are wrong
			return nil, err
		default:
			return nil, keyErr
		}
	}
}

// nearest returns the error for a profile that does not exist, with the nearest
// names.
func (s *Session) nearest(ctx context.Context, name string, config *profile.Config, keys *keystore.Store) error {
	entries, err := keys.List(ctx)
	if err != nil {
		s.events.Debug("keystore: %v", err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name
	}
	_, err = config.With(names...).Profile(name)
	return err
}

// Region returns the region for p: the user's, else the profile's.
func (s *Session) Region(p *profile.Profile) string {
	return profile.Region(s.settings.Region, s.settings.Env, p)
}

// Client returns the client that calls AWS for p.
func (s *Session) Client(p *profile.Profile) (awsapi.Client, error) {
	env := s.settings.Env
	fips, err := profile.FIPS(env, p)
	if err != nil {
		return awsapi.Client{}, err
	}
	dualStack, err := profile.DualStack(env, p)
	if err != nil {
		return awsapi.Client{}, err
	}
	return awsapi.Client{
		Region:      s.Region(p),
		Endpoint:    profile.STSEndpoint(env, p),
		IAMEndpoint: profile.IAMEndpoint(env, p),
		SSOEndpoint: profile.SSOEndpoint(env, p), SSOOIDCEndpoint: profile.SSOOIDCEndpoint(env, p), SigninEndpoint: profile.SigninEndpoint(env, p),
		CABundle:  profile.CABundle(env, p),
		FIPS:      fips,
		DualStack: dualStack,
		AppID:     "awsexec-" + s.settings.Version,
	}, nil
}

// Given are credentials of a profile, and where they come from.
type Given struct {
	aws.Credentials
	Profile  *profile.Profile
	From     aws.CredentialsProvider
	Policies policy.Set // that narrow them
}

// Current reports whether the keystore still has the key that the credentials are
// made from, under the same name. It is true of credentials from elsewhere. It reads
// the keystore only if that and its index disagree.
func (g Given) Current(ctx context.Context) (bool, error) { return provider.IsCurrent(ctx, g.From) }

// Facts returns what the log says about g.
func (g Given) Facts() logbook.Facts {
	f := provider.FactsOf(g.From)
	facts := logbook.Facts{Account: g.AccountID, RoleARN: f.RoleARN, Policy: g.Policies.String()}
	if f.Key {
		facts.MFA = &f.MFA
	}
	return facts
}

// Origin returns where awsexec had g from.
func (g Given) Origin() logbook.Origin {
	switch f := provider.FactsOf(g.From); {
	case f.Cached:
		return logbook.Cached
	case f.Session, g.From == nil: // made for the console
		return logbook.Made
	}
	return logbook.Passed
}

// Credentials returns the credentials that p leads to. If that takes longer than
// limit, the cause of the error is ErrTooLong.
func (s *Session) Credentials(ctx context.Context, p *profile.Profile, limit time.Duration) (Given, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrTooLong)
	defer cancel()
	parts, helper, err := s.parts(p)
	if err != nil {
		return Given{}, err
	}
	from, err := provider.New(ctx, p, parts, s.flags())
	if err != nil {
		return Given{}, err
	}
	c, err := from.Retrieve(ctx)
	s.Person.noteAnswer(helper.asked(), err)
	return Given{c, p, from, provider.PoliciesOf(from)}, err
}

// ConsoleSession returns the credentials that p leads to in the AWS console. If that
// takes longer than limit, the cause of the error is ErrTooLong.
func (s *Session) ConsoleSession(ctx context.Context, p *profile.Profile, limit time.Duration) (provider.ConsoleSession, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrTooLong)
	defer cancel()
	parts, helper, err := s.parts(p)
	if err != nil {
		return provider.ConsoleSession{}, err
	}
	c, err := provider.ForConsole(ctx, p, parts, s.flags())
	s.Person.noteAnswer(helper.asked(), err)
	return c, err
}

// KeySession returns a session of the stored key that has the name of p, whatever
// else p has. It is the one that all other credentials of this key are made from.
func (s *Session) KeySession(ctx context.Context, p *profile.Profile) (aws.Credentials, error) {
	parts, helper, err := s.parts(p)
	if err != nil {
		return aws.Credentials{}, err
	}
	from, err := provider.KeySession(ctx, p, parts, s.flags())
	if err != nil {
		return aws.Credentials{}, err
	}
	c, err := from.Retrieve(ctx)
	s.Person.noteAnswer(helper.asked(), err)
	return c, err
}

// KeyID returns the id of the key that the keystore has under name.
func (s *Session) KeyID(ctx context.Context, name string) (string, error) {
	return lazyKeys{s}.KeyID(ctx, name)
}

// ListedKeyID returns the id of the key that the keystore's index has under name; ""
// if only the store itself knows it. It reads no key and asks nobody.
func (s *Session) ListedKeyID(ctx context.Context, name string) (id string, listed bool) {
	id, err := indexKeys{lazyKeys{s}}.KeyID(ctx, name)
	return id, err == nil
}

// Plan returns how the credentials of p are got, without getting them. If explicit
// is true, it ignores keys in the environment, as for a profile that was named.
func (s *Session) Plan(ctx context.Context, p *profile.Profile, explicit bool) (*provider.Plan, error) {
	f := s.flags()
	f.Explicit = f.Explicit || explicit
	return provider.Find(ctx, p, s.settings.Env, lazyKeys{s}, f)
}

// Narrowing returns the session policies of the credentials of plan.
func (s *Session) Narrowing(plan *provider.Plan, p *profile.Profile) (policy.Set, error) {
	return provider.Narrowing(plan, s.Region(p), s.settings.SDKHome, s.flags())
}

// ProfileNarrowing is [Session.Narrowing] for what profiles alone ask for.
func (s *Session) ProfileNarrowing(plan *provider.Plan, p *profile.Profile) (policy.Set, error) {
	return provider.Narrowing(plan, s.Region(p), s.settings.SDKHome, provider.Flags{Explicit: true})
}

// Giver returns the name of the profile whose credentials plan gives: that of an
// awsexec around this process if they are passed on, and "" if somebody else has put
// them into the environment.
func (s *Session) Giver(plan *provider.Plan) string {
	switch {
	case plan.Kind == provider.EnvironmentKey, plan.Kind == provider.EnvironmentSession,
		plan.Kind == provider.Container && s.settings.Profile == "" && s.settings.GivenBy != "":
		return s.settings.GivenBy
	case len(plan.Via) > 0: // the profile that was asked for is last
		return plan.Via[len(plan.Via)-1].Name
	}
	return plan.Profile.Name
}

// parts returns what the providers of p work with.
func (s *Session) parts(p *profile.Profile) (provider.Parts, *helper, error) {
	client, err := s.Client(p)
	if err != nil {
		return provider.Parts{}, nil, err
	}
	sessions, err := s.Cache()
	if err != nil {
		return provider.Parts{}, nil, err
	}
	quiet, err := s.QuietCache()
	if err != nil {
		return provider.Parts{}, nil, err
	}
	h := &helper{session: s, profile: p}
	return provider.Parts{
		Env: s.settings.Env, Home: s.settings.SDKHome, Now: s.settings.Now, Client: client, Cache: sessions, QuietCache: quiet, Keys: lazyKeys{s}, Helper: h,
		Events: s.Person.asEvents(), Signer: &signIns{s, s.settings.Now()},
	}, h, nil
}

// flags returns what the user asks of credentials.
func (s *Session) flags() provider.Flags {
	return provider.Flags{
		Explicit: s.settings.Profile != "", NoSession: s.settings.NoSession, Duration: s.settings.Duration, Chain: s.settings.Chain(),
		At: s.settings.Now(), Policies: s.settings.Policies, Given: s.settings.Given,
	}
}
