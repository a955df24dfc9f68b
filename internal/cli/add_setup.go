package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/migrate"
	"github.com/awsexec/awsexec/internal/readfile"
	"github.com/awsexec/awsexec/internal/session"
)

// profileSetUp is how a profile is to be in the AWS config file.
type profileSetUp struct {
	name    string
	command string // of its credential_process
	region  string // to be added; "" for none
	serial  string // of the MFA device, likewise
	foreign bool   // its key is one of another service than AWS
}

// edit adds what the file lacks.
func (s profileSetUp) edit(settings *session.Settings) awsfiles.EditFunc {
	path := settings.Files.Config
	return func(old []byte) ([]byte, bool, error) {
		data, added, err := awsfiles.AddCredentialProcess(old, path, s.name, s.command)
		if err != nil {
			return nil, false, err
		}
		var more []awsfiles.Setting
		for _, setting := range []awsfiles.Setting{{Key: "region", Value: s.region}, {Key: "mfa_serial", Value: s.serial}} {
			if setting.Value != "" {
				more = append(more, setting)
			}
		}
		data, changed, err := awsfiles.AddSettings(data, path, s.name, more)
		return data, added || changed, err
	}
}

// change returns what becomes of the file, without secrets; nil for nothing.
func (s profileSetUp) change(settings *session.Settings) (*migrate.Change, error) {
	return changeOf(settings.Files.Config, s.edit(settings))
}

// write writes the profile.
func (s profileSetUp) write(ctx context.Context, settings *session.Settings, out *ui) error {
	editor, err := newEditor(settings, out)
	if err != nil {
		return err
	}
	changed, err := editor.Edit(ctx, settings.Files.Config, s.edit(settings))
	switch {
	case err != nil:
		return err
	case changed:
		out.note("profile %q is in %s", s.name, settings.Files.Config)
	default:
		out.note("%s has the profile %q already", settings.Files.Config, s.name)
	}
	return nil
}

// changeOf returns what edit makes of a file, without secrets; nil for nothing.
func changeOf(path string, edit awsfiles.EditFunc) (*migrate.Change, error) {
	old, err := readfile.Read(path, readfile.MaxAWS)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	data, changed, err := edit(old)
	if err != nil || !changed {
		return nil, err
	}
	return &migrate.Change{Path: path, Old: awsfiles.Redact(old), New: awsfiles.Redact(data)}, nil
}

// noRegionError warns of a profile that names no region.
type noRegionError struct{ profile string }

func (e *noRegionError) Error() string {
	return fmt.Sprintf("profile %q has no region, which most AWS tools need", e.profile)
}
