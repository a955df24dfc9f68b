package profile

import (
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/policy"
)

// SelfProcess reports whether a credential_process runs this program to print
// credentials, and returns the profile that the command names, or "". It recognizes
// the program by its file name, awsexec or awsexec.exe, or by its absolute path
// self.
//
// It splits the command by the rules of shlex and, if it has backslashes, also by
// those of Windows, where they separate directories. A command that does anything
// else does not count: a subcommand, a child after --, a shell or its syntax.
func SelfProcess(command, self string) (profileName string, ok bool) {
	f, ok := selfFlags(command, self)
	return f.profile, ok
}

// selfPolicies returns the session policies that a credential_process names which
// SelfProcess recognizes.
func selfPolicies(command, self string) policy.Written {
	f, _ := selfFlags(command, self)
	return f.policies
}

func selfFlags(command, self string) (f ownFlags, ok bool) {
	if hasShellSyntax(command) {
		return ownFlags{}, false
	}
	words, err := awsini.SplitWords(command)
	if err == nil && len(words) > 0 && isSelf(words[0], self) {
		return parseFlags(words[1:])
	}
	if strings.Contains(command, `\`) {
		words = splitWindows(command)
		if len(words) > 0 && isSelf(words[0], self) {
			return parseFlags(words[1:])
		}
	}
	return ownFlags{}, false
}

// ownFlags are those of the flags of awsexec that its own profiles depend on.
type ownFlags struct {
	profile  string
	policies policy.Written
}

// IsProcessOf reports whether a credential_process runs this program for the
// profile called name.
func IsProcessOf(command, self, name string) bool {
	of, ok := SelfProcess(command, self)
	return ok && (of == name || of == "" && name == "default")
}

func isSelf(program, self string) bool {
	base := program[strings.LastIndexAny(program, `/\`)+1:]
	return program == self || base == "awsexec" || strings.EqualFold(base, "awsexec.exe")
}

// parseFlags reads the arguments of awsexec. Ok is false if there is anything but
// flags and their values.
func parseFlags(args []string) (f ownFlags, ok bool) {
	for i := 0; i < len(args); i++ {
		flag, value, hasValue := strings.Cut(args[i], "=")
		if short := args[i]; strings.HasPrefix(short, "-p") && len(short) > 2 {
			flag, value, hasValue = "-p", short[2:], true
		}
		switch flag {
		case "-p", "--profile", "--duration", "--region", "--keystore", "--policy", "--policy-arn":
			if !hasValue {
				i++
				if i == len(args) {
					return ownFlags{}, false
				}
				value = args[i]
			}
			switch flag {
			case "-p", "--profile":
				f.profile = value
			case "--policy-arn":
				f.policies.ARNs = append(f.policies.ARNs, value)
			case "--policy":
				f.policies.Policy = value
			}
		case "--read-only":
			f.policies.ReadOnly = !hasValue || !strings.EqualFold(value, "false")
		default:
			if flag == "--" || !strings.HasPrefix(flag, "-") {
				return ownFlags{}, false
			}
		}
	}
	return f, true
}

// hasShellSyntax reports whether a shell would make more of s than one command and
// its words.
func hasShellSyntax(s string) bool {
	var quote rune
	for _, r := range s {
		switch {
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case r == quote:
			quote = 0
		case quote == 0 && strings.ContainsRune("|&;<>\n", r), quote != '\'' && (r == '$' || r == '`'):
			return true
		}
	}
	return false
}

// splitWindows returns the words of s between its spaces. Double quotes hold words
// together, and a backslash is a plain character.
func splitWindows(s string) []string {
	quoted := false
	words := strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t')
	})
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], `"`, "")
	}
	return words
}
