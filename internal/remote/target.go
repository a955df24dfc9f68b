package remote

import (
	"errors"
	"fmt"
	"strings"
)

// Target is what the arguments of ssh say.
type Target struct {
	Options []string // of ssh, but -n
	NoInput bool     // by -n
	Host    string
	Command []string // ssh puts its words together with spaces; empty for a shell
}

// Flags of ssh that take a value, and those that make no session with a command.
// Source: ssh(1).
const (
	withValue = "BbcDEeFIiJLlmOopQRSWw"
	unfit     = "fGMNOQsSVW"
)

// Parse reads the arguments of ssh. As with ssh, options may stand behind the host,
// and the command begins with the first word that is not an option, or behind --.
func Parse(args []string) (t Target, err error) {
	for len(args) > 0 {
		arg := args[0]
		switch {
		case arg == "--" && t.Host != "":
			t.Command = args[1:]
			return t, nil
		case arg == "--":
			if args = args[1:]; len(args) > 0 {
				t.Host, args = args[0], args[1:]
			}
		case len(arg) > 1 && arg[0] == '-':
			size, err := option(args)
			if err != nil {
				return Target{}, err
			}
			options := args[:size:size]
			if letters, found := withoutNoInput(arg); found { // which would leave the keeper without its input
				options, t.NoInput = append([]string{letters}, options[1:]...), true
			}
			if options[0] != "-" {
				t.Options = append(t.Options, options...)
			}
			args = args[size:]
		case arg == "" && t.Host == "":
			return Target{}, errors.New("the name of the host is empty")
		case t.Host == "":
			t.Host, args = arg, args[1:]
		default:
			t.Command = args
			return t, nil
		}
	}
	if t.Host == "" {
		return Target{}, errors.New("no host is named")
	}
	return t, nil
}

// withoutNoInput returns flags of ssh without -n, and whether that was one of them.
func withoutNoInput(arg string) (rest string, found bool) {
	end := strings.IndexAny(arg, withValue) // what follows is a value
	if end < 0 {
		end = len(arg)
	}
	rest = strings.ReplaceAll(arg[:end], "n", "") + arg[end:]
	return rest, rest != arg
}

// option returns how many of args the option that they begin with takes.
func option(args []string) (int, error) {
	if strings.HasPrefix(args[0], "--") {
		return 0, fmt.Errorf("ssh has no option %s", args[0])
	}
	for i, letter := range args[0][1:] {
		switch {
		case strings.ContainsRune(unfit, letter):
			return 0, fmt.Errorf("ssh -%c makes no session for a program", letter)
		case !strings.ContainsRune(withValue, letter):
		case i+2 < len(args[0]): // the value is in the same word
			return 1, nil
		case len(args) == 1:
			return 0, fmt.Errorf("ssh -%c: missing value", letter)
		default:
			return 2, nil
		}
	}
	return 1, nil
}
