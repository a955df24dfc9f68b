package provider

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
)

// Limits of GetSessionToken for an IAM user. Source: API reference of GetSessionToken. (For a root user AWS itself caps it at an hour.)
const (
	minSession = 900 * time.Second
	maxSession = 129600 * time.Second
)

// Default lives of a session: short where renewing it costs nobody anything, long where it costs a person an MFA code.
const (
	defaultSession    = time.Hour
	defaultSessionMFA = 12 * time.Hour
)

// DurationError is a duration that AWS would refuse.
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

// KeySession returns the provider of the sessions that the keystore's key of that name makes for profile p, whatever else p has: those
// that everything else of this key is made from, too. A session in the cache is used where there is one.
func KeySession(ctx context.Context, p *profile.Profile, o Options) (aws.CredentialsProvider, error) {
	o.skew = new(sync.Once)
	if err := o.checkPartition(&Plan{Kind: StoredKey, Profile: p}); err != nil {
		return nil, err
	}
	duration := o.Duration
	if duration == 0 && p.RoleARN == "" { // else duration_seconds is about the role
		duration = p.Duration
	}
	return newCurrent(ctx, func(ctx context.Context) (aws.CredentialsProvider, error) {
		return o.newSession(ctx, keystoreKey{o.Keys, p.Name}, p.Name, p.MFASerial, duration)
	})
}

// newSession returns a provider of GetSessionToken sessions made from key.
func (o *Options) newSession(ctx context.Context, key longTermKey, profile, mfaSerial string, duration time.Duration) (*cached, error) {
	if duration == 0 {
		duration = defaultSession
		if mfaSerial != "" {
			duration = defaultSessionMFA
		}
	}
	if duration < minSession || duration > maxSession {
		return nil, &DurationError{"GetSessionToken", duration, minSession, maxSession, o.Duration != 0}
	}
	base, err := key.KeyID(ctx)
	if err != nil {
		return nil, err
	}
	issue := func(ctx context.Context) (aws.Credentials, error) {
		longTerm, err := retrieveNamed(ctx, key, base)
		if err != nil {
			return aws.Credentials{}, err
		}
		return o.getSessionToken(ctx, longTerm, profile, mfaSerial, duration)
	}
	return &cached{
		o: o,
		key: cache.Key{
			Base:      base,
			Operation: "GetSessionToken",
			Region:    o.Client.CalledRegion(),
			Endpoint:  o.Client.Endpoint,
			MFASerial: mfaSerial,
			Duration:  duration,
		},
		name:  nameOf(key),
		lock:  base,
		issue: issue,
	}, nil
}

// getSessionToken calls STS GetSessionToken with a long-term key.
func (o *Options) getSessionToken(ctx context.Context, longTerm aws.Credentials, profile, mfaSerial string, duration time.Duration) (aws.Credentials, error) {
	in := &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(int32(duration / time.Second))}
	return o.callSTS(ctx, profile, mfaSerial, duration, func(ctx context.Context, code *string) (awsapi.Issued, error) {
		if in.TokenCode = code; code != nil {
			in.SerialNumber = aws.String(mfaSerial)
		}
		return o.Client.GetSessionToken(ctx, longTerm, in)
	})
}

// callSTS makes a session of the given life by a call of STS, with a one-time code of the MFA device serial if there is one.
func (o *Options) callSTS(
	ctx context.Context, profile, serial string, life time.Duration, call func(ctx context.Context, code *string) (awsapi.Issued, error),
) (made aws.Credentials, err error) {
	once := func(ctx context.Context, code *string) error {
		defer o.Events.Waiting("for AWS STS in " + o.Client.CalledRegion())()
		began := o.Now()
		issued, err := call(ctx, code)
		if err != nil {
			return err
		}
		made, err = o.byLocalClock(issued, began, life)
		return err
	}
	if serial == "" {
		err = once(ctx, nil)
		return made, err
	}
	err = o.withTokenCode(ctx, profile, serial, func(ctx context.Context, code string) error { return once(ctx, &code) })
	return made, err
}

// short writes a duration without its zero parts: 1h rather than 1h0m0s.
func short(d time.Duration) string {
	s := d.Round(time.Second).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if len(s) > len(zero) && s[len(s)-len(zero):] == zero {
			s = s[:len(s)-2]
		}
	}
	return s
}
