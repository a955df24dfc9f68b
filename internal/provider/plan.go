package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

// Kind is a way of getting credentials.
type Kind string

// The ways of getting credentials. Only long-term keys, those of the first three and perhaps of a process, may call GetSessionToken.
const (
	StoredKey          Kind = "key in the keystore"
	FileKey            Kind = "access key in the AWS files"
	EnvironmentKey     Kind = "access key in the environment"
	FileSession        Kind = "session in the AWS files"
	EnvironmentSession Kind = "session in the environment"
	Process            Kind = "credential_process"
	SSO                Kind = "IAM Identity Center"
	WebIdentity        Kind = "web identity"
	Login              Kind = "login session"
	Container          Kind = "container"
	Instance           Kind = "EC2 instance"
	Role               Kind = "role"
)

// Plan is how the credentials of a profile are got.
type Plan struct {
	Kind    Kind
	Profile *profile.Profile // whose settings say so
	From    *Plan            // of a Role: what assumes it; otherwise nil

	// otherwise is why the profile has no credentials, should the EC2 instance that Decide hoped for not be there.
	otherwise error
}

// LongTerm says whether p gives a long-term key, which GetSessionToken takes. What a credential_process gives is not known before it has run.
func (p *Plan) LongTerm() bool {
	return p.Kind == StoredKey || p.Kind == FileKey || p.Kind == EnvironmentKey
}

// NoKeyError says that a profile leads to no credentials.
type NoKeyError struct {
	Profile string
	Why     string // what the profile has instead; "" for nothing
	Setting string // the setting that leads nowhere, "" if none does
}

func (e *NoKeyError) Error() string {
	if e.Why != "" {
		return fmt.Sprintf("profile %q: %s", e.Profile, e.Why)
	}
	return fmt.Sprintf("profile %q: no access key in the keystore, the AWS files or the environment", e.Profile)
}

// LoopError says that a profile gets its credentials from itself, by way of a credential_process.
type LoopError struct{ Path []string }

func (e *LoopError) Error() string {
	return fmt.Sprintf("profile %q leads back to itself: %s", e.Path[len(e.Path)-1], strings.Join(e.Path, " → "))
}

// EnvironmentError says that the variables hold a part of credentials only.
type EnvironmentError struct {
	Set     string // a variable
	Missing string // the one that it needs
}

func (e *EnvironmentError) Error() string {
	if e.Missing == "AWS_SESSION_TOKEN" {
		return fmt.Sprintf("%s is that of a session and %s is not set", e.Set, e.Missing)
	}
	return fmt.Sprintf("%s is set and %s is not", e.Set, e.Missing)
}

// Decide says how the credentials of p are got, without getting them. It reads the keystore's index and, if that does not know the key of
// a profile that has nothing else, the keystore.
//
// Keys in the environment come first, unless the profile was named explicitly, and so does the endpoint that awsexec serve gives to a program,
// unless a profile was named at all; then, for each profile: a role, on top of what follows, for
// its own or its source's; the key in the keystore; static keys in the AWS files; web identity; IAM Identity Center; a login
// session; a credential_process; and for a profile that has none of these what the machine itself offers.
func Decide(ctx context.Context, p *profile.Profile, o Options) (*Plan, error) {
	if !o.Explicit {
		kind, err := environmentKind(o.Env)
		if kind != "" || err != nil {
			return &Plan{Kind: kind, Profile: p}, err
		}
		// SDKs would look into the profile first. In the files that the program has, that has no credentials; in the user's own it may.
		if o.Env("AWSEXEC_PROFILE") != "" && hasContainer(o.Env) && o.Env("AWS_PROFILE") == "" && o.Env("AWS_DEFAULT_PROFILE") == "" {
			return &Plan{Kind: Container, Profile: p}, nil
		}
	}
	return o.decide(ctx, p, o.Chain)
}

// environmentKind tells what keys in the environment are; "" is none.
func environmentKind(env func(string) string) (Kind, error) {
	id, secret := env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY")
	switch {
	case id == "" && secret == "":
		return "", nil
	case id == "":
		return "", &EnvironmentError{Set: "AWS_SECRET_ACCESS_KEY", Missing: "AWS_ACCESS_KEY_ID"}
	case secret == "":
		return "", &EnvironmentError{Set: "AWS_ACCESS_KEY_ID", Missing: "AWS_SECRET_ACCESS_KEY"}
	case sessionToken(env) != "":
		return EnvironmentSession, nil
	case isShortLived(id):
		return "", &EnvironmentError{Set: "AWS_ACCESS_KEY_ID", Missing: "AWS_SESSION_TOKEN"}
	default:
		return EnvironmentKey, nil
	}
}

// sessionToken reads both names of the variable, the older one first, as botocore does.
func sessionToken(env func(string) string) string {
	if t := env("AWS_SECURITY_TOKEN"); t != "" {
		return t
	}
	return env("AWS_SESSION_TOKEN")
}

// isShortLived tells the key ids that STS makes. Source: "Understanding unique ID prefixes" in the IAM User Guide.
func isShortLived(accessKeyID string) bool { return strings.HasPrefix(accessKeyID, "ASIA") }

// decide is Decide for a profile that is reached by way of the profiles in path.
func (o *Options) decide(ctx context.Context, p *profile.Profile, path []string) (*Plan, error) {
	if slices.Contains(path, p.Name) {
		return nil, &LoopError{append(slices.Clone(path), p.Name)}
	}
	path = append(slices.Clone(path), p.Name)
	if len(path) > profile.MaxChain {
		return nil, &profile.ChainError{Profile: path[0]}
	}
	if p.RoleARN != "" && p.WebIdentityTokenFile == "" {
		from, err := o.decideSource(ctx, p, path)
		if err != nil {
			return nil, err
		}
		return &Plan{Kind: Role, Profile: p, From: from}, nil
	}
	return o.decideBase(ctx, p, path)
}

// decideSource says what assumes the role of p.
func (o *Options) decideSource(ctx context.Context, p *profile.Profile, path []string) (*Plan, error) {
	switch {
	case o.listed(ctx, p.Name):
		return &Plan{Kind: StoredKey, Profile: p}, nil
	case p.Source != nil && p.Source.Name == p.Name:
		return o.decideBase(ctx, p.Source, path)
	case p.Source != nil:
		return o.decide(ctx, p.Source, path)
	case strings.EqualFold(p.CredentialSource, "Environment"):
		kind, err := environmentKind(o.Env)
		if kind == "" && err == nil {
			err = &NoKeyError{p.Name, "credential_source is Environment, and AWS_ACCESS_KEY_ID is not set", "credential_source"}
		}
		return &Plan{Kind: kind, Profile: p}, err
	case strings.EqualFold(p.CredentialSource, "Ec2InstanceMetadata"):
		return &Plan{Kind: Instance, Profile: p}, nil
	case strings.EqualFold(p.CredentialSource, "EcsContainer"):
		if !hasContainer(o.Env) {
			return nil, &NoKeyError{p.Name, "credential_source is EcsContainer, and no AWS_CONTAINER_CREDENTIALS_… variable is set", "credential_source"}
		}
		return &Plan{Kind: Container, Profile: p}, nil
	case p.CredentialSource != "":
		return nil, &NoKeyError{p.Name, fmt.Sprintf("%s: credential_source %q is none of Environment, Ec2InstanceMetadata and EcsContainer",
			p.Origin["credential_source"], p.CredentialSource), "credential_source"}
	case p.Static != nil:
		return o.decideBase(ctx, p, path)
	default:
		return nil, &NoKeyError{p.Name, fmt.Sprintf("%s: role_arn without source_profile or credential_source", p.Origin["role_arn"]), "role_arn"}
	}
}

// decideBase says where p has credentials of its own from, roles aside.
func (o *Options) decideBase(ctx context.Context, p *profile.Profile, path []string) (*Plan, error) {
	other, self := "", false
	if p.CredentialProcess != "" {
		other, self = o.Self(p.CredentialProcess)
	}
	plan := func(k Kind) (*Plan, error) { return &Plan{Kind: k, Profile: p}, nil }
	switch {
	case o.listed(ctx, p.Name):
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
	case self && other != "" && other != p.Name:
		next, err := o.Resolve(ctx, other)
		if err != nil {
			return nil, fmt.Errorf("profile %q: %w", p.Name, err)
		}
		return o.decide(ctx, next, path)
	case p.CredentialProcess != "" && !self:
		return plan(Process)
	}
	_, err := o.Keys.KeyID(ctx, p.Name)
	absent := errors.Is(err, keystore.ErrNotFound)
	if absent {
		err = &NoKeyError{Profile: p.Name}
	}
	switch {
	case err == nil:
		return plan(StoredKey)
	case self || !absent && !errors.Is(err, keystore.ErrUnavailable):
		return nil, err
	case hasContainer(o.Env):
		return plan(Container)
	case o.Env("AWS_WEB_IDENTITY_TOKEN_FILE") != "":
		return plan(WebIdentity)
	case !metadataDisabled(o.Env):
		return &Plan{Kind: Instance, Profile: p, otherwise: err}, nil
	default:
		return nil, err
	}
}

// listed says whether the keystore's index has a key called name. Profiles that have other ways to credentials too are looked up
// there alone: a keyring read that finds nothing would cost each of their calls as much as one that does.
func (o *Options) listed(ctx context.Context, name string) bool {
	return o.Keys.Listed(ctx, name)
}

// metadataDisabled says whether the user has switched the instance metadata service off. Source: AWS_EC2_METADATA_DISABLED in
// the AWS SDKs and Tools Reference Guide.
func metadataDisabled(env func(string) string) bool {
	return strings.EqualFold(env("AWS_EC2_METADATA_DISABLED"), "true")
}
