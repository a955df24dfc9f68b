package provider

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
)

// Limits of GetSessionToken for an IAM user. Source: API reference of
// GetSessionToken. For a root user AWS itself limits it to an hour.
const (
	minSession = profile.MinSession
	maxSession = profile.MaxSession
)

// Default lives of a session: short if it renews by itself, long if renewing takes
// an MFA code.
const (
	defaultSession    = time.Hour
	defaultSessionMFA = 12 * time.Hour
)

// DurationError reports a duration that AWS would refuse.
type DurationError struct {
	Operation     string
	Got, Min, Max time.Duration
	Asked         bool // the user asked for it, not the profile
}

func (e *DurationError) Error() string {
	return fmt.Sprintf("duration %s is outside what %s allows: %d to %d seconds (%s to %s)",
		short(e.Got), e.Operation, e.Min/time.Second, e.Max/time.Second, short(e.Min), short(e.Max))
}

// longTermKey is where the long-term key of a profile comes from.
type longTermKey interface {
	KeyID(ctx context.Context) (string, error)
	Retrieve(ctx context.Context) (aws.Credentials, error)
}

// KeySession returns the provider of sessions of the stored key that has the name
// of p, whatever else p has. They come from the cache if it has one, and are the
// same that all other credentials of this key are made from.
func KeySession(ctx context.Context, p *profile.Profile, parts Parts, f Flags) (aws.CredentialsProvider, error) {
	m := newMaker(parts, f)
	plan := &Plan{Kind: StoredKey, Profile: p}
	m.way = plan.Way(p)
	if err := cmp.Or(m.checkPartition(plan), checkMFA(plan)); err != nil {
		return nil, err
	}
	duration := m.Duration
	if duration == 0 && p.RoleARN == "" { // else duration_seconds is about the role
		duration = p.Duration
	}
	return newCurrent(ctx, func(ctx context.Context) (aws.CredentialsProvider, error) {
		return m.newSession(ctx, keystoreKey{m.Keys, p.Name}, p.Name, p.MFASerial, duration)
	})
}

// newSession returns a provider of GetSessionToken sessions made from key.
func (m *maker) newSession(ctx context.Context, key longTermKey, profile, mfaSerial string, duration time.Duration) (*cached, error) {
	if duration == 0 {
		duration = defaultSession
		if mfaSerial != "" {
			duration = defaultSessionMFA
		}
	}
	if duration < minSession || duration > maxSession {
		return nil, &DurationError{"GetSessionToken", duration, minSession, maxSession, m.Duration != 0}
	}
	base, err := key.KeyID(ctx)
	if err != nil {
		return nil, err
	}
	k := keyIn(m.Client.Scope())
	k.Base, k.Operation, k.MFASerial, k.Duration = base, "GetSessionToken", mfaSerial, duration
	issue := func(ctx context.Context) (aws.Credentials, error) {
		longTerm, err := retrieveNamed(ctx, key, base)
		if err != nil {
			return aws.Credentials{}, err
		}
		return m.getSessionToken(ctx, longTerm, TokenRequest{Profile: profile, Key: nameOf(key)}, k)
	}
	return &cached{m: m, key: k, anyLife: m.anyLife(k), name: nameOf(key), lock: base, issue: issue}, nil
}

// anyLife reports whether a fresh session of k serves whatever life it was made for.
// It does if it only assumes a role, and where another would take an MFA code that
// the user has not asked for.
func (m *maker) anyLife(k cache.Key) bool {
	return m.forRole || m.Duration == 0 && k.MFASerial != ""
}

// keyIn returns the part of a cache key that says where the session holds.
func keyIn(s awsapi.Scope) cache.Key {
	return cache.Key{Partition: s.Partition, Endpoint: s.Endpoint, Region: s.Region}
}

// getSessionToken calls STS GetSessionToken with a long-term key, for the session of
// k.
func (m *maker) getSessionToken(ctx context.Context, longTerm aws.Credentials, request TokenRequest, k cache.Key) (aws.Credentials, error) {
	in := &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(int32(k.Duration / time.Second))}
	request.Serial, request.Despite = k.MFASerial, m.despite(ctx, k)
	return m.callSTS(ctx, request, k.Duration, func(ctx context.Context, code *string) (awsapi.Issued, error) {
		if in.TokenCode = code; code != nil {
			in.SerialNumber = aws.String(k.MFASerial)
		}
		return m.Client.GetSessionToken(ctx, longTerm, in)
	})
}

// callSTS makes a session of the given life by a call to STS, with a one-time code
// of the MFA device of the request, if that has one.
func (m *maker) callSTS(
	ctx context.Context, request TokenRequest, life time.Duration, call func(ctx context.Context, code *string) (awsapi.Issued, error),
) (made aws.Credentials, err error) {
	once := func(ctx context.Context, code *string) error {
		defer m.Events.Waiting("for AWS STS in " + m.Client.CalledRegion())()
		began := m.Now()
		issued, err := call(ctx, code)
		if err != nil {
			return err
		}
		m.reportPacked(request.Profile, issued)
		made, err = m.byLocalClock(issued, began, life)
		return err
	}
	if request.Serial == "" {
		err = once(ctx, nil)
		return made, err
	}
	request.Way = m.way
	err = m.withTokenCode(ctx, request, func(ctx context.Context, code string) error { return once(ctx, &code) })
	return made, err
}

// short returns a duration without its zero parts: 1h rather than 1h0m0s.
func short(d time.Duration) string {
	s := d.Round(time.Second).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if len(s) > len(zero) && s[len(s)-len(zero):] == zero {
			s = s[:len(s)-2]
		}
	}
	return s
}
