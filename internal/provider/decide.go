package provider

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

// decision holds what, besides the profile, decides how credentials are got.
type decision struct {
	env      func(string) string
	stored   Stored
	explicit bool // the user has named the profile
	now      time.Time
}

// step is where a decision is.
type step struct {
	path []string // the profiles that led here

	// selected says that this is the profile that was asked for, and not one that it
	// leads to. It alone may get what the machine offers: in botocore and the Go SDK
	// a source profile must have credentials of its own.
	selected bool
}

// decide returns the plan for p.
func (d *decision) decide(p *profile.Profile, at step) (*Plan, error) {
	if slices.Contains(at.path, p.Name) {
		return nil, &LoopError{append(slices.Clone(at.path), p.Name)}
	}
	at.path = append(slices.Clone(at.path), p.Name)
	if len(at.path) > profile.MaxChain {
		return nil, &profile.ChainError{Profile: at.path[0]}
	}
	if p.RoleARN != "" && p.WebIdentityTokenFile == "" {
		from, err := d.source(p, at.path)
		if err != nil {
			return nil, err
		}
		return &Plan{Kind: Role, Profile: p, From: from}, nil
	}
	plan, err := d.base(p, at)
	if err == nil && p.RoleARN != "" && plan.Kind != WebIdentity { // a key of its own, as in the Go SDK
		return &Plan{Kind: Role, Profile: p, From: plan}, nil
	}
	return plan, err
}

// source returns the plan for what assumes the role of p.
func (d *decision) source(p *profile.Profile, path []string) (*Plan, error) {
	switch {
	case d.stored.has(p.Name):
		return &Plan{Kind: StoredKey, Profile: p}, nil
	case p.Source != nil && p.Source.Name == p.Name:
		plan, err := d.base(p.Source, step{path: path})
		return plan, inSource(p, err)
	case p.Source != nil:
		plan, err := d.decide(p.Source, step{path: path})
		return plan, inSource(p, err)
	case p.CredentialSource != "":
		return d.credentialSource(p)
	case p.Static != nil:
		return d.base(p, step{path: path})
	case foreign(p) != nil:
		return nil, foreign(p)
	default:
		return nil, &NoKeyError{Profile: p.Name, Why: fmt.Sprintf("%s: role_arn without source_profile or credential_source", p.Origin["role_arn"]), Setting: "role_arn"}
	}
}

// credentialSource returns the plan for the credential_source of p. SDKs compare it
// as it is written.
func (d *decision) credentialSource(p *profile.Profile) (*Plan, error) {
	fail := func(format string, args ...any) (*Plan, error) {
		return nil, &NoKeyError{Profile: p.Name, Why: fmt.Sprintf(format, args...), Setting: "credential_source"}
	}
	switch p.CredentialSource {
	case "Environment":
		kind, err := environmentKind(d.env, d.now)
		if kind == "" && err == nil {
			return fail("credential_source is Environment, and AWS_ACCESS_KEY_ID is not set")
		}
		return &Plan{Kind: kind, Profile: p}, err
	case "Ec2InstanceMetadata":
		return &Plan{Kind: Instance, Profile: p}, nil
	case "EcsContainer":
		if !hasContainer(d.env) {
			return fail("credential_source is EcsContainer, and no AWS_CONTAINER_CREDENTIALS_… variable is set")
		}
		return &Plan{Kind: Container, Profile: p}, nil
	default:
		return fail("%s: credential_source %q is not Environment, Ec2InstanceMetadata or EcsContainer", p.Origin["credential_source"], p.CredentialSource)
	}
}

// base returns the plan for the credentials that p itself has, without its role.
func (d *decision) base(p *profile.Profile, at step) (*Plan, error) {
	plan := func(k Kind) (*Plan, error) { return &Plan{Kind: k, Profile: p}, nil }
	switch {
	case d.stored.has(p.Name) && !p.EmptyProcess():
		return plan(StoredKey)
	case p.Static != nil && (p.Static.Credentials.SessionToken != "" || isShortLived(p.Static.Credentials.AccessKeyID)):
		return plan(FileSession)
	case p.Static != nil:
		return plan(FileKey)
	case p.WebIdentityTokenFile != "":
		return plan(WebIdentity)
	case p.SSO != nil && (p.SSO.AccountID != "" || p.SSO.RoleName != ""):
		return plan(SSO)
	case p.LoginSession != "":
		return plan(Login)
	case p.IsSelf && p.Other != "":
		other, err := p.Follow(d.stored.names())
		if err != nil {
			return nil, fmt.Errorf("profile %q: %w", p.Name, d.whyMissing(p.Other, err))
		}
		led, err := d.decide(other, step{path: at.path})
		if err != nil {
			return nil, err
		}
		led.addVia(p)
		return led, nil
	case p.EmptyProcess():
		return nil, &profile.SettingError{Profile: p.Name, Key: "credential_process", Pos: p.Origin["credential_process"], Reason: "is empty"}
	case p.CredentialProcess != "" && !p.IsSelf:
		return plan(Process)
	}
	err, known := d.stored[p.Name]
	switch {
	case !known: // the keystore's index may be wrong
		return plan(StoredKey)
	case err != nil && !errors.Is(err, keystore.ErrNotFound) && !errors.Is(err, keystore.ErrUnavailable):
		return nil, err
	}
	if errors.Is(err, keystore.ErrNotFound) {
		err = d.noKey(p, at)
	}
	switch {
	case p.IsSelf:
		return nil, err
	case foreign(p) != nil:
		return nil, foreign(p)
	case p.SSO != nil: // which lacks the account and the role
		return plan(SSO)
	case !at.selected:
		return nil, d.nothingElse(p, err)
	default:
		return d.machine(p, err)
	}
}

// machine returns the plan for what the machine offers to a profile without
// credentials. Otherwise is the error if that is nothing. Web identity in the
// environment gives way to a profile that was named explicitly, as in botocore and
// the Go SDK.
func (d *decision) machine(p *profile.Profile, otherwise error) (*Plan, error) {
	if err := p.Hidden(); err != nil {
		return nil, err
	}
	switch {
	case d.env("AWS_WEB_IDENTITY_TOKEN_FILE") != "" && !d.explicit:
		return &Plan{Kind: WebIdentity, Profile: p}, nil
	case hasContainer(d.env):
		return &Plan{Kind: Container, Profile: p}, nil
	case !metadataDisabled(d.env):
		return &Plan{Kind: Instance, Profile: p, otherwise: otherwise}, nil
	default:
		return nil, otherwise
	}
}
