package provider

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
)

// Limits of AssumeRole. Source: API reference of AssumeRole. A session that assumes
// a role gets at most an hour ("role chaining"). The maximum of the role itself is
// known only to AWS.
const (
	minRole        = 900 * time.Second
	maxRole        = 43200 * time.Second
	maxRoleChained = 3600 * time.Second
	defaultRole    = time.Hour
)

// defaultRoleSessionName is the role session name of profiles without one. It must
// not change from call to call, or nothing could be cached.
const defaultRoleSessionName = "awsexec"

// buildRole returns the provider of a role's credentials.
//
// A role that should last more than an hour is assumed with the long-term key
// itself. Otherwise one GetSessionToken session serves all roles of that key, so
// that one MFA code is enough for them. To assume a role with that session is role
// chaining.
func (m *maker) buildRole(ctx context.Context, plan *Plan) (aws.CredentialsProvider, error) {
	p := plan.Profile
	duration := m.durationOf(p)
	if duration == 0 {
		duration = defaultRole
	}
	if duration < minRole || duration > maxRole {
		return nil, &DurationError{"AssumeRole", duration, minRole, maxRole, m.Duration != 0}
	}
	if plan.From.LongTerm() && (duration > maxRoleChained || m.NoSession) {
		return m.buildDirectRole(ctx, plan, duration)
	}
	if duration > maxRoleChained {
		if m.Duration != 0 {
			return nil, &DurationError{"AssumeRole with a session (role chaining)", duration, minRole, maxRoleChained, true}
		}
		m.Events.Warn(&ReducedError{p})
		duration = maxRoleChained
	}

	from, err := m.sourceOf(ctx, plan)
	if err != nil {
		return nil, err
	}
	assume := func(ctx context.Context) (aws.Credentials, error) {
		source, err := from.Retrieve(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		return m.assumeRole(ctx, source, p, TokenRequest{Profile: p.Name}, duration)
	}
	session := &cached{m: m, key: m.roleKey(p, duration), issue: assume}
	switch parent := from.(type) {
	case *cached:
		session.key.Base, session.key.From = parent.key.Base, parent.key.Identity()
		session.from, session.name, session.signIn = parent, parent.name, parent.signIn
	case *loginProvider:
		session.key.Base, session.key.From, session.signIn = parent.signIn.base, parent.signIn.base, parent.signIn
	default: // whose credentials may differ next time
		return aws.CredentialsProviderFunc(assume), nil
	}
	session.anyLife, session.lock = m.anyLife(session.key), session.key.ID()
	return session, nil
}

// ReducedError reports that a role gets less than its duration_seconds, because a
// session assumes it.
type ReducedError struct{ Role *profile.Profile }

func (e *ReducedError) Error() string {
	return fmt.Sprintf("%s: role %s is assumed by a session, which AWS allows for at most 1 hour; duration_seconds is reduced to that",
		e.Role.Origin["duration_seconds"], e.Role.RoleARN)
}

// Reduced returns the warnings about roles on the way of plan that get less than
// their duration_seconds.
func Reduced(plan *Plan, f Flags) []*ReducedError {
	var reduced []*ReducedError
	for ; plan != nil; plan, f.Duration = plan.From, 0 {
		direct := plan.Kind == Role && plan.From.LongTerm()
		if plan.Kind == Role && !direct && f.Duration == 0 && plan.Profile.Duration > maxRoleChained && plan.Profile.Duration <= maxRole {
			reduced = append(reduced, &ReducedError{plan.Profile})
		}
	}
	return reduced
}

// sourceOf returns the provider of what assumes a role: another role, or the
// session that all roles of a long-term key share.
func (m *maker) sourceOf(ctx context.Context, plan *Plan) (aws.CredentialsProvider, error) {
	inner := *m
	inner.Duration = 0 // --duration is about the last role
	inner.forRole = true
	inner.policies = policy.Set{} // they are for the programs that get the role
	from := plan.From
	if !from.LongTerm() {
		return inner.build(ctx, inheritMFA(from, plan.Profile))
	}
	key := inner.keyOf(from)
	duration := time.Duration(0)
	if from.Profile.RoleARN == "" { // else duration_seconds is about the role
		duration = from.Profile.Duration
	}
	return inner.newSession(ctx, key, from.Profile.Name, mfaSerial(plan), duration)
}

// inheritMFA returns from with the MFA device of p, the profile of the role that it
// assumes, if it has none of its own. The code is used with the long-term key at
// the end of the chain.
func inheritMFA(from *Plan, p *profile.Profile) *Plan {
	if from.Kind != Role && from.Kind != Process || p.MFASerial == "" || from.Profile.MFASerial != "" {
		return from
	}
	withMFA := *from.Profile
	withMFA.MFASerial = p.MFASerial
	inherited := *from
	inherited.Profile = &withMFA
	return &inherited
}

// mfaSerial returns the MFA device for the long-term key that assumes the role of
// plan: that of the role's profile, or else that of the source.
func mfaSerial(plan *Plan) string {
	if plan.Profile.MFASerial != "" {
		return plan.Profile.MFASerial
	}
	return plan.From.Profile.MFASerial
}

// buildDirectRole returns the provider of a role that a long-term key assumes
// without a session in between.
func (m *maker) buildDirectRole(ctx context.Context, plan *Plan, duration time.Duration) (aws.CredentialsProvider, error) {
	p := plan.Profile
	longTerm := m.keyOf(plan.From)
	base, err := longTerm.KeyID(ctx)
	if err != nil {
		return nil, err
	}
	key := m.roleKey(p, duration)
	key.Base, key.MFASerial = base, mfaSerial(plan)
	issue := func(ctx context.Context) (aws.Credentials, error) {
		source, err := retrieveNamed(ctx, longTerm, base)
		if err != nil {
			return aws.Credentials{}, err
		}
		return m.assumeRole(ctx, source, p, TokenRequest{Profile: p.Name, Serial: key.MFASerial, Key: nameOf(longTerm), Despite: m.despite(ctx, key)}, duration)
	}
	return &cached{m: m, key: key, anyLife: m.anyLife(key), name: nameOf(longTerm), lock: base, issue: issue}, nil
}

// roleKey returns the cache key of a role's session, made of all that shapes it. The
// order of tags does not.
func (m *maker) roleKey(p *profile.Profile, duration time.Duration) cache.Key {
	key := keyIn(m.Client.Scope())
	key.Operation, key.Duration = "AssumeRole", duration
	key.RoleARN, key.ExternalID, key.RoleSessionName, key.SourceIdentity = p.RoleARN, p.ExternalID, sessionName(p), p.SourceIdentity
	key.TransitiveTagKeys = slices.Compact(slices.Sorted(slices.Values(p.TransitiveSessionTags)))
	key.Policy, key.PolicyARNs = m.policies.Document, m.policies.ARNs
	for _, t := range p.SessionTags {
		key.Tags = append(key.Tags, [2]string{t.Key, t.Value})
	}
	slices.SortFunc(key.Tags, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return key
}

func sessionName(p *profile.Profile) string { return cmp.Or(p.RoleSessionName, defaultRoleSessionName) }

// assumeRole calls STS AssumeRole for the role of p, with the code of a request that
// has a device.
func (m *maker) assumeRole(
	ctx context.Context, source aws.Credentials, p *profile.Profile, request TokenRequest, duration time.Duration,
) (aws.Credentials, error) {
	in := &sts.AssumeRoleInput{
		RoleArn:           aws.String(p.RoleARN),
		RoleSessionName:   aws.String(sessionName(p)),
		DurationSeconds:   aws.Int32(int32(duration / time.Second)),
		TransitiveTagKeys: p.TransitiveSessionTags,
	}
	if p.ExternalID != "" {
		in.ExternalId = aws.String(p.ExternalID)
	}
	if p.SourceIdentity != "" {
		in.SourceIdentity = aws.String(p.SourceIdentity)
	}
	in.Policy, in.PolicyArns = inline(m.policies), managed(m.policies)
	for _, t := range p.SessionTags {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)})
	}
	c, err := m.callSTS(ctx, request, duration, func(ctx context.Context, code *string) (awsapi.Issued, error) {
		if in.TokenCode = code; code != nil {
			in.SerialNumber = aws.String(request.Serial)
		}
		c, err := m.Client.AssumeRole(ctx, source, in)
		if err != nil {
			err = fmt.Errorf("profile %q: %w", p.Name, err)
		}
		return c, err
	})
	if err != nil {
		return aws.Credentials{}, err
	}
	if role, err := arn.Parse(p.RoleARN); err == nil {
		c.AccountID = role.AccountID
	}
	return c, nil
}
