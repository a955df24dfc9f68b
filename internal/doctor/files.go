package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/visible"
)

// checkDirs finds directories of awsexec into which others could put something.
// Every other command refuses those.
func (d *diagnosis) checkDirs() {
	if refused, ok := errors.AsType[*ownfile.RefusedError](d.in.DirErr); ok {
		d.found(Broken, Directory, file(refused.Path), refused.Error(), Reclaim{refused})
	}
}

// checkFiles finds what makes an AWS file unreadable, and what SDKs read
// differently.
func (d *diagnosis) checkFiles() {
	if d.in.Config == nil {
		text := fmt.Sprintf("the AWS files cannot be read: %v", d.in.ConfigErr)
		var parse *awsini.ParseError
		if errors.As(d.in.ConfigErr, &parse) {
			at := line(parse.Pos)
			d.found(Broken, Unreadable, at, text, Edit{at.Place, "correct it"})
		} else {
			d.found(Broken, Unreadable, Place{}, text, AfterError{d.in.ConfigErr})
		}
		return
	}
	for _, f := range d.own.Differences() {
		what := fmt.Sprintf("profile %q", f.Profile)
		if f.Section != "" {
			what = "[" + f.Section + "]"
		}
		d.misplaced[f.Profile] = d.misplaced[f.Profile] || f.Place.Key == ""
		d.found(Suspect, Ambiguous, Place{Place: f.Place}, what+": "+f.Why, Edit{f.Place, f.Fix})
	}
	for _, named := range []struct{ variable, path string }{
		{"AWS_CONFIG_FILE", d.in.Files.Config}, {"AWS_SHARED_CREDENTIALS_FILE", d.in.Files.Credentials},
	} {
		if _, err := os.Stat(named.path); err != nil && d.isSet(named.variable) {
			d.found(Suspect, MissingFile, variable(named.variable), fmt.Sprintf("%s names a file that cannot be read: %v", named.variable, err), unset(named.variable))
		}
	}
}

// checkProcesses finds profiles in which the SDKs will not find this program.
func (d *diagnosis) checkProcesses() {
	if d.in.Config == nil {
		return
	}
	for _, name := range d.in.Config.Names() {
		settings, _ := d.in.Config.Lookup(name)
		v, ok := settings["credential_process"]
		if !ok || !d.isSelf(v.Text) {
			continue
		}
		found := func(s Severity, format string, args ...any) {
			text := fmt.Sprintf("profile %q: ", name) + fmt.Sprintf(format, args...)
			d.found(s, Process, setting(v.Pos, "credential_process"), text, Lead{name})
		}
		if of, _ := profile.SelfProcess(v.Text, d.in.Self); of == "" && name != profile.DefaultName {
			found(Suspect, "its credential_process names no profile: a program that is told to use %q gets what AWS_PROFILE or the default profile has", name)
		}
		program := firstWord(v.Text)
		path, err := exec.LookPath(program, d.in.env("PATH"))
		switch {
		case err != nil && filepath.Base(program) == program:
			found(Broken, "the SDKs will not find %s: it is not on the PATH", program)
		case err != nil:
			found(Broken, "the SDKs cannot run %s: %v", program, err)
		case !sameFile(path, d.in.Self):
			found(Suspect, "the SDKs run another awsexec, %s; this is %s", path, d.in.Self)
		}
	}
}

// firstWord returns the program of a command line, without quotes.
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

// checkPlaintextKeys finds long-term keys in the AWS files.
func (d *diagnosis) checkPlaintextKeys() {
	if d.in.Config == nil {
		return
	}
	for _, f := range []*awsini.File{d.in.Config.Credentials, d.in.Config.Config} {
		for _, name := range f.Names() {
			s, _ := f.Lookup(name)
			id, secret := s["aws_access_key_id"], s["aws_secret_access_key"]
			if id.Text == "" || secret.Text == "" || s["aws_session_token"].Text != "" || s["aws_security_token"].Text != "" {
				continue
			}
			at := setting(secret.Pos, "aws_secret_access_key")
			d.found(Suspect, KeyInPlaintext, at, fmt.Sprintf("profile %q: its long-term key %s is on the disk in plaintext", name, visible.KeyID(id.Text)),
				d.afterPlaintextKey(name, id.Text, at.Place))
		}
	}
}

// checkPermissions finds AWS files with keys that others can read, and AWS files
// that others can write. It does nothing on Windows, which has no such modes.
func (d *diagnosis) checkPermissions() {
	if runtime.GOOS == "windows" {
		return
	}
	check := func(path string, forbidden os.FileMode, what string) {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&forbidden == 0 {
			return
		}
		d.found(Suspect, Permissions, file(path), fmt.Sprintf("others may %s %s: its mode is %04o", what, path, info.Mode().Perm()), Restrict{path})
	}
	check(d.in.Files.Credentials, 0o077, "read")
	check(d.in.Files.Config, 0o022, "write to")
}
