package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/awsexec/awsexec/internal/doctor"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/visible"
)

// remedy returns the command for a remedy, or what to do in words; "" if nothing
// is known.
func (a *advisor) remedy(r doctor.Remedy) string {
	switch r := r.(type) {
	case doctor.Unset:
		return unsetCommand(r.Variables)
	case doctor.Export:
		return exportCommand(r.Variable, r.Value)
	case doctor.Edit:
		return editCommand(r.At, r.What)
	case doctor.Replace:
		return editCommand(r.At, a.replace(r))
	case doctor.Import:
		return a.doctorImport(r)
	case doctor.Adopt:
		return a.adopt(r.SignIn)
	case doctor.Configure:
		return fmt.Sprintf("aws configure set %s %s %s", r.Setting, quoteWord(r.Value), ofProfile(r.Profile))
	case doctor.Lead:
		return leadCommand(a.process(r.Profile), r.Profile)
	case doctor.Awsexec:
		return a.command(r.Args[0], r.Args[1:]...)
	case doctor.RunWith:
		return a.run(r.Profile, "CMD")
	case doctor.MakeSession:
		return a.run(r.Profile, "true")
	case doctor.Restrict:
		return "chmod go-rwx " + quoteWord(r.Path)
	case doctor.Reclaim:
		return cmp.Or(fixOfDirectory(r.Refused), hintOfDirectory(r.Refused, a))
	case doctor.Advice:
		return r.Text
	case doctor.AfterError:
		return hint(r.Err, a)
	}
	return ""
}

// replace returns what can be done about a plaintext key beside another one in the
// keystore.
func (a *advisor) replace(r doctor.Replace) string {
	const out = "take the key out"
	command, err := a.importCommand(r.Profile, "--force")
	if err != nil {
		return out
	}
	return fmt.Sprintf("%s; or, to use it in place of the stored one (%s): %s", out, visible.KeyID(r.Stored), command)
}

// doctorImport returns what can be done about a plaintext key.
func (a *advisor) doctorImport(r doctor.Import) string {
	var words []string
	if a.settings.NoPrompt {
		words = append(words, "--yes")
	}
	command, err := a.importCommand(r.Profile, words...)
	if err != nil {
		return fmt.Sprintf("take the key out by hand; import cannot move it: %v", err)
	}
	return command
}

// leadCommand returns the command that makes another one the credential_process
// of a profile.
func leadCommand(command, name string) string {
	quoted := quoteWord(command)
	if runtime.GOOS == "windows" { // where the command has quotes of its own
		quoted = strconv.Quote(command)
	}
	return "aws configure set credential_process " + quoted + " " + ofProfile(name)
}

// unsetCommand returns the command that takes variables out of the environment,
// for a POSIX shell or, on Windows, for PowerShell.
func unsetCommand(names []string) string {
	if runtime.GOOS == "windows" {
		return "Remove-Item Env:" + strings.Join(names, ", Env:")
	}
	return "unset " + strings.Join(names, " ")
}

// exportCommand returns the command that puts a variable into the environment,
// for the same shells.
func exportCommand(name, value string) string {
	if runtime.GOOS == "windows" {
		return "$Env:" + name + " = '" + value + "'"
	}
	return "export " + name + "=" + quoteWord(value)
}

// editCommand returns the command that opens a file at a line in an editor, with
// what to do there as a comment.
func editCommand(at explain.Place, what string) string {
	if at.Pos.File == "" {
		return ""
	}
	if at.Key != "" {
		what = at.Key + ": " + what
	}
	if runtime.GOOS == "windows" {
		return fmt.Sprintf("notepad %s   # line %d: %s", quoteWord(at.Pos.File), at.Pos.Line, what)
	}
	return fmt.Sprintf("${EDITOR:-vi} +%d %s   # %s", at.Pos.Line, quoteWord(at.Pos.File), what)
}
