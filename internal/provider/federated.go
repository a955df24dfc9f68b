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
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
)

// defaultFederated is the life of a session of GetFederationToken, which takes no code
// and so renews by itself.
const defaultFederated = time.Hour

// FederationError reports that AWS made no session of an IAM user by
// GetFederationToken.
type FederationError struct {
	Profile *profile.Profile
	err     error
}

func (e *FederationError) Error() string {
	return fmt.Sprintf("profile %q: %v", e.Profile.Name, e.err)
}

func (e *FederationError) Unwrap() error { return e.err }

// newFederated returns a provider of sessions that GetFederationToken makes from key.
// It is the only way to narrow a session of an IAM user. These sessions cannot call
// IAM, and of STS only GetCallerIdentity. Source: API reference of GetFederationToken.
func (m *maker) newFederated(ctx context.Context, key longTermKey, p *profile.Profile) (*cached, error) {
	life := m.durationOf(p)
	if life == 0 {
		life = defaultFederated
	}
	if life < minSession || life > maxSession {
		return nil, &DurationError{"GetFederationToken", life, minSession, maxSession, m.Duration != 0}
	}
	base, err := key.KeyID(ctx)
	if err != nil {
		return nil, err
	}
	k := keyIn(m.Client.Scope())
	k.Base, k.Operation, k.Duration = base, "GetFederationToken", life
	k.Policy, k.PolicyARNs = m.policies.Document, m.policies.ARNs
	issue := func(ctx context.Context) (aws.Credentials, error) {
		longTerm, err := retrieveNamed(ctx, key, base)
		if err != nil {
			return aws.Credentials{}, err
		}
		made, _, err := m.getFederationToken(ctx, p, longTerm, m.policies, life)
		return made, err
	}
	return &cached{m: m, key: k, account: accountOf(key, p), name: nameOf(key), lock: base, issue: issue}, nil
}

// getFederationToken calls STS GetFederationToken with the long-term key of p. It
// returns the ARN of the federated user too.
func (m *maker) getFederationToken(
	ctx context.Context, p *profile.Profile, longTerm aws.Credentials, policies policy.Set, life time.Duration,
) (made aws.Credentials, user string, err error) {
	done := m.Events.Waiting("for AWS STS in " + m.Client.CalledRegion())
	who, err := m.Client.WhoAmI(ctx, longTerm)
	done()
	if err != nil {
		return aws.Credentials{}, "", err
	}
	in := &sts.GetFederationTokenInput{
		Name: aws.String(federatedName(who.ARN)), DurationSeconds: aws.Int32(int32(life / time.Second)),
		Policy: inline(policies), PolicyArns: managed(policies),
	}
	made, err = m.callSTS(ctx, TokenRequest{Profile: p.Name}, life, func(ctx context.Context, _ *string) (awsapi.Issued, error) {
		made, name, err := m.Client.GetFederationToken(ctx, longTerm, in)
		user = name
		return made, err
	})
	if err != nil {
		return aws.Credentials{}, "", &FederationError{p, err}
	}
	if of, err := arn.Parse(user); err == nil {
		made.AccountID = of.AccountID
	}
	return made, user, nil
}

// inline returns the inline policy of a set as a parameter of STS.
func inline(s policy.Set) *string {
	if s.Document == "" {
		return nil
	}
	return &s.Document
}

// managed returns the managed policies of a set as a parameter of STS.
func managed(s policy.Set) []types.PolicyDescriptorType {
	var arns []types.PolicyDescriptorType
	for _, a := range s.ARNs {
		arns = append(arns, types.PolicyDescriptorType{Arn: aws.String(a)})
	}
	return arns
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
