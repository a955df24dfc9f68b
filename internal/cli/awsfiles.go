package cli

import (
	"context"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/migrate"
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
	change, err := changeOf(settings.Files.Config, edit)
	if err != nil || change == nil {
		return err
	}
	if err := printChange(out, change); err != nil {
		return err
	}
	if err := sess.Person.Confirm(ctx, question); err != nil {
		return err
	}
	return editConfig(ctx, settings, out, edit)
}

// printChange prints what becomes of a file.
func printChange(out *ui, change *migrate.Change) error {
	return printChanges(out, []migrate.Change{*change})
}
