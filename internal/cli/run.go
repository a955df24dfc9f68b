package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
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

// run does what args say and returns the exit code. It never ends the process, except by becoming the child.
func run(ctx context.Context, args []string, d deps) int {
	out := newUI(d)
	adv := &advisor{}
	err := func() error {
		own, child, hasChild := splitArgs(args)
		grammar := &cli{}
		selected, parsed, err := parse(grammar, own, d)
		if err != nil || selected == nil { // help has been shown
			return err
		}
		_, prints := selected.(*printCmd)
		_, examines := selected.(*doctorCmd)
		// An SDK reads what we print; a person may look at it.
		settings, err := newSettings(d, &grammar.flags, prints && !hasChild && !isTerminal(d.stdout), examines)
		if err != nil {
			return err
		}
		about := ""
		if named, ok := selected.(interface{ about() string }); ok {
			about = named.about()
		}
		w := wire(d, out, settings, &grammar.flags, args, about)
		adv = w.adv
		if hasChild {
			if selected, err = withChild(selected, child); err != nil {
				return err
			}
		}
		_, runs := selected.(*execCmd)
		_, serves := selected.(*serveCmd) // which renews anyway
		if grammar.Refresh && !runs && !serves {
			return usageError{"--refresh is about a program to run, and there is none", "awsexec --refresh [-p NAME] -- CMD [ARG…]"}
		}
		if err := checkDirs(selected, settings); err != nil {
			return err
		}
		switch c := selected.(type) {
		case *printCmd: // was parsed without the whole grammar
			return c.Run(ctx, w.settings, w.session, w.out, w.tickets)
		case *execCmd: // is not in the grammar
			return c.Run(ctx, w.settings, w.session, w.out, w.adv, w.flags, w.tickets)
		}
		return w.run(ctx, parsed)
	}()
	if err == nil {
		return exitOK
	}
	if _, ended := errors.AsType[childExit](err); !ended { // a child that has run speaks for itself
		out.fail(err, hint(err, adv))
	}
	return exitCode(ctx, err)
}

// checkDirs keeps commands from directories in which others could have put something. Doctor shows such a directory as a finding.
func checkDirs(c any, s *session.Settings) error {
	switch c.(type) {
	case *doctorCmd, *versionCmd:
		return nil
	}
	return s.CheckDirs()
}

// splitArgs cuts args at the first "--": what follows belongs to the child, byte for byte, and never reaches the parser.
func splitArgs(args []string) (own, child []string, hasChild bool) {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[:i], args[i+1:], true
	}
	return args, nil, false
}

// withChild turns the print command into one that runs child, and has serve run it. No other command takes a child.
func withChild(selected any, child []string) (any, error) {
	form := "awsexec [-p NAME] -- CMD [ARG…]"
	serve, serves := selected.(*serveCmd)
	if serves {
		form = "awsexec [-p NAME] serve -- CMD [ARG…]"
	} else if _, ok := selected.(*printCmd); !ok {
		return nil, usageError{"only awsexec without a subcommand, and serve, take a program to run after --", ""}
	}
	if len(child) == 0 || child[0] == "" {
		return nil, usageError{"no program to run after --", form}
	}
	if serves {
		serve.args = child
		return serve, nil
	}
	return &execCmd{args: child}, nil
}

// parse reads our own arguments into grammar and returns the command that they select, or nil if help was asked for and given. The
// context is nil for a call without a command word.
func parse(grammar *cli, args []string, d deps) (selected any, parsed *kong.Context, err error) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		if plain, err := parsePlain(args); err == nil {
			grammar.flags = plain
			return &grammar.Print, nil, nil
		}
	}
	type exited struct{}
	parser, err := kong.New(grammar,
		kong.Name("awsexec"),
		kong.Description(description),
		kong.Writers(d.stdout, d.stderr),
		kong.Exit(func(int) { panic(exited{}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Help(help),
	)
	if err != nil {
		return nil, nil, err
	}
	helped := false
	parsed, err = func() (ctx *kong.Context, err error) {
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(exited); !ok {
					panic(r)
				}
				helped = true
			}
		}()
		return parser.Parse(args)
	}()
	if helped {
		return nil, nil, nil
	}
	var unprinted unprintedError
	if errors.As(err, &unprinted) {
		return nil, nil, unprinted
	}
	if err != nil {
		return nil, nil, misuse(err)
	}
	return parsed.Selected().Target.Addr().Interface(), parsed, nil
}

// parsePlain reads arguments without a command word: making a parser for all commands takes longer than all else that most calls do. An
// error is for the whole parser to put into words; so is help.
func parsePlain(args []string) (flags, error) {
	var grammar struct{ flags }
	parser, err := kong.New(&grammar, kong.NoDefaultHelp())
	if err == nil {
		_, err = parser.Parse(args)
	}
	return grammar.flags, err
}

// usageError is a command line that makes no sense.
type usageError struct {
	what   string
	advice string // a command line that would make sense, or ""
}

func (e usageError) Error() string { return e.what }

// misuse turns an error of the parser into a usageError. A word that is no command is most often a program that was meant to be run.
func misuse(err error) error {
	text, help := err.Error(), "awsexec --help"
	var at *kong.ParseError
	var node *kong.Node
	if errors.As(err, &at) {
		node = at.Context.Selected()
	}
	if node != nil && !node.Hidden {
		help = "awsexec " + node.Name + " --help"
	} else if word, ok := strings.CutPrefix(text, "unexpected argument "); ok {
		word, _, _ = strings.Cut(word, ",")
		return usageError{fmt.Sprintf("%q is no command of awsexec", word), fmt.Sprintf("to run a program with credentials: awsexec -- %s …", quoteWord(word))}
	}
	if flag, ok := strings.CutSuffix(text, `: expected string value but got "EOL" (<EOL>)`); ok {
		text = flag + ": missing value"
	}
	return usageError{text, help}
}

// exitCode is the code that tells a calling program about err.
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
