package cli

import (
	"errors"

	"github.com/awsexec/awsexec/keystore"
)

// hintOfBackedUp returns the hint for a backup that was not written or not restored.
func hintOfBackedUp(err error, a *advisor, _ string) string {
	var exists *fileExistsError
	var unread *backupError
	switch {
	case errors.As(err, &exists):
		return "write another file, or replace this one: " + a.again("--force")
	case errors.As(err, new(*differError)):
		return "replace them: " + a.again("--force")
	case errors.As(err, &unread) && errors.Is(err, keystore.ErrWrongPassphrase):
		return "try again, or set the right " + backupPassphrase
	case errors.As(err, &unread) && errors.Is(err, keystore.ErrNewer):
		return "restore it with an awsexec as new as the one that made it"
	case errors.As(err, &unread) && errors.Is(err, keystore.ErrCorrupt):
		return "take another copy of the backup; nothing was changed"
	case errors.As(err, &unread) && errors.Is(err, keystore.ErrLocked):
		return "say what opens it: " + a.again("--identity", "FILE") + "\nor set " + backupPassphrase + " if it has a passphrase"
	}
	return ""
}

// hintOfBackup returns the way to try a backup.
func hintOfBackup(path string, a *advisor) string {
	return "see that it opens: " + a.command("restore", path, "--dry-run")
}
