package cli

import (
	"context"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/session"
)

// newEditor returns an editor of the AWS files.
func newEditor(settings *session.Settings, out *ui) (*awsfiles.Editor, error) {
	dir, err := settings.DataDir()
	if err != nil {
		return nil, err
	}
	return awsfiles.NewEditor(dir, func() func() { return out.Waiting("for another awsexec, which edits the AWS files") }), nil
}

// addProcess adds the credential_process line of the profile called name to the
// AWS config file: a whole section if there is none, else one line.
func addProcess(ctx context.Context, settings *session.Settings, out *ui, name string) error {
	editor, err := newEditor(settings, out)
	if err != nil {
		return err
	}
	path := settings.Files.Config
	changed, err := editor.Edit(ctx, path, func(old []byte) ([]byte, bool, error) {
		return awsfiles.AddCredentialProcess(old, path, name, out.adv.process(name))
	})
	switch {
	case err != nil:
		return err
	case changed:
		out.note("profile %q is in %s", name, path)
	default:
		out.note("%s has the profile %q already", path, name)
	}
	return nil
}
