package cli

import (
	"context"
	"errors"
	"io/fs"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/migrate"
	"github.com/awsexec/awsexec/internal/readfile"
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

// editConfig changes the AWS config file, and says where it is kept as it was.
func editConfig(ctx context.Context, settings *session.Settings, out *ui, edit awsfiles.EditFunc) error {
	editor, err := newEditor(settings, out)
	if err != nil {
		return err
	}
	changed, err := editor.Edit(ctx, settings.Files.Config, edit)
	if err != nil {
		return err
	}
	if changed {
		out.note("%s is changed", settings.Files.Config)
	}
	out.noteBackups(editor)
	return nil
}

// noteBackups says where the files that were edited are kept as they were.
func (u *ui) noteBackups(editor *awsfiles.Editor) {
	for _, b := range editor.Backups() {
		u.note("%s as it was, without the secrets, is %s", b.Of, b.Path)
	}
}

// offerEdit shows a change of the AWS config file and makes it after consent. The
// error is session.ErrNotConfirmed without that.
func offerEdit(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, question string, edit awsfiles.EditFunc) error {
	shown, err := showEdit(settings, out, edit)
	if err != nil || !shown {
		return err
	}
	if err := sess.Person.Confirm(ctx, question); err != nil {
		return err
	}
	return editConfig(ctx, settings, out, edit)
}

// showEdit shows a change of the AWS config file, without secrets, and reports
// whether there is one.
func showEdit(settings *session.Settings, out *ui, edit awsfiles.EditFunc) (bool, error) {
	path := settings.Files.Config
	old, err := readfile.Read(path, readfile.MaxAWS)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	data, changed, err := edit(old)
	if err != nil || !changed {
		return false, err
	}
	return true, printChanges(out, []migrate.Change{{Path: path, Old: awsfiles.Redact(old), New: awsfiles.Redact(data)}})
}
