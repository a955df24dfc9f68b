package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/profile"
)

// backupSuffix is put behind the name of an AWS file for the copy that is kept of it before it is changed.
const backupSuffix = ".before-awsexec"

// addProcess adds the profile's credential_process line to the AWS config file: a whole section if there is none, else one line. All
// other bytes stay. The file as it was is kept beside it.
func (a *app) addProcess(name, command string) error {
	path := a.files.Config
	if path == "" {
		return errors.New("there is no AWS config file to write to: HOME is not set")
	}
	old, err := os.ReadFile(path)
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, changed, err := profile.AddCredentialProcess(old, path, name, command)
	if err != nil {
		return err
	}
	if !changed {
		a.ui.note("%s has the profile %q already", path, name)
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if exists {
		if err := atomicfile.Write(path+backupSuffix, old, 0o600); err != nil {
			return err
		}
	}
	if err := atomicfile.Write(path, data, 0o600); err != nil {
		return err
	}
	a.ui.note("profile %q is in %s", name, path)
	return nil
}

// processCommand is the command line for credential_process: an absolute path and no quotes wherever that can be, which every SDK understands.
func processCommand(self, name string) string {
	return quoteWord(plainPath(self)) + " --profile " + quoteWord(name)
}

// quoteWord puts word in double quotes if it holds a space, which means the same to shlex, to sh and to cmd.exe.
func quoteWord(word string) string {
	if strings.ContainsAny(word, " \t") {
		return `"` + word + `"`
	}
	return word
}
