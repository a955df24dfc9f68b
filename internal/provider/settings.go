package provider

import (
	"errors"

	"github.com/awsexec/awsexec/internal/profile"
)

// checkSettings returns an error if a step of plan fails for a setting, or a
// variable, that is missing or invalid. The settings of the metadata service are
// those of the profile that was selected.
func checkSettings(plan *Plan, selected *profile.Profile, env func(string) string) error {
	for p := plan; p != nil; p = p.From {
		err := checkStep(p, selected, env)
		switch {
		case err == nil:
		case (p.Kind == SSO || p.Kind == WebIdentity) && foreign(p.Profile) != nil: // which has what is missing
			return foreign(p.Profile)
		default:
			return &GivenError{p.Kind, p.Profile, err}
		}
	}
	return nil
}

func checkStep(p *Plan, selected *profile.Profile, env func(string) string) error {
	switch p.Kind {
	case SSO:
		return checkSSO(p.Profile.SSO)
	case WebIdentity:
		return identityOf(p.Profile, env).check()
	case Container:
		_, err := containerEndpoint(env)
		return err
	case Instance:
		_, err := metadata(env, selected)
		return err
	}
	return nil
}

// metadata returns how the metadata service is asked, or why it is not.
func metadata(env func(string) string, selected *profile.Profile) (profile.MetadataOptions, error) {
	o, err := profile.Metadata(env, selected)
	if err == nil && o.Disabled {
		err = errMetadataDisabled
	}
	return o, err
}

// identity is a web identity: that of a profile, or else of the environment.
type identity struct {
	file, role, session string
	missing             string // what to say without a role
}

func identityOf(p *profile.Profile, env func(string) string) identity {
	if p.WebIdentityTokenFile != "" {
		return identity{p.WebIdentityTokenFile, p.RoleARN, p.RoleSessionName, "role_arn is missing beside web_identity_token_file"}
	}
	return identity{
		env("AWS_WEB_IDENTITY_TOKEN_FILE"), env("AWS_ROLE_ARN"), env("AWS_ROLE_SESSION_NAME"),
		"AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not",
	}
}

func (i identity) check() error {
	if i.role == "" {
		return errors.New(i.missing)
	}
	return nil
}
