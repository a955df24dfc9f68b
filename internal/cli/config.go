package cli

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
)

// addProcess adds the profile's credential_process line to the AWS config file: a whole section if there is none, else one line. All
// other bytes stay.
func addProcess(ctx context.Context, settings *session.Settings, out *ui, name, command string) error {
	changed, err := (&editor{settings: settings, out: out}).edit(ctx, settings.Files.Config, func(old []byte) ([]byte, bool, error) {
		return profile.AddCredentialProcess(old, settings.Files.Config, name, command)
	})
	if err != nil {
		return err
	}
	if changed {
		out.note("profile %q is in %s", name, settings.Files.Config)
	} else {
		out.note("%s has the profile %q already", settings.Files.Config, name)
	}
	return nil
}

// editor edits the AWS files, and keeps a backup of each as it was before the
// first edit.
type editor struct {
	settings *session.Settings
	out      *ui
	backedUp []string // the files that have a backup
}

// editLimit bounds the wait for another awsexec that edits the AWS files.
const editLimit = 30 * time.Second

// edit replaces the AWS file at path by what edit makes of it, and keeps a
// backup of what was there when the run began.
func (e *editor) edit(ctx context.Context, path string, edit func(old []byte) (data []byte, changed bool, err error)) (changed bool, err error) {
	dir, err := e.settings.DataDir()
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, editLimit, session.ErrTooLong)
	defer cancel()
	done := e.out.Waiting("for another awsexec, which edits the AWS files")
	release, err := awsfiles.Lock(ctx, dir)
	done()
	if err != nil {
		return false, err
	}
	defer release()
	changed, kept, err := awsfiles.Edit(path, !slices.Contains(e.backedUp, path), edit)
	if kept {
		e.backedUp = append(e.backedUp, path)
	}
	return changed, err
}

// isProcessOf tells whether a credential_process runs this program for the profile name.
func isProcessOf(settings *session.Settings, command, name string) bool {
	of, ok := profile.SelfProcess(command, settings.Self)
	return ok && (of == name || of == "" && name == "default")
}

// processCommand is the command line for credential_process, with an absolute path and more flags where there are any.
func processCommand(self, name string, flags ...string) string {
	return profile.ProcessCommand(runtime.GOOS, append([]string{plainPath(self), "--profile", name}, flags...)...)
}

// quoteWord returns word as it is pasted into a shell. A space alone is put in double quotes, which mean the same to shlex, sh, cmd.exe and
// PowerShell. What does not print is written as an escape, in the form of bash, zsh and ksh.
func quoteWord(word string) string {
	if shown := visible.Text(word); shown != word {
		escaped := strconv.Quote(word)
		return "$'" + strings.ReplaceAll(escaped[1:len(escaped)-1], "'", `\'`) + "'"
	}
	switch {
	case runtime.GOOS != "windows" && strings.ContainsAny(word, "\"'`$\\!*?[]{}()<>|&;#~"):
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	case word == "" || strings.Contains(word, " "):
		return `"` + word + `"`
	}
	return word
}
