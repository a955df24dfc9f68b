package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// parse reads the arguments of awsexec into grammar and returns the command that
// they select; nil if they ask for help, which it prints. The context is nil for
// a call without a command word.
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

// parsePlain reads arguments without a command word. To make a parser for all
// commands takes longer than everything else that most calls do. After an error,
// and for help, the whole parser has to read them again.
func parsePlain(args []string) (flags, error) {
	var grammar struct{ flags }
	parser, err := kong.New(&grammar, kong.NoDefaultHelp())
	if err == nil {
		_, err = parser.Parse(args)
	}
	return grammar.flags, err
}

// help prints usage in place of kong's first line if no command is selected.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if ctx.Selected() == nil || ctx.Selected().Hidden {
		if _, err := fmt.Fprint(ctx.Stdout, usage); err != nil {
			return unprintedError{err}
		}
		options.NoAppSummary = true
	}
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return unprintedError{err}
	}
	return nil
}

// unprintedError is the error for help that could not be written, which is not
// wrong usage.
type unprintedError struct{ error }

func (e unprintedError) Error() string { return "print help: " + e.error.Error() }

func (e unprintedError) Unwrap() error { return e.error }
