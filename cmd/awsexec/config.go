package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/profile"
)

// backupSuffix is put behind the name of an AWS file for the copy that is kept of it before it is changed.
const backupSuffix = ".before-awsexec"

// addProcess adds the profile's credential_process line to the AWS config file: a whole section if there is none, else one line. All
// other bytes stay.
func (a *app) addProcess(ctx context.Context, name, command string) error {
	path := a.files.Config
	if path == "" {
		return errors.New("there is no AWS config file to write to: HOME is not set")
	}
	changed, err := a.editFile(ctx, path, func(old []byte) ([]byte, bool, error) {
		return profile.AddCredentialProcess(old, path, name, command)
	})
	if err != nil {
		return err
	}
	if changed {
		a.ui.note("profile %q is in %s", name, path)
	} else {
		a.ui.note("%s has the profile %q already", path, name)
	}
	return nil
}

// editLimit bounds the wait for another awsexec that edits the AWS files.
const editLimit = 10 * time.Second

// editFile replaces the AWS file at path by what edit makes of it, and keeps a backup of what was there. It is one awsexec at a
// time that edits, so that none undoes what another did; a killed one leaves the old file or the new one.
func (a *app) editFile(ctx context.Context, path string, edit func(old []byte) (data []byte, changed bool, err error)) (changed bool, err error) {
	dir, err := a.dataDir()
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, editLimit, errTooLong)
	defer cancel()
	done := a.ui.Waiting("for another awsexec, which edits the AWS files")
	release, err := flock.Lock(ctx, filepath.Join(dir, "aws-files.lock"))
	done()
	if err != nil {
		return false, err
	}
	defer release()
	atomicfile.Tidy(path)
	atomicfile.Tidy(path + backupSuffix)
	old, err := os.ReadFile(path)
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	data, changed, err := edit(old)
	if err != nil || !changed {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, err
	}
	if exists {
		if err := atomicfile.Write(path+backupSuffix, old, 0o600); err != nil {
			return false, err
		}
	}
	return true, atomicfile.Write(path, data, 0o600)
}

// processCommand is the command line for credential_process, with an absolute path and more flags where there are any.
func processCommand(self, name string, flags ...string) string {
	return profile.ProcessCommand(runtime.GOOS, append([]string{self, "--profile", name}, flags...)...)
}

// quoteWord puts word in double quotes if it holds a space, which means the same to shlex, to sh and to cmd.exe.
func quoteWord(word string) string {
	if strings.ContainsAny(word, " \t") {
		return `"` + word + `"`
	}
	return word
}
