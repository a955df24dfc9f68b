package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
)

// Limits of the life of console sessions. Sources: API reference of
// GetFederationToken; for SessionDuration, "Enable custom identity broker access to the
// AWS console" in the IAM User Guide.
const (
	minConsole       = 900 * time.Second
	maxConsole       = 43200 * time.Second
	defaultFederated = time.Hour
)

// Narrowed are the session policies for a federated user: what that may do is what
// the IAM user may do and they allow. The zero value narrows nothing.
type Narrowed struct {
	Policy string   // JSON, "" for none
	ARNs   []string // of managed policies
}

func (n Narrowed) none() bool { return n.Policy == "" && len(n.ARNs) == 0 }

// ConsoleSession are credentials that the sign-in service of the console takes.
type ConsoleSession struct {
	aws.Credentials
	ARN string // of the identity in the console

	// Life is how long the console is to be open, where that is a matter of its own.
	// It is 0 where the console stays open as long as the credentials are valid.
	Life time.Duration

	From aws.CredentialsProvider // of the credentials; nil if they were made for the console
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

// NotNarrowedError reports session policies for credentials that take none any more.
type NotNarrowedError struct {
	Profile string
	Kind    Kind
}

func (e *NotNarrowedError) Error() string {
	return fmt.Sprintf("profile %q: a policy can only narrow the console session of an IAM user's key, and these are credentials of: %s", e.Profile, e.Kind)
}

// WithoutMFAError reports that a console session counts as one without MFA although
// the profile has a device: GetFederationToken takes no code.
type WithoutMFAError struct{ Profile *profile.Profile }

func (e *WithoutMFAError) Error() string {
	return fmt.Sprintf("profile %q: AWS takes no MFA code for the console session of an IAM user, so policies that demand MFA refuse everything there", e.Profile.Name)
}

// FederationError reports that AWS made no session of an IAM user for the console.
type FederationError struct {
	Profile *profile.Profile
	err     error
}

func (e *FederationError) Error() string {
	return fmt.Sprintf("profile %q: %v", e.Profile.Name, e.err)
}

func (e *FederationError) Unwrap() error { return e.err }

// ForConsole returns credentials for the console that p leads to. Those of roles and
// of a sign-in are used as they are. An IAM user's key makes a session by
// GetFederationToken, which is as wide as the user unless narrowed is set, cannot call
// IAM, and counts as one without MFA.
func ForConsole(ctx context.Context, p *profile.Profile, parts Parts, f Flags, narrowed Narrowed) (ConsoleSession, error) {
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
	m.warnOfEnvironment(plan)
	if plan.LongTerm() {
		return m.federate(ctx, plan.Profile, m.keyOf(plan), narrowed)
	}
	if plan.Kind == Process {
		c, err := m.runProcess(ctx, plan.Profile)
		if err != nil {
			return ConsoleSession{}, err
		}
		if !isSession(c) {
			return m.federate(ctx, plan.Profile, givenKey{c}, narrowed)
		}
		return m.asTheyAre(ctx, plan, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil }), narrowed)
	}
	if plan.Kind != Role { // --duration is about the console: nobody makes these credentials live longer
		m.Duration = 0
	}
	from, err := newCurrent(ctx, func(ctx context.Context) (aws.CredentialsProvider, error) { return m.build(ctx, plan) })
	if err != nil {
		return ConsoleSession{}, err
	}
	m.Duration = f.Duration
	return m.asTheyAre(ctx, plan, from, narrowed)
}

// asTheyAre returns the temporary credentials of plan for the console.
func (m *maker) asTheyAre(ctx context.Context, plan *Plan, from aws.CredentialsProvider, narrowed Narrowed) (ConsoleSession, error) {
	if !narrowed.none() {
		return ConsoleSession{}, &NotNarrowedError{plan.Profile.Name, plan.Kind}
	}
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
	return ConsoleSession{Credentials: c, ARN: who.ARN, Life: life, From: from}, nil
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
func (m *maker) federate(ctx context.Context, p *profile.Profile, key longTermKey, narrowed Narrowed) (ConsoleSession, error) {
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
	done := m.Events.Waiting("for AWS STS in " + m.Client.CalledRegion())
	who, err := m.Client.WhoAmI(ctx, longTerm)
	done()
	if err != nil {
		return ConsoleSession{}, err
	}
	in := &sts.GetFederationTokenInput{Name: aws.String(federatedName(who.ARN)), DurationSeconds: aws.Int32(int32(life / time.Second))}
	if narrowed.none() {
		narrowed.ARNs = []string{"arn:" + awsapi.PartitionOf(m.Client.Region) + ":iam::aws:policy/AdministratorAccess"}
	}
	if narrowed.Policy != "" {
		in.Policy = &narrowed.Policy
	}
	for _, a := range narrowed.ARNs {
		in.PolicyArns = append(in.PolicyArns, types.PolicyDescriptorType{Arn: aws.String(a)})
	}
	user := ""
	made, err := m.callSTS(ctx, TokenRequest{}, life, func(ctx context.Context, _ *string) (awsapi.Issued, error) {
		made, name, err := m.Client.GetFederationToken(ctx, longTerm, in)
		user = name
		return made, err
	})
	if err != nil {
		return ConsoleSession{}, &FederationError{p, err}
	}
	return ConsoleSession{Credentials: made, ARN: user}, nil
}

// Limits of the name of a federated user. Source: API reference of
// GetFederationToken.
const (
	minFederatedName = 2
	maxFederatedName = 32
)

// federatedName returns the name that the logs of AWS have for what the user with this
// ARN does in the console: the user's own, which has the same characters.
func federatedName(user string) string {
	name := user[strings.LastIndexAny(user, "/:")+1:]
	name = name[:min(len(name), maxFederatedName)]
	if len(name) < minFederatedName {
		name = "user-" + name
	}
	return name
}
