package cli

import (
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/visible"
)

// processCommand returns the command line for credential_process, with an
// absolute path and the given flags after that for the profile.
func processCommand(self, name string, flags ...string) string {
	return profile.ProcessCommand(runtime.GOOS, append([]string{plainPath(self), "--profile", name}, flags...)...)
}

// quoteWord returns word as it is pasted into a shell. It puts a word with a
// space, but nothing else that is special, into double quotes, which mean the
// same to shlex, sh, cmd.exe and PowerShell. It writes what does not print as an
// escape, in the form of bash, zsh and ksh.
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

// process returns the credential_process of the profile called name, with those of
// the user's flags that it has to repeat.
func (a *advisor) process(name string) string {
	return a.processFor(name, false)
}

// processFor is [advisor.process] for a key that may be one of another service than
// AWS, which makes no sessions.
func (a *advisor) processFor(name string, foreign bool) string {
	flags := a.kept(slices.DeleteFunc(heededBy("print"), func(flag string) bool { return flag == "read-only" })) // which is about this call
	if foreign {
		flags = append(flags, "--no-session")
	}
	return processCommand(a.settings.Self, name, flags...)
}
