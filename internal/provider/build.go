package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// errDurationOfOther means that --duration was given for credentials whose life
// awsexec cannot choose.
var errDurationOfOther = errors.New("--duration has no effect here: whoever made these credentials decides how long they live")

// build returns the provider of a plan.
func (m *maker) build(ctx context.Context, plan *Plan) (aws.CredentialsProvider, error) {
	switch {
	case plan.Kind == Role:
		return m.buildRole(ctx, plan)
	case plan.LongTerm():
		key := m.keyOf(plan)
		if m.NoSession {
			return m.withoutSession(plan, key), nil
		}
		if !m.policies.IsZero() {
			return m.newFederated(ctx, key, plan.Profile)
		}
		session, err := m.newSession(ctx, key, plan.Profile.Name, plan.Profile.MFASerial, m.durationOf(plan.Profile))
		if err != nil {
			return nil, err
		}
		session.account = accountOf(key, plan.Profile)
		return session, nil
	case plan.Kind == Process:
		return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			return m.retrieveProcess(ctx, plan.Profile)
		}), nil
	}
	if m.Duration != 0 {
		return nil, fmt.Errorf("%s of profile %q: %w", plan.Kind, plan.Profile.Name, errDurationOfOther)
	}
	switch plan.Kind {
	case SSO:
		return m.roleOfSSO(plan), nil
	case Login:
		return &loginProvider{m.given(plan), m.signInOf(plan)}, nil
	}
	return m.given(plan), nil
}

// durationOf returns how long credentials of p should live: as the user says,
// else as the profile says, else 0.
func (m *maker) durationOf(p *profile.Profile) time.Duration {
	if m.Duration != 0 {
		return m.Duration
	}
	return p.Duration
}

// withoutSession returns a provider of the long-term key itself, which warns.
func (m *maker) withoutSession(plan *Plan, key longTermKey) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := key.Retrieve(ctx)
		if err == nil {
			c.AccountID = accountOf(key, plan.Profile)
			m.Events.Warn(&LongTermKeyError{plan.Profile.Name, c.AccessKeyID})
		}
		return c, err
	})
}

// LongTermKeyError reports that a long-term key is given itself.
type LongTermKeyError struct{ Profile, KeyID string }

func (e *LongTermKeyError) Error() string {
	return fmt.Sprintf("profile %q: this is the long-term key %s itself, which never expires", e.Profile, e.KeyID)
}

// keyOf returns the long-term key of a plan.
func (m *maker) keyOf(plan *Plan) longTermKey {
	p := plan.Profile
	switch plan.Kind {
	case StoredKey:
		return keystoreKey{m.Keys, p.Name}
	case FileKey:
		m.Events.Warn(&PlaintextKeyError{p.Name, p.Static.SecretAccessKey})
		return givenKey{inFiles(p)}
	default:
		return givenKey{environmentCredentials(m.Env)}
	}
}

// PlaintextKeyError reports a long-term key in an AWS file.
type PlaintextKeyError struct {
	Profile string
	At      awsini.Pos // of the secret
}

func (e *PlaintextKeyError) Error() string {
	return fmt.Sprintf("profile %q: its access key is in plaintext at %s", e.Profile, e.At)
}

// keystoreKey is a long-term key in the keystore.
type keystoreKey struct {
	keys Keys
	name string
}

func (k keystoreKey) KeyID(ctx context.Context) (string, error) { return k.keys.KeyID(ctx, k.name) }

func (k keystoreKey) Retrieve(ctx context.Context) (aws.Credentials, error) {
	return k.keys.Get(ctx, k.name)
}

// nameOf returns the name of a key in the keystore, "" for any other key.
func nameOf(key longTermKey) string {
	k, _ := key.(keystoreKey)
	return k.name
}

// inFiles returns the keys of p in the AWS files. The account may be in the other file,
// as in the Go SDK.
func inFiles(p *profile.Profile) aws.Credentials {
	c := p.Static.Credentials
	c.AccountID = cmp.Or(c.AccountID, p.AccountID)
	return c
}

// accountOf returns the id of the account that is said to own key, "" if nothing says
// so. It is written beside the key or, for a key that is not in the files, in its
// profile. As in the SDKs nobody checks it: they put it into the host names of services
// that have endpoints of accounts, where a wrong one is refused.
func accountOf(key longTermKey, p *profile.Profile) string {
	if given, ok := key.(givenKey); ok {
		return given.credentials.AccountID
	}
	return p.AccountID
}

// givenKey is a long-term key that is known already.
type givenKey struct{ credentials aws.Credentials }

func (k givenKey) KeyID(context.Context) (string, error) { return k.credentials.AccessKeyID, nil }

func (k givenKey) Retrieve(context.Context) (aws.Credentials, error) { return k.credentials, nil }

// environmentCredentials returns the credentials in the environment.
func environmentCredentials(env func(string) string) aws.Credentials {
	c := aws.Credentials{
		AccessKeyID:     env("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: env("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    sessionToken(env),
		AccountID:       env("AWS_ACCOUNT_ID"),
		Source:          string(EnvironmentSession),
	}
	if t, ok := Expiration(env); ok && c.SessionToken != "" {
		c.CanExpire, c.Expires = true, t
	}
	return c
}

// StaleError reports that the credential_process of another tool printed credentials
// which have expired. Botocore refuses them too.
type StaleError struct {
	Origin  awsini.Pos
	Profile string
	At      time.Time
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("%s: credential_process of profile %q: the credentials that it printed expired at %s", e.Origin, e.Profile, e.At.UTC().Format(time.RFC3339))
}

// retrieveProcess runs the credential_process of another tool. If that prints a
// long-term key, it makes a session of it.
func (m *maker) retrieveProcess(ctx context.Context, p *profile.Profile) (aws.Credentials, error) {
	c, err := m.runProcess(ctx, p)
	if err != nil {
		return aws.Credentials{}, err
	}
	if isSession(c) {
		if !m.policies.IsZero() {
			return aws.Credentials{}, &NotNarrowedError{Profile: p, Kind: Process, Set: m.policies}
		}
		if m.Duration != 0 {
			return aws.Credentials{}, fmt.Errorf("%s of profile %q: %w", Process, p.Name, errDurationOfOther)
		}
		return c, nil
	}
	plan := &Plan{Kind: Process, Profile: p}
	key := givenKey{c}
	if !m.policies.IsZero() && (m.NoSession || p.MFASerial != "") {
		return aws.Credentials{}, &NotNarrowedError{Profile: p, Kind: Process, Set: m.policies, MFA: p.MFASerial != "", Itself: m.NoSession}
	}
	if m.NoSession {
		return m.withoutSession(plan, key).Retrieve(ctx)
	}
	if err := checkMFA(&Plan{Kind: FileKey, Profile: p}); err != nil {
		return aws.Credentials{}, err
	}
	if !m.policies.IsZero() {
		session, err := m.newFederated(ctx, key, p)
		if err != nil {
			return aws.Credentials{}, err
		}
		return session.Retrieve(ctx)
	}
	session, err := m.newSession(ctx, key, p.Name, p.MFASerial, m.durationOf(p))
	if err != nil {
		return aws.Credentials{}, err
	}
	session.account = c.AccountID
	return session.Retrieve(ctx)
}

// runProcess runs the credential_process of another tool.
func (m *maker) runProcess(ctx context.Context, p *profile.Profile) (aws.Credentials, error) {
	c, err := m.Helper.Process(ctx, p.CredentialProcess, append(m.Chain[:len(m.Chain):len(m.Chain)], p.Name))
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("%s: credential_process of profile %q: %w", p.Origin["credential_process"], p.Name, err)
	}
	if c.CanExpire && !c.Expires.After(m.Now()) {
		return aws.Credentials{}, &StaleError{p.Origin["credential_process"], p.Name, c.Expires}
	}
	c.AccountID = cmp.Or(c.AccountID, p.AccountID) // as in botocore
	return c, nil
}

// isSession reports whether c are temporary credentials.
func isSession(c aws.Credentials) bool { return c.SessionToken != "" || isShortLived(c.AccessKeyID) }
