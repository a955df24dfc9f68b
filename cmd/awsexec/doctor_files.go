package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/profile"
)

// checkDirs looks whether others could put something into awsexec's own directories. Every other command refuses those.
func (d *diagnosis) checkDirs() {
	if refused, ok := errors.AsType[*ownfile.RefusedError](d.settings.CheckDirs()); ok {
		mend := fixOfDirectory(refused)
		if mend == "" {
			mend = hintOfDirectory(refused, d.app)
		}
		d.found(broken, "directory", refused.Path, mend, refused.Error())
	}
}

// checkFiles tells of what makes an AWS file unreadable, and of what not all SDKs read alike.
func (d *diagnosis) checkFiles() {
	if d.config == nil {
		at := ""
		var parse *profile.ParseError
		if errors.As(d.planErr, &parse) {
			at = parse.Pos.String()
		}
		d.found(broken, "unreadable", at, edit(at, "correct it"), fmt.Sprintf("the AWS files cannot be read: %v", d.planErr))
		return
	}
	for _, f := range explain.Differences(d.settings.Files) {
		at := f.Place.String()
		d.misplaced[f.Profile] = d.misplaced[f.Profile] || f.Place.Key == ""
		d.found(suspect, "ambiguous", at, edit(at, f.Mend), fmt.Sprintf("profile %q: %s", f.Profile, f.Why))
	}
	for _, v := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		path := map[string]string{"AWS_CONFIG_FILE": d.settings.Files.Config, "AWS_SHARED_CREDENTIALS_FILE": d.settings.Files.Credentials}[v]
		if _, err := os.Stat(path); d.env(v) != "" && err != nil {
			d.found(suspect, "file", v, unset(v), fmt.Sprintf("%s names a file that cannot be read: %v", v, err))
		}
	}
}

// checkProcesses looks whether the SDKs will find this program where the profiles say that it is.
func (d *diagnosis) checkProcesses() {
	if d.config == nil {
		return
	}
	for _, name := range d.config.Names() {
		settings, _ := d.config.Lookup(name)
		v, ok := settings["credential_process"]
		if !ok || !d.isSelf(v.Text) {
			continue
		}
		at := explain.Place{Pos: v.Pos, Key: "credential_process"}.String()
		mend := d.mendConfig(name)
		program := firstWord(v.Text)
		path, err := exec.LookPath(program, d.env("PATH"))
		switch {
		case err != nil && filepath.Base(program) == program:
			d.found(broken, "process", at, mend, fmt.Sprintf("profile %q: the SDKs will not find %s: it is not on the PATH", name, program))
		case err != nil:
			d.found(broken, "process", at, mend, fmt.Sprintf("profile %q: the SDKs cannot run %s: %v", name, program, err))
		case !sameFile(path, d.self):
			d.found(suspect, "process", at, mend, fmt.Sprintf("profile %q: the SDKs run another awsexec, %s; this is %s", name, path, d.self))
		}
	}
}

// firstWord is the program of a command line, without the quotes around it.
func firstWord(command string) string {
	command = strings.TrimSpace(command)
	if command != "" && strings.ContainsRune(`"'`, rune(command[0])) {
		program, _, _ := strings.Cut(command[1:], command[:1])
		return program
	}
	return strings.Fields(command + " ")[0]
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// checkKeysInClear tells of long-term keys in the AWS files.
func (d *diagnosis) checkKeysInClear() {
	if d.config == nil {
		return
	}
	for _, file := range []*profile.File{d.config.Credentials, d.config.Config} {
		for _, name := range file.Names() {
			s, _ := file.Lookup(name)
			id, secret := s["aws_access_key_id"], s["aws_secret_access_key"]
			if id.Text == "" || secret.Text == "" || s["aws_session_token"].Text != "" || s["aws_security_token"].Text != "" {
				continue
			}
			at := explain.Place{Pos: secret.Pos, Key: "aws_secret_access_key"}.String()
			d.found(suspect, "key-in-clear", at, d.mendClearKey(name, id.Text, at),
				fmt.Sprintf("profile %q: its long-term key %s is in clear on the disk", name, mask(id.Text)))
		}
	}
}

// checkPermissions looks whether others can read the keys in the AWS files, or write to the files. Windows keeps that elsewhere.
func (d *diagnosis) checkPermissions() {
	if runtime.GOOS == "windows" {
		return
	}
	check := func(path string, forbidden os.FileMode, what string) {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&forbidden == 0 {
			return
		}
		d.found(suspect, "permissions", path, "chmod go-rwx "+quoteWord(path), fmt.Sprintf("others may %s %s: its mode is %04o", what, path, info.Mode().Perm()))
	}
	check(d.settings.Files.Credentials, 0o077, "read")
	check(d.settings.Files.Config, 0o022, "write to")
}
