package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A command that is about a profile takes it as -p NAME or as an argument.

// named is a command with one such argument.
type named interface {
	// about returns the argument, and whether the command needs a name.
	about() (name *string, needed bool)
}

// namedAll is a command with any number of them.
type namedAll interface {
	aboutAll() (names *[]string)
}

// nameProfile makes the argument of a command and -p the same.
func nameProfile(selected any, command string, f *flags) error {
	switch c := selected.(type) {
	case named:
		name, needed := c.about()
		given := f.last()
		switch {
		case *name == "" && given == "" && needed:
			return noNameError(command)
		case *name == "":
			*name = given
		case given != "" && given != *name:
			return usageError{fmt.Sprintf("two profiles are named: %q and, by -p, %q", *name, given), hintOfTwoNames}
		}
		if *name != "" {
			f.Profile = names{*name}
		}
	case namedAll:
		all := c.aboutAll()
		switch {
		case len(*all) == 0:
			*all = f.Profile
		case len(f.Profile) == 1 && len(*all) == 1 && (*all)[0] != f.last():
			return usageError{fmt.Sprintf("two profiles are named: %q and, by -p, %q", (*all)[0], f.last()), hintOfTwoNames}
		case len(f.Profile) > 0 && !slices.Equal(*all, f.Profile):
			return usageError{fmt.Sprintf("two lists of profiles are named: %q and, by -p, %q", *all, []string(f.Profile)), hintOfTwoNames}
		}
		f.Profile = *all
	}
	return nil
}

// noNameError is the error for a command without the name that it needs.
type noNameError string

func (e noNameError) Error() string { return string(e) + ": no profile is named" }

func (noNameError) exitCode() int { return exitUsage }

// last returns the profile that the flags name; "" if they name none.
func (f *flags) last() string {
	if len(f.Profile) == 0 {
		return ""
	}
	return f.Profile[len(f.Profile)-1]
}

// checkArguments returns an error if one of awsexec's own arguments is empty, or the
// value of a flag: a variable of a script that is not set must not select the
// default profile. Arguments are UTF-8, or the parser would change them.
func checkArguments(args []string) error {
	for i, arg := range args {
		flag, value, hasValue := strings.Cut(arg, "=")
		switch {
		case !utf8.ValidString(arg):
			return usageError{fmt.Sprintf("argument %q is not valid UTF-8", arg), ""}
		case arg == "" && i > 0 && takesValue(args[i-1]):
			return emptyValue(args[i-1])
		case arg == "":
			return usageError{"an argument is empty", hintOfEmpty}
		case hasValue && value == "" && strings.HasPrefix(flag, "-"):
			return emptyValue(flag)
		}
	}
	return nil
}

// takesValue reports whether arg is a flag whose value may follow.
func takesValue(arg string) bool { return strings.HasPrefix(arg, "-") && !strings.Contains(arg, "=") }

func emptyValue(flag string) error {
	if flag == "-p" {
		flag = "--profile"
	}
	return usageError{flag + ": the value is empty", hintOfEmpty}
}
