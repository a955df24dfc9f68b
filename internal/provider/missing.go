package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

// NoKeyError reports that a profile leads to no credentials.
type NoKeyError struct {
	Profile string
	Why     string // what the profile has instead; "" for nothing
	Setting string // the setting that leads nowhere, "" if none does

	Leads bool       // another profile leads to this one, which must have credentials of its own
	At    awsini.Pos // of its section then; zero if no file has one
}

func (e *NoKeyError) Error() string {
	switch {
	case e.Why != "":
		return fmt.Sprintf("profile %q: %s", e.Profile, e.Why)
	case e.Leads:
		return fmt.Sprintf("profile %q: %sno access key in the keystore or the AWS files, and no other credentials of its own", e.Profile, prefix(e.At))
	}
	return fmt.Sprintf("profile %q: no access key in the keystore, the AWS files or the environment", e.Profile)
}

// SourceError reports that the source profile of a role has no credentials.
type SourceError struct {
	Profile string
	Pos     awsini.Pos // of its source_profile
	Err     error      // about the source profile
}

func (e *SourceError) Error() string {
	return fmt.Sprintf("profile %q: %ssource_profile: %v", e.Profile, prefix(e.Pos), e.Err)
}

func (e *SourceError) Unwrap() error { return e.Err }

// prefix returns a place as it begins a message, "" for none.
func prefix(at awsini.Pos) string {
	if at == (awsini.Pos{}) {
		return ""
	}
	return at.String() + ": "
}

// LoopError reports that a profile gets its credentials from itself, by way of a
// credential_process.
type LoopError struct{ Path []string }

func (e *LoopError) Error() string {
	return fmt.Sprintf("profile %q leads back to itself: %s", e.Path[len(e.Path)-1], strings.Join(e.Path, " → "))
}

// noKey returns the error for a profile without any credentials.
func (d *decision) noKey(p *profile.Profile, at step) error {
	if at.selected {
		return &NoKeyError{Profile: p.Name}
	}
	return &NoKeyError{Profile: p.Name, Leads: true, At: p.Section()}
}

// nothingElse returns the error for a profile that must have credentials of its own.
// Err says why it has no stored key.
func (d *decision) nothingElse(p *profile.Profile, err error) error {
	if _, ok := errors.AsType[*NoKeyError](err); ok {
		return err
	}
	return fmt.Errorf("profile %q: %sno credentials in the AWS files; keystore: %w", p.Name, prefix(p.Section()), err)
}

// inSource returns the error about the source of p as one about p. Loops are not
// about a single profile.
func inSource(p *profile.Profile, err error) error {
	_, loop := errors.AsType[*LoopError](err)
	_, long := errors.AsType[*profile.ChainError](err)
	if err == nil || loop || long {
		return err
	}
	return &SourceError{p.Name, p.Origin["source_profile"], err}
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
