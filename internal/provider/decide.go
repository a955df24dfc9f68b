package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

// decision holds what, besides the profile, decides how credentials are got.
type decision struct {
	env    func(string) string
	stored Stored
}

// decide is Decide for a profile that is reached by way of the profiles in path.
func (d *decision) decide(p *profile.Profile, path []string) (*Plan, error) {
	if slices.Contains(path, p.Name) {
		return nil, &LoopError{append(slices.Clone(path), p.Name)}
	}
	path = append(slices.Clone(path), p.Name)
	if len(path) > profile.MaxChain {
		return nil, &profile.ChainError{Profile: path[0]}
	}
	if p.RoleARN != "" && p.WebIdentityTokenFile == "" {
		from, err := d.source(p, path)
		if err != nil {
			return nil, err
		}
		return &Plan{Kind: Role, Profile: p, From: from}, nil
	}
	return d.base(p, path)
}

// source returns the plan for what assumes the role of p.
func (d *decision) source(p *profile.Profile, path []string) (*Plan, error) {
	switch {
	case d.stored.has(p.Name):
		return &Plan{Kind: StoredKey, Profile: p}, nil
	case p.Source != nil && p.Source.Name == p.Name:
		return d.base(p.Source, path)
	case p.Source != nil:
		return d.decide(p.Source, path)
	case strings.EqualFold(p.CredentialSource, "Environment"):
		kind, err := environmentKind(d.env)
		if kind == "" && err == nil {
			err = &NoKeyError{p.Name, "credential_source is Environment, and AWS_ACCESS_KEY_ID is not set", "credential_source"}
		}
		return &Plan{Kind: kind, Profile: p}, err
	case strings.EqualFold(p.CredentialSource, "Ec2InstanceMetadata"):
		return &Plan{Kind: Instance, Profile: p}, nil
	case strings.EqualFold(p.CredentialSource, "EcsContainer"):
		if !hasContainer(d.env) {
			return nil, &NoKeyError{p.Name, "credential_source is EcsContainer, and no AWS_CONTAINER_CREDENTIALS_… variable is set", "credential_source"}
		}
		return &Plan{Kind: Container, Profile: p}, nil
	case p.CredentialSource != "":
		return nil, &NoKeyError{p.Name, fmt.Sprintf("%s: credential_source %q is not Environment, Ec2InstanceMetadata or EcsContainer",
			p.Origin["credential_source"], p.CredentialSource), "credential_source"}
	case p.Static != nil:
		return d.base(p, path)
	default:
		return nil, &NoKeyError{p.Name, fmt.Sprintf("%s: role_arn without source_profile or credential_source", p.Origin["role_arn"]), "role_arn"}
	}
}

// base returns the plan for the credentials that p itself has, without its role.
func (d *decision) base(p *profile.Profile, path []string) (*Plan, error) {
	plan := func(k Kind) (*Plan, error) { return &Plan{Kind: k, Profile: p}, nil }
	switch {
	case d.stored.has(p.Name):
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
		return d.decide(other, path)
	case p.CredentialProcess != "" && !p.IsSelf:
		return plan(Process)
	}
	err, known := d.stored[p.Name]
	if !known { // the keystore's index may be wrong
		return plan(StoredKey)
	}
	if errors.Is(err, keystore.ErrNotFound) {
		err = &NoKeyError{Profile: p.Name}
	} else if !errors.Is(err, keystore.ErrUnavailable) {
		return nil, err
	}
	switch {
	case p.IsSelf:
		return nil, err
	case hasContainer(d.env):
		return plan(Container)
	case d.env("AWS_WEB_IDENTITY_TOKEN_FILE") != "":
		return plan(WebIdentity)
	case !metadataDisabled(d.env):
		return &Plan{Kind: Instance, Profile: p, otherwise: err}, nil
	default:
		return nil, err
	}
}

// whyMissing returns the error for a profile called name that could not be
// resolved. A profile that the files lack could be one of the keystore's, if
// that could be read.
func (d *decision) whyMissing(name string, err error) error {
	missing, ok := errors.AsType[*profile.NotFoundError](err)
	if !ok {
		return err
	}
	why := d.stored[missing.Name]
	switch {
	case why == nil, errors.Is(why, keystore.ErrNotFound):
		return err
	case errors.Is(why, keystore.ErrUnavailable) && missing.Name != name: // the files alone are wrong
		return err
	}
	return why
}
