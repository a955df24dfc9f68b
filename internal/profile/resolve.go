package profile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
)

// SettingError reports a setting that makes its profile unusable.
type SettingError struct {
	Profile string
	Key     string
	Pos     awsini.Pos
	Reason  string // never quotes a secret
}

func (e *SettingError) Error() string {
	of, detail := e.About()
	return fmt.Sprintf("profile %q: %s", of, detail)
}

// About returns the profile, and what is wrong for a place that names it already.
func (e *SettingError) About() (profile, detail string) {
	return e.Profile, fmt.Sprintf("%s: %s: %s", e.Pos, e.Key, e.Reason)
}

// CycleError reports a chain of source profiles that comes back to one of them.
type CycleError struct {
	Path []string   // from the repeated profile to itself
	Pos  awsini.Pos // of the source_profile that closes the circle
}

func (e *CycleError) Error() string {
	return fmt.Sprintf("profile %q: %s: source_profile goes in a circle: %s", e.Path[0], e.Pos, strings.Join(e.Path, " → "))
}

// ChainError reports that a profile leads to more than MaxChain others.
type ChainError struct{ Profile string }

func (e *ChainError) Error() string {
	return fmt.Sprintf("profile %q: more than %d profiles are on the way to its credentials", e.Profile, MaxChain)
}

// MaxChain is how many profiles may be on the way from a profile to its
// credentials.
const MaxChain = 100

// Profile resolves the profile called name, which somebody has named. The error is
// a [*NotFoundError] for a profile that is not in the files, "default" included, as
// in botocore and the Go SDK. Others are a [*SettingError], a [*CycleError], a
// [*ChainError], or one of these in a source profile, wrapped.
func (c *Config) Profile(name string) (*Profile, error) {
	return c.resolve(name, nil, map[string]bool{})
}

// Unnamed resolves the profile that is used if nobody has named one. It is empty if
// the files do not have it. The errors are those of [Config.Profile].
func (c *Config) Unnamed() (*Profile, error) {
	return c.With(DefaultName).Profile(DefaultName)
}

// resolve resolves a profile. It takes the profiles that led here, in order and as a
// set.
func (c *Config) resolve(name string, path []string, seen map[string]bool) (*Profile, error) {
	settings, ok := c.Lookup(name)
	if !ok {
		return nil, c.notFound(name)
	}
	p, err := c.build(name, settings)
	if err != nil {
		return nil, err
	}
	if len(path) > 0 && p.Static != nil {
		return p.withoutRole(), nil
	}
	source := p.SourceProfile
	if source == "" {
		return p, nil
	}
	at := p.Origin["source_profile"]
	if p.CredentialSource != "" {
		return nil, &SettingError{name, "source_profile", at,
			fmt.Sprintf("cannot be together with credential_source (%s)", p.Origin["credential_source"])}
	}
	if source == name {
		p.Source = p.withoutRole()
		return p, nil
	}
	path = append(path, name)
	seen[name] = true
	if len(path) > MaxChain {
		return nil, &ChainError{path[0]}
	}
	if seen[source] {
		circle := path[slices.Index(path, source):]
		return nil, &CycleError{append(slices.Clone(circle), source), at}
	}
	p.Source, err = c.resolve(source, path, seen)
	if long, ok := errors.AsType[*ChainError](err); ok {
		return nil, long
	}
	if err != nil {
		return nil, fmt.Errorf("profile %q: %s: source_profile: %w", name, at, err)
	}
	return p, nil
}

// withoutRole returns a copy of p that gives p's own credentials.
func (p *Profile) withoutRole() *Profile {
	own := *p
	own.RoleARN, own.ExternalID, own.RoleSessionName, own.SourceIdentity = "", "", "", ""
	own.SessionTags, own.TransitiveSessionTags, own.Duration = nil, nil, 0
	own.SourceProfile, own.Source, own.CredentialSource = "", nil, ""
	return &own
}
