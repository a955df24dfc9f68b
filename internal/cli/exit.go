package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/term"
)

// Exit codes. A child's own code takes their place when one has run.
const (
	exitOK          = 0
	exitUsage       = 2
	exitFailed      = 125
	exitNotRunnable = 126
	exitNotFound    = 127
	exitSignal      = 128 // plus the signal's number
)

// exitCode returns the exit code for err.
func exitCode(ctx context.Context, err error) int {
	var usage usageError
	var duration *provider.DurationError
	var coded interface{ exitCode() int }
	var by interrupt.Signal
	if ended, ok := errors.AsType[childExit](err); ok {
		return int(ended)
	}
	switch {
	case errors.As(context.Cause(ctx), &by):
		return by.ExitCode()
	case errors.As(err, &usage), errors.As(err, &duration) && duration.Asked:
		return exitUsage
	case errors.Is(err, term.ErrCancelled):
		return exitSignal + int(syscall.SIGINT)
	case errors.As(err, &coded):
		return coded.exitCode()
	default:
		return exitFailed
	}
}

// usageError is the error for a wrong command line or setting.
type usageError struct {
	what string
	form string // of a command line that would be right; "" for none
}

func (e usageError) Error() string { return e.what }

// valueOf are the flags whose value is often given without them, by command.
var valueOf = map[string]string{"unlock": "--for", "console": "--service", "export": "--format"}

// misuse returns an error of the parser as a usageError, an unknownWordError or an
// unknownFlagError.
func misuse(err error) error {
	text, help := err.Error(), "awsexec --help"
	var at *kong.ParseError
	var node *kong.Node
	if errors.As(err, &at) {
		node = at.Context.Selected()
	}
	word, unknown := strings.CutPrefix(text, "unexpected argument ")
	word, _, _ = strings.Cut(word, ",")
	switch {
	case unknown && (node == nil || node.Hidden):
		return unknownWordError(word)
	case unknown && len(node.Children) > 0:
		return unknownWordError(wordsOf(node) + " " + word)
	case unknown && node.Name == "add": // the key, whose secret is not to be shown
		return usageError{"add takes no key on the command line, which other programs can read", hintOfKeyInLine}
	case unknown && valueOf[node.Name] != "":
		args := slices.Clone(at.Context.Args)
		i := slices.Index(args, word)
		return usageError{text, (&advisor{}).line(nil, slices.Insert(args, max(i, 0), valueOf[node.Name]))}
	case node != nil && !node.Hidden:
		help = "awsexec " + wordsOf(node) + " --help"
	}
	if flag, ok := strings.CutSuffix(text, `: expected string value but got "EOL" (<EOL>)`); ok {
		text = flag + ": missing value"
	}
	text = strings.TrimSuffix(text, `, expecting "<arg>"`)
	if flag, rest, ok := strings.Cut(text, `: expected string value but got "-`); ok { // kong proposes how to write it
		if value, kind, _ := strings.Cut(rest, `" (`); strings.HasPrefix(kind, "short") {
			help = fmt.Sprintf("for a value that begins with -: %s=%s", flag, quoteWord("-"+value))
		}
		return usageError{flag + ": missing value", help}
	}
	if flag, ok := strings.CutPrefix(text, "unknown flag "); ok {
		flag, _, _ = strings.Cut(flag, ",")
		return unknownFlagError{flag, help}
	}
	return usageError{text, help}
}

// childError is the error for a child that could not be started.
type childError struct{ error }

func (e childError) Unwrap() error { return e.error }

func (e childError) exitCode() int {
	if errors.Is(e.error, exec.ErrNotFound) {
		return exitNotFound
	}
	return exitNotRunnable
}

// childExit is the exit code of a child that has run, where that is not 0.
type childExit int

func (e childExit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }
