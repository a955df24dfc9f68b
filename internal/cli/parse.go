package cli

import (
	"errors"
	"io"
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
	parser, err := newParser(grammar, d.stdout, d.stderr)
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
	selected = parsed.Selected().Target.Addr().Interface()
	if grammar.ShowVersion {
		return &grammar.Version, parsed, nil
	}
	if help, ok := selected.(*helpCmd); ok {
		return nil, nil, help.Run(d.stdout, parser.Model.Node)
	}
	return selected, parsed, nil
}

// exited is what the parser panics with in place of ending the process.
type exited struct{}

// newParser returns a parser for the whole command line.
func newParser(grammar *cli, stdout, stderr io.Writer) (*kong.Kong, error) {
	return kong.New(grammar,
		kong.Name("awsexec"),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { panic(exited{}) }),
		kong.Help(printScreen),
	)
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

// unprintedError is the error for help that could not be written, which is not
// wrong usage.
type unprintedError struct{ error }

func (e unprintedError) Error() string { return "print help: " + e.error.Error() }

func (e unprintedError) Unwrap() error { return e.error }
