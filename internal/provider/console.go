package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
)

// Limits of the life of console sessions. Source: SessionDuration in "Enable custom
// identity broker access to the AWS console" in the IAM User Guide.
const (
	minConsole = 900 * time.Second
	maxConsole = 43200 * time.Second
)

// ConsoleSession are credentials that the sign-in service of the console takes.
type ConsoleSession struct {
	aws.Credentials
	ARN string // of the identity in the console

	// Life is how long the console is to be open, where that is a matter of its own.
	// It is 0 where the console stays open as long as the credentials are valid.
	Life time.Duration

	From aws.CredentialsProvider // of the credentials; nil if they were made for the console

	Policies policy.Set // that narrow them, as was asked for
}

// UserSessionError reports a session that GetSessionToken has made, which the console
// does not accept. Source: "Enable custom identity broker access to the AWS console" in
// the IAM User Guide.
type UserSessionError struct {
	Kind Kind   // of the credentials
	ARN  string // of the user
}

func (e *UserSessionError) Error() string {
	return fmt.Sprintf("the console does not accept sessions made by GetSessionToken, and these credentials (%s) are one of %s", e.Kind, e.ARN)
}

// WithoutMFAError reports that a console session counts as one without MFA although
// the profile has a device: GetFederationToken takes no code.
type WithoutMFAError struct{ Profile *profile.Profile }

func (e *WithoutMFAError) Error() string {
	return fmt.Sprintf("profile %q: AWS takes no MFA code for the console session of an IAM user, so policies that demand MFA refuse everything there", e.Profile.Name)
}

// ForConsole returns credentials for the console that p leads to. Those of roles and
// of a sign-in are used as they are. An IAM user's key makes a session by
// GetFederationToken, which is as wide as the user unless there are session policies,
// cannot call IAM, and counts as one without MFA.
func ForConsole(ctx context.Context, p *profile.Profile, parts Parts, f Flags) (ConsoleSession, error) {
	f.NoSession = false
	m := newMaker(parts, f)
	m.selected = p
	plan, err := Find(ctx, p, m.Env, m.Keys, f)
	if err != nil {
		return ConsoleSession{}, err
	}
	if err := m.checkPartition(plan); err != nil {
		return ConsoleSession{}, err
	}
	if m.policies, err = narrowing(plan, m.Client.Region, m.Home, f); err != nil {
		return ConsoleSession{}, err
	}
	m.warnOfEnvironment(plan)
	m.way = plan.Way(p)
	if plan.LongTerm() {
		return m.federate(ctx, plan.Profile, m.keyOf(plan))
	}
	if plan.Kind == Process {
		c, err := m.runProcess(ctx, plan.Profile)
		if err != nil {
			return ConsoleSession{}, err
		}
		if !isSession(c) {
			return m.federate(ctx, plan.Profile, givenKey{c})
		}
		if !m.policies.IsZero() {
			return ConsoleSession{}, &NotNarrowedError{Profile: plan.Profile, Kind: Process, Set: m.policies}
		}
		return m.asTheyAre(ctx, plan, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil }))
	}
	if plan.Kind != Role { // --duration is about the console: nobody makes these credentials live longer
		m.Duration = 0
	}
	from, err := newCurrent(ctx, func(ctx context.Context) (aws.CredentialsProvider, error) { return m.build(ctx, plan) })
	if err != nil {
		return ConsoleSession{}, err
	}
	m.Duration = f.Duration
	return m.asTheyAre(ctx, plan, from)
}

// asTheyAre returns the temporary credentials of plan for the console.
func (m *maker) asTheyAre(ctx context.Context, plan *Plan, from aws.CredentialsProvider) (ConsoleSession, error) {
	life, err := m.consoleLife(plan)
	if err != nil {
		return ConsoleSession{}, err
	}
	c, err := from.Retrieve(ctx)
	if err != nil {
		return ConsoleSession{}, err
	}
	done := m.Events.Waiting("for AWS STS in " + m.Client.CalledRegion())
	who, err := m.Client.WhoAmI(ctx, c)
	done()
	if err != nil {
		return ConsoleSession{}, err
	}
	if isUser(who.ARN) && plan.Kind != Login { // whose credentials are made for the console
		return ConsoleSession{}, &UserSessionError{plan.Kind, who.ARN}
	}
	return ConsoleSession{Credentials: c, ARN: who.ARN, Life: life, From: from, Policies: m.policies}, nil
}

// consoleLife returns how long the sign-in service is asked to keep the console open
// with the credentials of plan, 0 for as long as they are valid. It accepts no other
// for a role that was assumed by a session.
func (m *maker) consoleLife(plan *Plan) (time.Duration, error) {
	life := m.Duration
	if plan.Kind == Role {
		if life = m.durationOf(plan.Profile); !plan.From.LongTerm() || life <= maxRoleChained {
			return 0, nil
		}
	}
	if life != 0 && (life < minConsole || life > maxConsole) {
		return 0, &DurationError{"the console", life, minConsole, maxConsole, true}
	}
	return life, nil
}

// isUser reports whether arn is that of an IAM user, or of the root user.
func isUser(name string) bool {
	parsed, err := arn.Parse(name)
	return err == nil && parsed.Service == "iam"
}

// federate makes the session of a long-term key for the console.
func (m *maker) federate(ctx context.Context, p *profile.Profile, key longTermKey) (ConsoleSession, error) {
	life := m.durationOf(p)
	if life == 0 {
		life = defaultFederated
	}
	if life < minSession || life > maxSession {
		return ConsoleSession{}, &DurationError{"GetFederationToken", life, minSession, maxSession, m.Duration != 0}
	}
	if p.MFASerial != "" {
		m.Events.Warn(&WithoutMFAError{p})
	}
	base, err := key.KeyID(ctx)
	if err != nil {
		return ConsoleSession{}, err
	}
	longTerm, err := retrieveNamed(ctx, key, base)
	if err != nil {
		return ConsoleSession{}, err
	}
	policies := m.policies
	if policies.IsZero() {
		policies.ARNs = []string{"arn:" + awsapi.PartitionOf(m.Client.Region) + ":iam::aws:policy/AdministratorAccess"}
	}
	made, user, err := m.getFederationToken(ctx, p, longTerm, policies, life)
	return ConsoleSession{Credentials: made, ARN: user, Policies: m.policies}, err
}
